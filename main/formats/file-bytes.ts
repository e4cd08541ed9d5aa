import { closeSync, openSync, readSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';

/** Opens a file for reading. @throws AppError what the file system says. */
export function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw fileError(error, file);
  }
}

/**
 * Reads a range of an open file into a buffer of its own.
 * @throws AppError `truncated` where the file ends before it, or what the file system says.
 */
export function readFileBytes(fd: number, file: string, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = readSome(fd, file, bytes, done, offset + done);
    if (got === 0) throw truncatedFile(file, `it ends at byte ${offset + done}`);
    done += got;
  }
  return bytes;
}

/** At most 1 GiB, which is what one call can take. */
function readSome(fd: number, file: string, into: Buffer, start: number, position: number): number {
  try {
    return readSync(fd, into, start, Math.min(into.length - start, 1 << 30), position);
  } catch (error) {
    throw fileError(error, file);
  }
}

/** Closes a file that was read. @throws AppError what the file system says. */
export function closeFile(fd: number, file: string): void {
  try {
    closeSync(fd);
  } catch (error) {
    throw fileError(error, file);
  }
}

/** The error for a file that ends too early. */
export function truncatedFile(file: string, problem: string): AppError {
  return new AppError('truncated', `${file} is truncated: ${problem}. Copy or download it again.`, {
    file,
  });
}
