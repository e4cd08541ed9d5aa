import { readSync } from 'node:fs';
import { AppError } from '../../shared/errors.ts';

/**
 * Reads a range of an open file into a buffer of its own.
 * @throws AppError `truncated` where the file ends before it.
 */
export function readFileBytes(fd: number, file: string, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, Math.min(length - done, 1 << 30), offset + done);
    if (got === 0) throw truncatedFile(file, `it ends at byte ${offset + done}`);
    done += got;
  }
  return bytes;
}

/** The error for a file that ends too early. */
export function truncatedFile(file: string, problem: string): AppError {
  return new AppError('truncated', `${file} is truncated: ${problem}. Copy or download it again.`, {
    file,
  });
}
