import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { PlainRecords } from './plain-records.ts';
import type { TableHead } from './table-head.ts';
import { Utf8Check } from './utf8-check.ts';

/** How a table file is read: its name in messages, when to give up, and whom to tell how far it is. */
export interface TableReading {
  readonly source: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

/**
 * Streams the records of a file to `onRecord`, each with the line on which it starts.
 * @returns the SHA-256 of the whole file
 * @throws AppError `corrupt`, `too-large`, and what the file system or `onRecord` says
 */
export function readRecords(
  path: string,
  head: TableHead,
  { source: name, signal, onProgress }: TableReading,
  onRecord: (cells: readonly string[], line: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  const check = new Utf8Check(name);
  const total = onProgress ? statSync(path).size : 0;
  let read = 0;
  let skip = head.start;
  let quoted = false;
  let line = head.linesBefore + 1;
  let plainLines = 0;
  let plain: PlainRecords | undefined = new PlainRecords(
    head.delimiter,
    limits.recordBytes,
    (cells) => {
      onRecord(cells, line++);
      plainLines++;
    },
  );
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const parser = parse({
    delimiter: head.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: limits.recordBytes,
  });
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      source.destroy();
      parser.destroy();
      reject(csvError(fileError(error, name), name, head.linesBefore + plainLines));
    };
    const onAbort = (): void => fail(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    source.on('data', (data) => {
      const chunk = data as Buffer;
      let rest: Buffer | undefined;
      try {
        signal?.throwIfAborted();
        hash.update(chunk);
        check.add(chunk);
        read += chunk.length;
        onProgress?.(read, Math.max(read, total));
        rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        if (plain) rest = plain.add(rest);
      } catch (error) {
        return fail(error);
      }
      if (rest === undefined) return;
      plain = undefined;
      quoted ||= rest.includes(0x22);
      if (!parser.write(rest)) {
        source.pause();
        parser.once('drain', () => source.resume());
      }
    });
    source.on('end', () => {
      try {
        check.finish();
        const rest = plain?.finish();
        if (rest !== undefined) parser.write(rest);
      } catch (error) {
        return fail(error);
      }
      parser.end();
    });
    source.on('error', fail);
    parser.on('readable', () => {
      try {
        for (;;) {
          const cells = parser.read() as string[] | null;
          if (cells === null) return;
          onRecord(cells, line);
          line += 1 + (quoted ? lineBreaks(cells) : 0);
        }
      } catch (error) {
        fail(error);
      }
    });
    parser.on('error', fail);
    parser.on('end', () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(hash.digest('hex'));
    });
  });
}

/** Line breaks inside quoted cells. */
function lineBreaks(cells: readonly string[]): number {
  let breaks = 0;
  for (const cell of cells)
    for (let i = 0; i < cell.length; i++) {
      const code = cell.charCodeAt(i);
      if (code === 0x0a || (code === 0x0d && cell.charCodeAt(i + 1) !== 0x0a)) breaks++;
    }
  return breaks;
}

function csvError(error: unknown, file: string, linesBefore: number): unknown {
  if (!(error instanceof CsvError)) return error;
  const line = linesBefore + Number(error['lines'] ?? 0);
  const details = { file, place: `line ${line}`, line };
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new AppError(
      'too-large',
      `A record of ${file}, near line ${line}, is longer than ${limits.recordBytes >> 20} MB. Is a quote never closed?`,
      { ...details, limit: limits.recordBytes },
    );
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new AppError(
      'corrupt',
      `A quote in ${file} is opened and never closed; the file ends at line ${line}. Close it.`,
      details,
    );
  return new AppError(
    'corrupt',
    `${file} cannot be read near line ${line}: ${error.message}.`,
    details,
  );
}
