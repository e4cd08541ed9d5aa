import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { fileError } from '../../../../shared/errors.ts';

const bufferBytes = 1 << 20;

/** Numbers on their way from a reader to a file whose size is not yet known. */
export class ScratchFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;
  #written = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'w+');
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  /** Bytes so far. */
  get size(): number {
    return this.#written + this.#filled;
  }

  /** Adds the bytes of an array at the end. */
  append(values: Int32Array | Float32Array): void {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    if (bytes.length > bufferBytes - this.#filled) this.#flush();
    if (bytes.length > bufferBytes) {
      this.#write(bytes);
      return;
    }
    bytes.copy(this.#buffer, this.#filled);
    this.#filled += bytes.length;
  }

  /** Reads bytes from a position on into an array. */
  read(position: number, into: Int32Array | Float32Array): void {
    this.#flush();
    const bytes = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
    try {
      for (let done = 0; done < bytes.length;) {
        const got = readSync(this.#fd, bytes, done, bytes.length - done, position + done);
        if (got === 0) throw new Error(`The scratch file ${this.#path} is too short.`);
        done += got;
      }
    } catch (error) {
      throw fileError(error, this.#path);
    }
  }

  close(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#written + done);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
    this.#written += bytes.length;
  }
}
