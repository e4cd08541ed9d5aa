import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { Table } from '../../shared/domain/table.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import type { TableReading } from './table-records.ts';
import { readLines } from './text-lines.ts';
import { TypedColumns } from './typed-columns.ts';

/** Records between two looks at whether the reading was given up. */
const breath = 5000;

/**
 * Reads JSON Lines into a table: an object on each line, a column for each name that occurs. Names
 * that a line lacks are missing there. Types are found as in CSV, so that "12" among texts is text and
 * among numbers a number.
 * @throws AppError `corrupt` with the line that is not an object, `too-large`
 */
export async function readJsonTable(path: string, reading: TableReading): Promise<Table> {
  const { source, signal } = reading;
  const columns = new TypedColumns(source);
  const rows = await readInto(columns, path, reading);
  const { mixed } = columns;
  if (mixed.size > 0) {
    const again = new TypedColumns(source, mixed);
    await readInto(again, path, reading);
    columns.replace(again);
  }
  if (rows === 0)
    throw new AppError('corrupt', `${source} holds no record. A table needs rows.`, {
      file: source,
    });
  return {
    source,
    rows,
    columns: columns.finish(),
    unnamed: new Set(),
    delimiter: '',
    sha256: await hashFile(path, source, signal),
    note: columns.note,
  };
}

async function readInto(
  columns: TypedColumns,
  path: string,
  { source, signal, onProgress }: TableReading,
): Promise<number> {
  const total = onProgress ? statSync(path).size : 0;
  let [rows, line, read] = [0, 0, 0];
  for (const { text } of readLines(path)) {
    line++;
    // Characters beyond ASCII have more bytes: a little behind is near enough.
    read += text.length + 1;
    if (text.trim() === '') continue;
    rows++;
    const record = parseRecord(text, source, line);
    for (const name of columns.names)
      if (!Object.hasOwn(record, name)) columns.add(name, null, rows, line);
    for (const [name, value] of Object.entries(record)) columns.add(name, value, rows, line);
    if (rows % breath !== 0) continue;
    columns.checkCells(rows);
    onProgress?.(Math.min(read, total), total);
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  columns.checkCells(rows);
  return rows;
}

function parseRecord(text: string, source: string, line: number): Record<string, unknown> {
  const details = { file: source, place: `line ${line}`, line };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError(
      'corrupt',
      `Line ${line} of ${source} is not JSON: ${(error as Error).message}. Write one object on each line.`,
      details,
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new AppError(
      'corrupt',
      `Line ${line} of ${source} is not an object. A table needs one object of named values on each line.`,
      details,
    );
  return value as Record<string, unknown>;
}

/** SHA-256 of a file in hexadecimal. @throws AppError */
export async function hashFile(
  path: string,
  source: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw fileError(error, source);
  }
  return hash.digest('hex');
}
