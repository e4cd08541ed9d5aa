import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { RecentlyOpen } from '../../../formats/recently-open.ts';

/**
 * Activations at one hook point on the disk, a slot for each row of the token file, in shards
 * `shard-00000.bin` …: 4 bytes magic, 4 bytes CRC-32 of what follows, 4 bytes number of the row, 4
 * bytes 0, then [context, width] numbers of 2 or 4 bytes, little-endian. A slot that was never written
 * takes no room where the file system knows sparse files; one that was torn by a crash or damaged does
 * not fit its checksum and counts as not written. Two jobs may write at once: equal rows have equal
 * bytes, and a reader that comes in between sees what does not fit its checksum.
 */

const magic = 0x43_41_53_41;
const headerBytes = 16;
/** A shard is no larger than this, unless one row is. */
const shardBytes = 256e6;

export type ActivationDtype = 'float32' | 'float16';

export interface SetShape {
  readonly context: number;
  readonly width: number;
  readonly dtype: ActivationDtype;
}

/** Bytes that one row of tokens takes in a set. */
export function slotBytes({ context, width, dtype }: SetShape): number {
  return headerBytes + context * width * (dtype === 'float16' ? 2 : 4);
}

export class ActivationSet {
  readonly shape: SetShape;
  readonly #folder: string;
  readonly #slot: Buffer<ArrayBuffer>;
  readonly #values: Float32Array | Float16Array;
  readonly #rowsPerShard: number;
  readonly #shards: RecentlyOpen<number | undefined>;

  /** @param folder must exist */
  constructor(folder: string, shape: SetShape) {
    this.#folder = folder;
    this.shape = shape;
    this.#slot = Buffer.allocUnsafeSlow(slotBytes(shape));
    const { buffer } = this.#slot;
    const count = shape.context * shape.width;
    this.#values =
      shape.dtype === 'float16'
        ? new Float16Array(buffer, headerBytes, count)
        : new Float32Array(buffer, headerBytes, count);
    this.#rowsPerShard = Math.max(1, Math.floor(shardBytes / this.#slot.length));
    this.#shards = new RecentlyOpen(
      (shard) => this.#open(shard),
      (fd) => fd !== undefined && closeSync(fd),
    );
  }

  /** Reads a row into `out` from `start` on; false, and nothing is read, where it is not there whole. */
  read(row: number, out: Float32Array, start: number): boolean {
    const fd = this.#shards.get(this.#shardOf(row));
    if (fd === undefined) return false;
    try {
      const got = readSync(fd, this.#slot, 0, this.#slot.length, this.#offsetOf(row));
      if (got !== this.#slot.length) return false;
    } catch {
      return false; // A disk that cannot be read is as good as none; the row is computed.
    }
    if (this.#slot.readUInt32LE(0) !== magic || this.#slot.readUInt32LE(8) !== row) return false;
    if (this.#slot.readUInt32LE(4) !== crc32(this.#slot.subarray(8))) return false;
    out.set(this.#values, start);
    return true;
  }

  /**
   * Writes a row [context, width] of `values`, which begins at `start`, and leaves there what reading
   * it will give.
   * @throws AppError `non-finite` for a value beyond float16, `disk-full` and the like.
   */
  write(row: number, values: Float32Array, start: number): void {
    this.round(row, values, start);
    this.#slot.writeUInt32LE(magic, 0);
    this.#slot.writeUInt32LE(row, 8);
    this.#slot.writeUInt32LE(0, 12);
    this.#slot.writeUInt32LE(crc32(this.#slot.subarray(8)), 4);
    const fd = this.#shards.get(this.#shardOf(row));
    if (fd === undefined) return;
    try {
      writeSync(fd, this.#slot, 0, this.#slot.length, this.#offsetOf(row));
    } catch (error) {
      throw fileError(error, this.#pathOf(this.#shardOf(row)), 'write');
    }
  }

  /** Leaves what writing and reading the row would give. @throws AppError `non-finite` as `write`. */
  round(row: number, values: Float32Array, start: number): void {
    const numbers = values.subarray(start, start + this.#values.length);
    this.#values.set(numbers);
    if (this.shape.dtype === 'float16') this.#checkRange(row, numbers);
    values.set(this.#values, start);
  }

  close(): void {
    this.#shards.closeAll();
  }

  #checkRange(row: number, numbers: Float32Array): void {
    const at = this.#values.findIndex((value) => !Number.isFinite(value));
    if (at < 0 || !Number.isFinite(numbers[at])) return;
    throw new AppError(
      'non-finite',
      `The activation ${numbers[at]} at row ${row}, position ${Math.floor(at / this.shape.width)} is beyond float16, whose largest number is 65,504. Set activationCache.dtype to float32.`,
      { place: 'activationCache.dtype', row, value: numbers[at] },
    );
  }

  #shardOf(row: number): number {
    return Math.floor(row / this.#rowsPerShard);
  }

  #offsetOf(row: number): number {
    return (row % this.#rowsPerShard) * this.#slot.length;
  }

  #pathOf(shard: number): string {
    return join(this.#folder, `shard-${String(shard).padStart(5, '0')}.bin`);
  }

  /** Undefined where the folder was removed by hand meanwhile. */
  #open(shard: number): number | undefined {
    const path = this.#pathOf(shard);
    for (const flags of ['r+', 'wx+', 'r+']) {
      try {
        return openSync(path, flags);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'EEXIST') throw fileError(error, path, 'write');
      }
    }
    return undefined;
  }
}
