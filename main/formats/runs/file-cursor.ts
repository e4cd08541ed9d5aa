import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError, fileError } from '../../../shared/errors.ts';

const bufferBytes = 1 << 20;

/** Reads a file from its start to its end in pieces that the caller names; nothing else stays in memory. */
export class FileCursor {
  readonly file: string;
  readonly size: number;
  readonly #fd: number;
  readonly #buffer: Buffer;
  /** Byte of the file that the buffer starts with, and how much of it is filled. */
  #start = 0;
  #filled = 0;
  position = 0;

  /** @throws AppError what the file system says. */
  constructor(file: string) {
    this.file = file;
    try {
      this.#fd = openSync(file, 'r');
      this.size = fstatSync(this.#fd).size;
    } catch (error) {
      throw fileError(error, file);
    }
    this.#buffer = Buffer.allocUnsafe(Math.min(bufferBytes, this.size));
  }

  get left(): number {
    return this.size - this.position;
  }

  /**
   * The next bytes, to be used before the next call. @throws AppError `truncated` where the file has
   * fewer.
   */
  take(bytes: number): Buffer {
    if (bytes > this.left)
      throw new AppError(
        'truncated',
        `${this.file} ends at byte ${this.size}, in the middle of a record that starts at byte ${this.position}. Copy the file again.`,
        { file: this.file, place: `byte ${this.position}` },
      );
    const offset = this.position - this.#start;
    if (offset >= 0 && offset + bytes <= this.#filled) {
      this.position += bytes;
      return this.#buffer.subarray(offset, offset + bytes);
    }
    if (bytes > bufferBytes) return this.#readAt(Buffer.allocUnsafe(bytes), bytes);
    this.#start = this.position;
    this.#filled = 0;
    const wanted = Math.min(bufferBytes, this.left);
    const position = this.position;
    this.#readAt(this.#buffer, wanted);
    this.#filled = wanted;
    this.position = position + bytes;
    return this.#buffer.subarray(0, bytes);
  }

  skip(bytes: number): void {
    this.position = Math.min(this.size, this.position + bytes);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #readAt(buffer: Buffer, bytes: number): Buffer {
    try {
      for (let done = 0; done < bytes;) {
        const got = readSync(this.#fd, buffer, done, bytes - done, this.position + done);
        if (got === 0)
          throw new AppError('truncated', `${this.file} became shorter while it was read.`, {
            file: this.file,
            place: `byte ${this.position + done}`,
          });
        done += got;
      }
    } catch (error) {
      throw fileError(error, this.file);
    }
    this.position += bytes;
    return buffer.subarray(0, bytes);
  }
}
