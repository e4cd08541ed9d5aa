import { closeSync, readSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import type { TextUnit } from '../../shared/domain/tokens.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { openFile } from './file-bytes.ts';

/** A part of a text file and the byte offset at which the next one begins. */
export interface TextPart {
  readonly text: string;
  /** Offset of its first byte. */
  readonly start: number;
  readonly after: number;
}

const chunkBytes = 1 << 20;

/**
 * The lines of a UTF-8 file from byte `from`, without their line breaks (\n or \r\n), one part of the
 * file in memory at a time. A byte order mark is left out.
 * @throws AppError `corrupt` for bytes that are not UTF-8, `too-large` for a line beyond
 *   `limits.recordBytes`, and what the file system says.
 */
export function* readLines(path: string, from = 0): Generator<TextPart> {
  const fd = openFile(path);
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let pieces: Buffer[] = [];
    let start = from;
    let position = from;
    for (;;) {
      const got = readChunk(fd, path, chunk, position);
      if (got === 0) break;
      let at = 0;
      for (;;) {
        const end = chunk.subarray(0, got).indexOf(0x0a, at);
        if (end < 0) break;
        pieces.push(chunk.subarray(at, end));
        const after = position + end + 1;
        yield { text: decode(pieces, path, start), start, after };
        pieces = [];
        start = after;
        at = end + 1;
      }
      if (at < got) pieces.push(Buffer.from(chunk.subarray(at, got)));
      position += got;
      if (position - start > limits.recordBytes) throw tooLong(path, start);
    }
    if (position > start) yield { text: decode(pieces, path, start), start, after: position };
  } finally {
    closeSync(fd);
  }
}

/** The documents of a text file: its lines, its paragraphs (parted by empty lines), or all of it. */
export function* readUnits(path: string, unit: TextUnit, from = 0): Generator<TextPart> {
  if (unit === 'line') return yield* readLines(path, from);
  let lines: string[] = [];
  let start = from;
  let after = from;
  let bytes = 0;
  for (const line of readLines(path, from)) {
    after = line.after;
    if (unit === 'paragraph' && line.text === '') {
      if (lines.length > 0) yield { text: lines.join('\n'), start, after };
      lines = [];
      bytes = 0;
      continue;
    }
    if (lines.length === 0) start = line.start;
    bytes += line.after - line.start;
    if (bytes > limits.recordBytes) throw tooLong(path, start);
    lines.push(line.text);
  }
  if (lines.length > 0) yield { text: lines.join('\n'), start, after };
}

function readChunk(fd: number, path: string, chunk: Buffer, position: number): number {
  try {
    return readSync(fd, chunk, 0, chunk.length, position);
  } catch (error) {
    throw fileError(error, path);
  }
}

function decode(pieces: readonly Buffer[], path: string, start: number): string {
  let bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  if (bytes.at(-1) === 0x0d) bytes = bytes.subarray(0, -1);
  if (start === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    bytes = bytes.subarray(3);
  if (!isUtf8(bytes))
    throw new AppError(
      'corrupt',
      `${path} is not UTF-8 text after byte ${start}. Save it again with the encoding UTF-8.`,
      { file: path, place: `byte ${start}` },
    );
  return bytes.toString('utf8');
}

function tooLong(path: string, start: number): AppError {
  return new AppError(
    'too-large',
    `${path}: what begins at byte ${start} is longer than ${limits.recordBytes >> 20} MB, which is too much for one document. Put line breaks between documents.`,
    { file: path, place: `byte ${start}`, limit: limits.recordBytes },
  );
}
