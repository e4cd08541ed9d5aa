import { openFileBytes } from '../file-bytes.ts';
import { AppError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { parseStrictJson } from '../strict-json.ts';

/** Bytes that can be read by ranges: a member of a log in memory, or a file. */
export interface JsonSource {
  /** For errors: the file, with the member where there is one. */
  readonly name: string;
  readonly file: string;
  readonly size: number;
  read(start: number, end: number): Buffer;
}

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A child of an object or an array; `key` is null in an array. */
export interface JsonMember extends Span {
  readonly key: string | null;
}

const chunkBytes = 1 << 20;
const longestKey = 64 << 10;

export function bufferSource(bytes: Buffer, file: string, place?: string): JsonSource {
  return {
    name: place === undefined ? file : `${file}: ${place}`,
    file,
    size: bytes.length,
    read: (start, end) => bytes.subarray(start, end),
  };
}

/** An open file as bytes; the caller closes it. @throws AppError what the file system says. */
export function fileSource(path: string): JsonSource & { close(): void } {
  const bytes = openFileBytes(path);
  return {
    name: path,
    file: path,
    size: bytes.size,
    read: (start, end) => bytes.read(start, end - start),
    close: () => bytes.close(),
  };
}

/**
 * The children of the object or array that a span holds, found by its brackets alone: nothing is
 * parsed but keys, so a log of many gigabytes is walked in the memory of one chunk. What lies inside
 * a child is checked when the child is parsed.
 * @throws AppError `corrupt` for what is neither object nor array, `truncated` where it does not end.
 */
export function* jsonMembers(
  source: JsonSource,
  span: Span = { start: 0, end: source.size },
): Generator<JsonMember> {
  let depth = 0;
  let isObject = false;
  let inString = false;
  let isEscaped = false;
  /** Where the key began that is being read, and the key that was. */
  let keyStart = -1;
  let key: string | null = null;
  let valueStart = -1;
  for (let from = span.start; from < span.end; from += chunkBytes) {
    const chunk = source.read(from, Math.min(span.end, from + chunkBytes));
    for (let i = 0; i < chunk.length; i++) {
      if (inString) {
        const end = endOfString(chunk, i, isEscaped);
        isEscaped = end < 0 && endsEscaped(chunk, i, isEscaped);
        if (end < 0) break;
        i = end;
        inString = false;
        if (depth === 1 && isObject && key === null) key = readKey(source, keyStart, from + i + 1);
        continue;
      }
      const byte = chunk[i]!;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      const at = from + i;
      if (depth === 0) {
        if (valueStart === -2) throw corrupt(source, at, 'something follows its end');
        if (byte !== 0x7b && byte !== 0x5b) throw corrupt(source, at, 'no object or list begins');
        depth = 1;
        isObject = byte === 0x7b;
        continue;
      }
      const isClosing = byte === 0x7d || byte === 0x5d;
      if (depth === 1 && (byte === 0x2c || isClosing)) {
        if (isObject !== (byte === 0x7d) && isClosing)
          throw corrupt(source, at, 'a bracket is closed by another');
        if (valueStart >= 0) yield { key, start: valueStart, end: at };
        else if (key !== null || byte === 0x2c) throw corrupt(source, at, 'a value is missing');
        key = null;
        keyStart = valueStart = -1;
        if (isClosing) {
          depth = 0;
          valueStart = -2;
        }
        continue;
      }
      if (depth === 1 && isObject && valueStart < 0 && byte === 0x3a && key !== null) {
        valueStart = at + 1;
        continue;
      }
      if (depth === 1 && isObject && valueStart < 0 && (byte !== 0x22 || key !== null))
        throw corrupt(source, at, 'a key is missing');
      if (depth === 1 && !isObject && valueStart < 0) valueStart = at;
      if (byte === 0x22) {
        inString = true;
        if (depth === 1 && isObject && key === null) keyStart = at;
      } else if (byte === 0x7b || byte === 0x5b) depth++;
      else if (isClosing) depth--;
    }
  }
  if (valueStart !== -2)
    throw new AppError(
      'truncated',
      `${source.name} is truncated: its JSON ends at byte ${span.end} before it is complete. Copy it again, or let the evaluation finish.`,
      { file: source.file, place: `byte ${span.end}` },
    );
}

/** Where the string ends that a chunk is inside of: at the next quote that is not escaped; or -1. */
function endOfString(chunk: Buffer, start: number, isEscaped: boolean): number {
  for (let at = isEscaped ? start + 1 : start; ; at++) {
    at = chunk.indexOf(0x22, at);
    if (at < 0 || !isEscapedAt(chunk, at, isEscaped ? start + 1 : start)) return at;
  }
}

/** Whether what follows the chunk is escaped by its last character. */
function endsEscaped(chunk: Buffer, start: number, isEscaped: boolean): boolean {
  return isEscapedAt(chunk, chunk.length, isEscaped ? start + 1 : start);
}

/** An odd number of backslashes stands before it. */
function isEscapedAt(chunk: Buffer, at: number, start: number): boolean {
  let before = at;
  while (before > start && chunk[before - 1] === 0x5c) before--;
  return (at - before) % 2 === 1;
}

/** The named children of an object, as spans. */
export function pickMembers(
  source: JsonSource,
  keys: ReadonlySet<string>,
  span?: Span,
): Map<string, Span> {
  const found = new Map<string, Span>();
  for (const member of jsonMembers(source, span)) {
    if (member.key === null) throw corrupt(source, member.start, 'a list stands for an object');
    if (!keys.has(member.key)) continue;
    if (found.has(member.key))
      throw corrupt(source, member.start, `the key '${member.key.slice(0, 80)}' occurs twice`);
    found.set(member.key, member);
  }
  return found;
}

/**
 * Parses what a span holds. Python writes NaN and infinities as bare words, which JSON has not; they
 * become null, as a value that is missing.
 * @throws AppError `too-large` or `corrupt` naming file and place.
 */
export function parseSpan(source: JsonSource, span: Span, place: string): unknown {
  if (span.end - span.start > limits.documentBytes)
    throw new AppError(
      'too-large',
      `${source.name}: ${place} is larger than ${limits.documentBytes >> 20} MB. Write the log without large attachments.`,
      { file: source.file, place },
    );
  const text = source.read(span.start, span.end).toString('utf8');
  const name = `${source.name}: ${place}`;
  try {
    return parseStrictJson(text, name);
  } catch (error) {
    const plain = text.replace(pythonNumbers, (whole) => (whole.startsWith('"') ? whole : 'null'));
    if (plain === text) throw naming(error, source, place);
    try {
      return parseStrictJson(plain, name);
    } catch (again) {
      throw naming(again, source, place);
    }
  }
}

const pythonNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs;

function naming(error: unknown, source: JsonSource, place: string): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(error.code, error.message, { ...error.details, file: source.file, place });
}

function readKey(source: JsonSource, start: number, end: number): string {
  if (end - start > longestKey) throw corrupt(source, start, 'a key is too long');
  try {
    return JSON.parse(source.read(start, end).toString('utf8')) as string;
  } catch {
    throw corrupt(source, start, 'a key is not valid');
  }
}

function corrupt(source: JsonSource, at: number, problem: string): AppError {
  const place = `byte ${at}`;
  return new AppError(
    'corrupt',
    `${source.name} is not valid JSON: ${problem} at ${place}. Write the file again or remove it.`,
    { file: source.file, place },
  );
}
