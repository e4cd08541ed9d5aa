import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { AppError } from '../../../shared/errors.ts';
import { grouped, problemOf, type Finding } from './finding.ts';

const headBytes = 256 << 10;

/** A CSV or TSV file, judged by its first lines; how many rows it has is told when it is described. */
export function scanTable(path: string): Finding {
  const isTsv = extname(path).toLowerCase() === '.tsv';
  const found = { kind: 'table', format: isTsv ? 'TSV' : 'CSV', facts: [], numbers: {} } as const;
  try {
    const head = readHead(path);
    const columns = readHeader(head, isTsv, path);
    const rows = estimateRows(path, head);
    return {
      ...found,
      facts: [`${grouped(columns)} columns`, `about ${grouped(rows)} rows`],
      numbers: { columns },
      problem: null,
    };
  } catch (error) {
    return { ...found, facts: [], numbers: {}, problem: problemOf(error, path) };
  }
}

/** A table whose size another reader has found. */
export function tableFinding(format: string, columns: number, rows: number | undefined): Finding {
  return {
    kind: 'table',
    format,
    facts: [
      `${grouped(columns)} columns`,
      ...(rows === undefined ? [] : [`${grouped(rows)} rows`]),
    ],
    numbers: { columns, ...(rows === undefined ? {} : { rows }) },
    problem: null,
  };
}

function readHead(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(fd, head, 0, headBytes, 0));
  } finally {
    closeSync(fd);
  }
}

function readHeader(head: Buffer, isTsv: boolean, path: string): number {
  const text = head.toString('utf8');
  const start = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .find((line) => line !== '' && !line.startsWith('#'));
  if (start === undefined)
    throw new AppError('truncated', `${path} is empty. Export it again.`, { file: path });
  if (text.includes('\0'))
    throw new AppError('corrupt', `${path} holds bytes that are not text. Save it as UTF-8.`, {
      file: path,
    });
  const delimiter = isTsv
    ? '\t'
    : [',', ';', '\t'].sort((a, b) => occurrences(start, b) - occurrences(start, a))[0]!;
  const rows = parse(start, { delimiter, relax_quotes: true, relax_column_count: true });
  return rows[0]?.length ?? 0;
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** From the length of the first lines, to two digits. */
function estimateRows(path: string, head: Buffer): number {
  const bytes = statSync(path).size;
  let lines = 0;
  for (const byte of head) if (byte === 0x0a) lines++;
  if (bytes <= head.length) return Math.max(0, lines - (head.at(-1) === 0x0a ? 1 : 0));
  const estimate = (lines * bytes) / head.length;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(estimate)) - 1);
  return Math.round(estimate / unit) * unit;
}
