import { crc32 } from 'node:zlib';
import { AppError } from '../../../shared/errors.ts';
import { FileCursor } from './file-cursor.ts';
import type { LogRecord } from './tf-records.ts';

/** `:W&B`, then 0xBEE1 and the version 0. */
const header = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00]);
const blockBytes = 32 << 10;
const chunkHead = 7;
const mostBytes = 64 << 20;
const full = 1;
const first = 2;
const last = 4;

/** True for bytes that start a file of W&B. */
export function isWandbFile(start: Buffer): boolean {
  return start.subarray(0, header.length).equals(header);
}

/**
 * The records of a `.wandb` file: LevelDB's log format (blocks of 32 KiB, chunks of checksum, length and
 * type) behind a header of 7 bytes, which counts to the first block. The checksum is a plain CRC-32 of
 * type and data. A last record that is cut off, as by a run that was killed, ends the file; `onCut` is
 * told.
 * @throws AppError `unsupported` for another header, `corrupt` for a wrong checksum or order of chunks.
 */
export function* wandbRecords(file: string, onCut: (place: string) => void): Generator<LogRecord> {
  const cursor = new FileCursor(file);
  try {
    if (cursor.left < header.length || !isWandbFile(cursor.take(header.length)))
      throw new AppError('unsupported', `${file} does not start like a log of W&B.`, {
        file,
        place: 'byte 0',
      });
    yield* records(cursor, onCut);
  } finally {
    cursor.close();
  }
}

function* records(cursor: FileCursor, onCut: (place: string) => void): Generator<LogRecord> {
  const { file } = cursor;
  let parts: Buffer[] = [];
  let bytes = 0;
  let start = '';
  while (cursor.left > 0) {
    const room = blockBytes - (cursor.position % blockBytes);
    if (room < chunkHead) {
      cursor.skip(room);
      continue;
    }
    const place = `byte ${cursor.position}`;
    if (cursor.left < chunkHead) return onCut(place);
    const head = Buffer.from(cursor.take(chunkHead));
    const length = head.readUInt16LE(4);
    const type = head[6]!;
    if (type === 0 && length === 0) {
      // The rest of a file that was made longer before it was filled.
      cursor.skip(room - chunkHead);
      continue;
    }
    const fail = (problem: string): AppError =>
      new AppError('corrupt', `${file}: ${problem} at ${place}. Copy the file again.`, {
        file,
        place,
      });
    if (type > last || length > room - chunkHead) throw fail('a chunk of the log is not valid');
    if (cursor.left < length) return onCut(parts.length > 0 ? start : place);
    const data = Buffer.from(cursor.take(length));
    if (crc32(data, crc32(head.subarray(6, 7))) !== head.readUInt32LE(0))
      throw fail('the checksum of a chunk is wrong');
    const begins = type === full || type === first;
    if (begins !== (parts.length === 0)) throw fail('the chunks of a record are out of order');
    if (begins) start = place;
    parts.push(data);
    bytes += length;
    if (bytes > mostBytes)
      throw new AppError(
        'too-large',
        `${file}: the record at ${start} is larger than ${mostBytes} bytes.`,
        { file, place: start },
      );
    if (type !== full && type !== last) continue;
    yield { data: parts.length === 1 ? data : Buffer.concat(parts), place: start };
    parts = [];
    bytes = 0;
  }
  if (parts.length > 0) onCut(start);
}
