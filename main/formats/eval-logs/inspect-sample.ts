import { createHash } from 'node:crypto';
import { AppError } from '../../../shared/errors.ts';
import type { EvalSample } from './eval-log.ts';
import { parseSpan, pickMembers, type JsonSource, type Span } from './json-members.ts';
import { scoreValues } from './score-value.ts';
import { fields, thoughtSigns } from './thought-signs.ts';

/** What is read of a sample; its events, store and attachments are passed over. */
const sampleKeys = new Set([
  'id',
  'epoch',
  'input',
  'target',
  'messages',
  'output',
  'scores',
  'score',
  'metadata',
  'model_usage',
  'error',
  'limit',
]);
const excerptCharacters = 300;

/** The fields of one sample, parsed. @throws AppError naming file and place. */
export function sampleFields(source: JsonSource, span?: Span): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [key, member] of pickMembers(source, sampleKeys, span))
    found[key] = parseSpan(source, member, key);
  return found;
}

/**
 * One sample of an Inspect log, or its summary (which has no messages).
 * @param model whose reasoning counts: that of a grader is none of the evaluated model's
 * @throws AppError `corrupt` where id or epoch are missing.
 */
export function toSample(
  sample: Readonly<Record<string, unknown>>,
  about: { file: string; place: string; model: string },
): EvalSample {
  const { id, epoch = 1, input, target, messages, metadata, error, limit } = sample;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof epoch !== 'number')
    throw new AppError(
      'corrupt',
      `${about.file}: ${about.place}: a sample has no id or no epoch. Write the log again.`,
      { file: about.file, place: about.place },
    );
  const scores = sample['scores'] ?? (sample['score'] ? { score: sample['score'] } : {});
  return {
    id: String(id),
    epoch,
    input: questionText(input).slice(0, excerptCharacters),
    inputHash: hashOf(input, target),
    scores: new Map(
      Object.entries(fields(scores)).flatMap(([scorer, score]) =>
        scoreValues(scorer, fields(score)['value']),
      ),
    ),
    error: error === null || error === undefined ? null : messageOf(error),
    limit: limitOf(limit),
    metadata: fields(metadata),
    signs: Array.isArray(messages) ? thoughtSigns(messages) : null,
    reasoningTokens: reasoningTokens(sample, about.model),
  };
}

/** The words of a question: plain text, or the text of its user messages. */
export function questionText(input: unknown): string {
  if (typeof input === 'string') return input;
  if (!Array.isArray(input)) return '';
  return input
    .filter((message) => fields(message)['role'] !== 'system')
    .map((message) => contentText(fields(message)['content']))
    .join('\n');
}

export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block) => String(fields(block)['text'] ?? '')).join('\n');
}

export function hashOf(...parts: readonly unknown[]): string {
  const text = parts.map((part) => (typeof part === 'string' ? part : stableText(part)));
  return createHash('sha256').update(text.join('\0')).digest('base64').slice(0, 22);
}

/** Messages carry ids of their own in every log; only their words tell questions apart. */
function stableText(part: unknown): string {
  if (Array.isArray(part) && part.every((item) => typeof item === 'string')) return part.join('\n');
  return questionText(part);
}

function messageOf(error: unknown): string {
  const message = typeof error === 'string' ? error : fields(error)['message'];
  return (typeof message === 'string' ? message : 'an error without a message').slice(0, 1000);
}

function limitOf(limit: unknown): string | null {
  const type = typeof limit === 'string' ? limit : fields(limit)['type'];
  return typeof type === 'string' ? type.slice(0, 80) : null;
}

function reasoningTokens(sample: Readonly<Record<string, unknown>>, model: string): number {
  const usage = fields(sample['model_usage']);
  const own = Object.hasOwn(usage, model) ? [usage[model]] : Object.values(usage);
  const counted = own.reduce<number>((sum, item) => sum + tokensOf(item), 0);
  return Math.max(counted, tokensOf(fields(sample['output'])['usage']));
}

function tokensOf(usage: unknown): number {
  const tokens = fields(usage)['reasoning_tokens'];
  return typeof tokens === 'number' && tokens > 0 ? tokens : 0;
}
