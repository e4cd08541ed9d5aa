import { AppError } from '../../../shared/errors.ts';
import { maskedCrc32c } from './crc32c.ts';
import { FileCursor } from './file-cursor.ts';

export interface LogRecord {
  /** To be used before the next record is asked for. */
  readonly data: Buffer;
  /** Where it starts, such as `byte 4096`. */
  readonly place: string;
}

const mostBytes = 64 << 20;

/**
 * The records of a TFRecord file: length (uint64), masked CRC-32C of the length, data, masked CRC-32C
 * of the data. A last record that is cut off, as by a run that was killed, ends the file; `onCut` is told.
 * @throws AppError `corrupt` for a wrong checksum, `too-large` for a record of over 64 MB.
 */
export function* tfRecords(file: string, onCut: (place: string) => void): Generator<LogRecord> {
  const cursor = new FileCursor(file);
  try {
    while (cursor.left > 0) {
      const place = `byte ${cursor.position}`;
      if (cursor.left < 12) return onCut(place);
      const head = Buffer.from(cursor.take(12));
      if (maskedCrc32c(head.subarray(0, 8)) !== head.readUInt32LE(8))
        throw wrongChecksum(file, place, 'the length of a record');
      const length = head.readBigUInt64LE(0);
      if (length > BigInt(mostBytes))
        throw new AppError(
          'too-large',
          `${file}: the record at ${place} has ${length} bytes; at most ${mostBytes} are read.`,
          { file, place },
        );
      const size = Number(length);
      if (cursor.left < size + 4) return onCut(place);
      const data = Buffer.from(cursor.take(size));
      if (maskedCrc32c(data) !== cursor.take(4).readUInt32LE(0))
        throw wrongChecksum(file, place, 'a record');
      yield { data, place };
    }
  } finally {
    cursor.close();
  }
}

function wrongChecksum(file: string, place: string, what: string): AppError {
  return new AppError(
    'corrupt',
    `${file}: the checksum of ${what} at ${place} is wrong. Copy the file again.`,
    { file, place },
  );
}
