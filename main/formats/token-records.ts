import { extname } from 'node:path';
import type { TextUnit } from '../../shared/domain/tokens.ts';
import { AppError } from '../../shared/errors.ts';
import { openParquetColumn } from './parquet-column.ts';
import { readLines, readUnits } from './text-lines.ts';

/** One record of a file of documents, before it is known to be a text or a list of ids. */
export interface DocumentRecord {
  readonly value: unknown;
  readonly path: string;
  /** Where in the file it is, for people. */
  readonly place: string;
  /** Where reading goes on after it: a byte offset, or a row of a parquet file. */
  readonly after: number;
}

/** Formats whose records follow each other, so that no row can be found without those before it. */
export const recordFormats = ['.jsonl', '.parquet', '.txt'] as const;

/** Extension of a path in small letters, with its dot. */
export function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}

/**
 * The records of a .txt, .jsonl or .parquet file from where an earlier reading left off.
 * @param field of JSON Lines or column of parquet
 * @throws AppError with file and place for what is not as it should be.
 */
export async function* readRecordsOf(
  path: string,
  field: string,
  unit: TextUnit,
  from = 0,
): AsyncGenerator<DocumentRecord> {
  const format = extensionOf(path);
  if (format === '.txt') {
    for (const { text, start, after } of readUnits(path, unit, from))
      yield { path, value: text, place: `byte ${start}`, after };
  } else if (format === '.jsonl') yield* jsonRecords(path, field, from);
  else if (format === '.parquet') yield* parquetRecords(path, field, from);
  else
    throw new AppError(
      'unsupported',
      `${path} is none of ${recordFormats.join(', ')}. Name a file with one of these endings.`,
      { file: path },
    );
}

/** The objects of a JSON Lines file, by one of their fields, from byte `from`. */
export function* jsonRecords(path: string, field: string, from: number): Generator<DocumentRecord> {
  for (const { text, start, after } of readLines(path, from)) {
    if (text.trim() === '') continue;
    const place = `byte ${start}`;
    yield { path, value: fieldOf(text, field, path, place), place, after };
  }
}

async function* parquetRecords(
  path: string,
  column: string,
  from: number,
): AsyncGenerator<DocumentRecord> {
  const file = openParquetColumn(path, column);
  try {
    for (const [group, first] of file.groups.entries()) {
      if ((file.groups[group + 1] ?? file.rows) <= from) continue;
      const values = await file.read(group);
      for (let row = Math.max(first, from); row < first + values.length; row++)
        yield { path, value: values[row - first], place: `row ${row}`, after: row + 1 };
    }
  } finally {
    file.close();
  }
}

function fieldOf(line: string, field: string, path: string, place: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch (error) {
    throw new AppError(
      'corrupt',
      `${path}: the line at ${place} is not JSON. Write one JSON object on each line.`,
      { file: path, place },
      error,
    );
  }
  if (typeof document === 'object' && document !== null && Object.hasOwn(document, field))
    return (document as Record<string, unknown>)[field];
  const names = Object.keys(document ?? {}).slice(0, 20);
  throw new AppError(
    'not-found',
    `${path}: the line at ${place} has no field '${field}'. It has: ${names.join(', ')}.`,
    { file: path, place },
  );
}

/** The record's value as a text. @throws AppError `corrupt` */
export function asText({ value, path, place }: DocumentRecord): string {
  if (typeof value === 'string') return value;
  throw notA('text', value, path, place);
}

/** The record's value as token ids. @throws AppError `corrupt` */
export function asIds({ value, path, place }: DocumentRecord): number[] {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value))
    throw notA('list of token ids', value, path, place);
  const ids = Array.from(value as ArrayLike<unknown>, (id) =>
    typeof id === 'number' || typeof id === 'bigint' ? Number(id) : NaN,
  );
  if (ids.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31)) return ids;
  throw notA('list of token ids', value, path, place);
}

function notA(wanted: string, value: unknown, path: string, place: string): AppError {
  const found = value === null || value === undefined ? 'nothing' : typeof value;
  return new AppError(
    'corrupt',
    `${path}: at ${place} a ${wanted} is expected, and there is ${found === 'object' ? 'something else' : found}. Name the right field, or mend the file.`,
    { file: path, place },
  );
}
