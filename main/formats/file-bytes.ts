import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';

/** Bytes that are read by ranges: a file, or memory that stands for one. */
export interface ByteSource {
  /** Path, for messages. */
  readonly file: string;
  readonly size: number;
  /**
   * A range in a buffer of its own, or at the beginning of `into`, which must be large enough: fresh memory
   * costs more than what is read into it.
   * @throws AppError `truncated` where the file ends before it, or what the file system says.
   */
  read(offset: number, length: number, into?: Buffer): Buffer;
  close(): void;
}

/** Opens a file for reading by ranges; it never enters memory as a whole. @throws AppError */
export function openFileBytes(path: string): ByteSource {
  const fd = openFile(path);
  try {
    return new FileBytes(path, fd, fstatSync(fd).size);
  } catch (error) {
    closeSync(fd);
    throw fileError(error, path);
  }
}

/** Memory as if it were the file of that name. */
export function memoryBytes(bytes: Buffer, file: string): ByteSource {
  return {
    file,
    size: bytes.length,
    read(offset, length, into) {
      if (offset + length > bytes.length)
        throw truncatedFile(file, `it ends at byte ${bytes.length}`);
      const part = roomFor(length, into);
      bytes.copy(part, 0, offset, offset + length);
      return part;
    },
    close: () => undefined,
  };
}

/** What one call of the system can take: 1 GiB. */
const mostAtOnce = 1 << 30;

class FileBytes implements ByteSource {
  readonly file: string;
  readonly size: number;
  readonly #fd: number;
  #closed = false;

  constructor(file: string, fd: number, size: number) {
    this.file = file;
    this.#fd = fd;
    this.size = size;
  }

  read(offset: number, length: number, into?: Buffer): Buffer {
    if (offset + length > this.size) throw truncatedFile(this.file, `it ends at byte ${this.size}`);
    return readFileBytes(this.#fd, this.file, offset, length, into);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFile(this.#fd, this.file);
  }
}

/** Opens a file for reading. @throws AppError what the file system says. */
export function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw fileError(error, file);
  }
}

/**
 * Reads a range of an open file into a buffer of its own, or to the beginning of `into`.
 * @throws AppError `truncated` where the file ends before it, or what the file system says.
 */
export function readFileBytes(
  fd: number,
  file: string,
  offset: number,
  length: number,
  into?: Buffer,
): Buffer {
  const bytes = roomFor(length, into);
  for (let done = 0; done < length;) {
    const got = readSome(fd, file, bytes, done, offset + done);
    if (got === 0) throw truncatedFile(file, `it ends at byte ${offset + done}`);
    done += got;
  }
  return bytes;
}

function roomFor(length: number, into: Buffer | undefined): Buffer {
  return into ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
}

function readSome(fd: number, file: string, into: Buffer, start: number, position: number): number {
  try {
    return readSync(fd, into, start, Math.min(into.length - start, mostAtOnce), position);
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
