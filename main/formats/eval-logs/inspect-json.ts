import { AppError } from '../../../shared/errors.ts';
import type { EvalHeader, EvalLog, EvalSample, EvalTranscript } from './eval-log.ts';
import { readInspectHeader } from './inspect-header.ts';
import { sampleFields, toSample } from './inspect-sample.ts';
import { toTranscript } from './inspect-transcript.ts';
import { textOf } from './inspect-zip.ts';
import {
  bufferSource,
  fileSource,
  jsonMembers,
  parseSpan,
  pickMembers,
  type JsonSource,
  type Span,
} from './json-members.ts';

const largestInMemory = 64 << 20;

const headerKeys = new Set(['version', 'status', 'eval', 'plan', 'results', 'tags', 'metadata']);
const topKeys = new Set([...headerKeys, 'samples']);

/**
 * Opens an Inspect log `.json`. Only the places of its parts are looked for at first; samples are
 * parsed one at a time, so that the file may be larger than memory.
 * @throws AppError naming file and place.
 */
export function openInspectJson(path: string): EvalLog {
  const source = fileSource(path);
  try {
    return new InspectJson(path, source);
  } catch (error) {
    source.close();
    throw error;
  }
}

class InspectJson implements EvalLog {
  readonly path: string;
  readonly header: EvalHeader;
  readonly #source: ReturnType<typeof fileSource>;
  readonly #samples: readonly Span[];

  constructor(path: string, source: ReturnType<typeof fileSource>) {
    this.path = path;
    this.#source = source;
    const parts = pickMembers(source, topKeys);
    const list = parts.get('samples');
    this.#samples = list && !isNull(source, list) ? [...jsonMembers(source, list)] : [];
    const document: Record<string, unknown> = {};
    for (const [key, span] of parts)
      if (headerKeys.has(key)) document[key] = parseSpan(source, span, key);
    const about = { file: path, place: 'top level', samples: this.#samples.length };
    this.header = readInspectHeader(document, { ...about, format: 'inspect-json' });
  }

  *samples(): Generator<EvalSample> {
    const { model } = this.header;
    for (const [index, span] of this.#samples.entries()) {
      const about = { file: this.path, place: `samples.${index}`, model };
      yield toSample(sampleFields(inMemory(this.#source, span)), about);
    }
  }

  transcript(id: string, epoch: number): EvalTranscript {
    const wanted = new Set(['id', 'epoch', 'attachments']);
    for (const span of this.#samples) {
      const found = pickMembers(this.#source, wanted, span);
      const value = (key: string): unknown => {
        const part = found.get(key);
        return part && parseSpan(this.#source, part, key);
      };
      if (String(value('id')) !== id || (value('epoch') ?? 1) !== epoch) continue;
      const attachments = value('attachments') ?? {};
      return toTranscript(sampleFields(this.#source, span), (key) => textOf(attachments, key));
    }
    throw new AppError('not-found', `${this.path} holds no sample ${id} of epoch ${epoch}.`, {
      file: this.path,
    });
  }

  close(): void {
    this.#source.close();
  }
}

/** A sample is walked key by key, which is faster in memory; the largest stay in the file. */
function inMemory(source: JsonSource, span: Span): JsonSource {
  const { start, end } = span;
  if (end - start > largestInMemory)
    return { ...source, size: end - start, read: (a, b) => source.read(start + a, start + b) };
  return bufferSource(source.read(start, end), source.file);
}

function isNull(source: JsonSource, span: Span): boolean {
  return (
    source
      .read(span.start, Math.min(span.end, span.start + 16))
      .toString()
      .trim() === 'null'
  );
}
