import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';

/** The header has a fixed length, so that rows can be written before their number is known. */
const headerBytes = 16 * 1024;
/** Bytes that wait for being written together. */
const bufferBytes = 1 << 20;

/**
 * A safetensors file of token rows `input_ids` [rows, context] that grows: uint16 where the vocabulary
 * allows, else int32. Before `finish` it has no header and is no safetensors file.
 */
export class TokenWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly context: number;
  readonly #wide: boolean;
  #waiting: Int32Array[] = [];
  #written: number;

  /**
   * @param rows that are there already, of an earlier writer; what follows them is cut off
   * @throws AppError what the file system says.
   */
  constructor(path: string, context: number, vocabulary: number, rows: number) {
    this.#path = path;
    this.context = context;
    this.#wide = vocabulary > 2 ** 16;
    this.#written = rows;
    try {
      this.#fd = openSync(path, rows === 0 ? 'w' : 'r+');
      ftruncateSync(this.#fd, headerBytes + rows * this.#rowBytes);
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  get rows(): number {
    return this.#written + this.#waiting.length;
  }

  append(row: Int32Array): void {
    this.#waiting.push(row);
    if (this.#waiting.length * this.#rowBytes >= bufferBytes) this.#flush();
  }

  /** Puts all rows so far on the disk. */
  sync(): void {
    this.#flush();
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }

  /** Writes the header, which makes the file one. */
  finish(metadata: Readonly<Record<string, string>>): void {
    this.#flush();
    const shape = [this.rows, this.context];
    const header = JSON.stringify({
      __metadata__: metadata,
      input_ids: {
        dtype: this.#wide ? 'I32' : 'U16',
        shape,
        data_offsets: [0, this.rows * this.#rowBytes],
      },
    });
    const bytes = Buffer.alloc(headerBytes, 0x20);
    bytes.writeBigUInt64LE(BigInt(headerBytes - 8), 0);
    if (bytes.write(header, 8) < Buffer.byteLength(header))
      throw new AppError('internal', `The description of ${this.#path} is too long.`);
    this.#put(bytes, 0);
    this.sync();
  }

  close(): void {
    closeSync(this.#fd);
  }

  get #rowBytes(): number {
    return this.context * (this.#wide ? 4 : 2);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const count = this.#waiting.length * this.context;
    const ids = this.#wide ? new Int32Array(count) : new Uint16Array(count);
    this.#waiting.forEach((row, index) => ids.set(row, index * this.context));
    this.#put(Buffer.from(ids.buffer), headerBytes + this.#written * this.#rowBytes);
    this.#written = this.rows;
    this.#waiting = [];
  }

  #put(bytes: Buffer, position: number): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }
}
