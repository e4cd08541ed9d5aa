import { closeSync, openSync, readSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';

/** What the first bytes of a delimited text file say about the rest. */
export interface TableHead {
  /** Byte at which the header record starts, after a byte order mark and comment lines. */
  readonly start: number;
  /** Lines before it. */
  readonly linesBefore: number;
  /** The comment lines without their `#`, or null where there are none. */
  readonly note: string | null;
  readonly delimiter: string;
}

const sampleBytes = 256 << 10;
const delimiters = [',', '\t', ';', '|'] as const;

/**
 * Reads the head of a table file (`source` is its name in messages): refuses what is not UTF-8 text, takes up comment lines (`#`) before
 * the header, and finds the delimiter (comma, tab, semicolon or bar) as the one that splits the first
 * records into the same number of cells.
 * @throws AppError `not-found`, `not-readable`, `corrupt` for an empty file, `unsupported` for other formats
 */
export function readTableHead(path: string, source: string): TableHead {
  const sample = readSample(path, source);
  if (sample.length === 0)
    throw new AppError('corrupt', `${source} is empty. A table needs a header line and rows.`, {
      file: source,
    });
  refuseOtherFormats(sample, source);
  const mark = sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf ? 3 : 0;
  let start = mark;
  const comments: string[] = [];
  while (sample[start] === 0x23) {
    const end = endOfLine(sample, start);
    const line = sample.subarray(start + 1, end.content).toString('utf8');
    comments.push(line.replace(/^ /, ''));
    start = end.next;
    if (start >= sample.length && sample.length === sampleBytes)
      throw new AppError(
        'too-large',
        `${source} starts with more than ${sampleBytes >> 10} kB of comment lines. Shorten them.`,
        { file: source },
      );
  }
  const note = comments.join('\n').trim().slice(0, limits.noteCharacters);
  const text = sample.subarray(start).toString('utf8');
  if (text.trim() === '')
    throw new AppError('corrupt', `${source} holds no header line. A table needs one, and rows.`, {
      file: source,
    });
  return {
    start,
    linesBefore: comments.length,
    note: note === '' ? null : note,
    delimiter: sniffDelimiter(text, source),
  };
}

function readSample(path: string, source: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.allocUnsafeSlow(sampleBytes);
      return buffer.subarray(0, readSync(fd, buffer, 0, sampleBytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, source);
  }
}

const signatures: readonly (readonly [string, string])[] = [
  ['504b0304', 'a ZIP or Excel file. Save the sheet as CSV'],
  ['1f8b', 'compressed with gzip. Unpack it'],
  ['28b52ffd', 'compressed with zstd. Unpack it'],
  ['50415231', 'a Parquet file. Give its name the ending .parquet'],
  ['d0cf11e0', 'an old Excel file. Save the sheet as CSV'],
  ['fffe', 'UTF-16 text. Save it as UTF-8'],
  ['feff', 'UTF-16 text. Save it as UTF-8'],
];

function refuseOtherFormats(sample: Buffer, source: string): void {
  const start = sample.subarray(0, 4).toString('hex');
  const found = signatures.find(([signature]) => start.startsWith(signature));
  if (found)
    throw new AppError('unsupported', `${source} is ${found[1]}; only CSV and TSV are read here.`, {
      file: source,
    });
  const zero = sample.indexOf(0);
  if (zero >= 0)
    throw new AppError(
      'unsupported',
      `${source} is not text: byte ${zero} is 0. Only CSV and TSV in UTF-8 are read here.`,
      { file: source, place: `byte ${zero}` },
    );
}

function endOfLine(bytes: Buffer, from: number): { content: number; next: number } {
  let end = from;
  while (end < bytes.length && bytes[end] !== 0x0a && bytes[end] !== 0x0d) end++;
  const isPair = bytes[end] === 0x0d && bytes[end + 1] === 0x0a;
  return { content: end, next: Math.min(bytes.length, end + (isPair ? 2 : 1)) };
}

function sniffDelimiter(text: string, source: string): string {
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of delimiters) {
    const counts = cellCounts(text, delimiter);
    const width = counts[0]!;
    if (width < 2) continue;
    const same = counts.filter((count) => count === width).length / counts.length;
    const preferred = delimiter === '\t' && /\.(tsv|tab)$/i.test(source) ? 0.5 : 0;
    const score = same * same + Math.min(width, 50) / 1000 + preferred;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** Cells in each of the first records, quotes respected; an unfinished last record is left out. */
function cellCounts(text: string, delimiter: string): number[] {
  const counts: number[] = [];
  let cells = 1;
  let quoted = false;
  let empty = true;
  for (let i = 0; i < text.length && counts.length < 100; i++) {
    const character = text[i]!;
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === delimiter) cells++;
    else if (!quoted && (character === '\n' || character === '\r')) {
      if (!empty) counts.push(cells);
      cells = 1;
      empty = true;
      continue;
    }
    empty = false;
  }
  if (counts.length === 0) counts.push(cells);
  return counts;
}
