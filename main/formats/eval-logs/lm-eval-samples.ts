import { basename, dirname } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { readLines } from '../text-lines.ts';
import { parseStrictJson } from '../strict-json.ts';
import type { EvalHeader, EvalLog, EvalSample, EvalTranscript } from './eval-log.ts';
import { hashOf } from './inspect-sample.ts';
import { Cut } from './inspect-transcript.ts';
import { scoreValue } from './score-value.ts';
import { fields, thinkTags } from './thought-signs.ts';

/** Keys of a line that are no metrics. */
const ownKeys = new Set([
  'doc_id',
  'doc',
  'target',
  'arguments',
  'resps',
  'filtered_resps',
  'filter',
  'metrics',
  'doc_hash',
  'prompt_hash',
  'target_hash',
]);

type Line = Readonly<Record<string, unknown>>;

/**
 * Opens the per-sample file of lm-evaluation-harness (`--log_samples`), JSON Lines: one line for each
 * document and filter. Task and model are in its name and its folder's. A metric under a filter other
 * than `none` is the scorer `metric,filter`, as in the harness' own tables.
 * @throws AppError `corrupt` naming file and line.
 */
export function openLmEvalSamples(path: string): EvalLog {
  const scorers = new Set<string>();
  let samples = 0;
  for (const { line } of linesOf(path)) {
    samples++;
    for (const [name] of metricsOf(line)) scorers.add(name);
    if (samples >= headLines) break;
  }
  const task = /^samples_(.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?\.jsonl$/.exec(basename(path))?.[1];
  const header: EvalHeader = {
    format: 'lm-evaluation-harness',
    task: task ?? basename(path, '.jsonl'),
    model: basename(dirname(path)),
    created: /(\d{4}-\d\d-\d\dT[\d-]+)/.exec(basename(path))?.[1] ?? null,
    status: 'success',
    solvers: [],
    tags: [],
    condition: null,
    reasoning: [],
    samples,
    epochs: 1,
    scorers: [...scorers],
  };
  return {
    path,
    header,
    samples: () => samplesOf(path),
    transcript: (id) => transcriptOf(path, id),
    close: () => undefined,
  };
}

/** Lines that are looked at for the header. */
const headLines = 200;

/** One sample for each line; the lines of one document give one sample each, with their own scorers. */
function* samplesOf(path: string): Generator<EvalSample> {
  for (const { line } of linesOf(path)) {
    const { doc, target, arguments: asked } = line;
    yield {
      id: String(line['doc_id']),
      epoch: 1,
      input: promptOf(asked, doc).slice(0, 300),
      inputHash: hashOf(JSON.stringify(doc ?? null), String(target)),
      scores: new Map(metricsOf(line)),
      error: null,
      limit: null,
      metadata: fields(doc),
      signs: {
        reasoningBlocks: 0,
        redactedBlocks: 0,
        thinkTags: thinkTags(JSON.stringify(line['resps'] ?? '')),
        toolCalls: 0,
        assistantTurns: 1,
      },
      reasoningTokens: 0,
    };
  }
}

function transcriptOf(path: string, id: string): EvalTranscript {
  for (const { line } of linesOf(path)) {
    if (String(line['doc_id']) !== id) continue;
    const cut = new Cut();
    const text = (value: unknown): string =>
      cut.text(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
    return {
      id,
      epoch: 1,
      target: text(line['target']),
      messages: [
        {
          role: 'user',
          parts: [{ kind: 'text', text: text(promptOf(line['arguments'], line['doc'])) }],
        },
        { role: 'assistant', parts: [{ kind: 'text', text: text(line['resps']) }] },
      ],
      scores: metricsOf(line).map(([scorer, value]) => ({
        scorer,
        value: String(value),
        explanation: '',
      })),
      error: null,
      limit: null,
      isCut: cut.isCut,
    };
  }
  throw new AppError('not-found', `${path} holds no document ${id}.`, { file: path });
}

function* linesOf(path: string): Generator<{ line: Line }> {
  let number = 0;
  for (const { text } of readLines(path)) {
    number++;
    if (text.trim() === '') continue;
    const place = `line ${number}`;
    const line = fields(parseLine(text, path, place));
    const { doc_id: id } = line;
    if (typeof id !== 'number' && typeof id !== 'string')
      throw new AppError(
        'corrupt',
        `${path}: ${place} has no doc_id, so it is not of lm-evaluation-harness. Choose its samples_….jsonl.`,
        { file: path, place },
      );
    yield { line };
  }
}

function parseLine(text: string, file: string, place: string): unknown {
  try {
    return parseStrictJson(text.replace(/(?<=: ?)NaN(?=[,}\]])/g, 'null'), `${file}: ${place}`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, { file, place }, error);
  }
}

function metricsOf(line: Line): [string, number | null][] {
  const { filter } = line;
  const suffix = typeof filter === 'string' && filter !== 'none' ? `,${filter}` : '';
  return Object.entries(line).flatMap(([key, value]): [string, number | null][] => {
    const isNumber = typeof value === 'number' || typeof value === 'boolean' || value === null;
    return ownKeys.has(key) || !isNumber ? [] : [[key + suffix, scoreValue(value)]];
  });
}

/** The prompt as it was sent, in both layouts that the harness has had; else the document. */
function promptOf(asked: unknown, doc: unknown): string {
  const first = Array.isArray(asked) ? asked[0] : fields(asked)['gen_args_0'];
  const prompt = Array.isArray(first) ? first[0] : fields(first)['arg_0'];
  if (typeof prompt === 'string') return prompt;
  const { question, query, text } = fields(doc);
  const words = [question, query, text].find((part) => typeof part === 'string');
  return typeof words === 'string' ? words : JSON.stringify(doc ?? '').slice(0, 1000);
}
