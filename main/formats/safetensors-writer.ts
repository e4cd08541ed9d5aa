import { closeSync, fdatasync, fsyncSync, openSync, write, writeSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import { dtypeBytes, type Dtype, type TensorData } from '../../shared/domain/tensors.ts';

/** Bytes after which the disk is told to begin. */
const flushBytes = 16 << 20;

/** A tensor of a file that is written piece by piece. */
export interface TensorPlan {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * A safetensors file in the making: the header says at once what will be there, and the entries of
 * each tensor may come in any order and in pieces, so that a file larger than memory can be written.
 * What is never written reads as zeros.
 */
export class SafetensorsWriter {
  readonly #path: string;
  readonly #fd: number;
  #unflushed = 0;
  #flushing: Promise<void> | undefined;
  readonly #places = new Map<string, { dtype: Dtype; size: number; offset: number }>();

  /**
   * @param name what errors call the file, where it is to be renamed
   * @throws AppError what the file system says, such as `disk-full`.
   */
  constructor(
    path: string,
    tensors: readonly TensorPlan[],
    metadata: Readonly<Record<string, string>> = {},
    name = path,
  ) {
    this.#path = name;
    const header = this.#layOut(tensors, metadata);
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw fileError(error, name, 'write');
    }
    this.#put(header, 0);
    // Makes the file as long as its header says even where nothing is written at its end.
    const end = Math.max(...[...this.#places.values()].map(endOf), header.length);
    if (end > header.length) this.#put(Buffer.alloc(1), end - 1);
  }

  /** Writes entries `start` onwards of a tensor. The array's type must be that of the tensor. */
  write(name: string, data: TensorData['data'], start = 0): void {
    const { bytes, position } = this.#piece(name, data, start);
    this.#put(bytes, position);
  }

  /** As `write`, while the caller goes on; the array must stay as it is until then. */
  async writeBeside(name: string, data: TensorData['data'], start = 0): Promise<void> {
    const { bytes, position } = this.#piece(name, data, start);
    try {
      for (let done = 0; done < bytes.length;)
        done += await writeAsync(this.#fd, bytes, done, position + done);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
    this.#flushSome(bytes.length);
  }

  /**
   * Has the disk begin with what is written, so that `close`, which waits for it and tells of errors,
   * finds little left.
   */
  #flushSome(bytes: number): void {
    this.#unflushed += bytes;
    if (this.#unflushed < flushBytes || this.#flushing) return;
    this.#unflushed = 0;
    this.#flushing = new Promise<void>((resolve) => fdatasync(this.#fd, () => resolve())).then(
      () => {
        this.#flushing = undefined;
      },
    );
  }

  /** To be waited for before `close` where `writeBeside` was used. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  #piece(name: string, data: TensorData['data'], start: number) {
    const place = this.#places.get(name);
    if (!place || dtypeOf(data) !== place.dtype || start + data.length > place.size)
      throw new AppError(
        'shape-mismatch',
        `${this.#path}: ${data.length} entries of ${dtypeOf(data)} from entry ${start} do not fit the tensor '${name}'.`,
        { file: this.#path, place: name },
      );
    return {
      bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      position: place.offset + start * dtypeBytes[place.dtype],
    };
  }

  /** Flushes the file to the disk. */
  close(): void {
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    } finally {
      closeSync(this.#fd);
    }
  }

  /** Header with its length field; wider types first keep every tensor aligned. */
  #layOut(tensors: readonly TensorPlan[], metadata: Readonly<Record<string, string>>): Buffer {
    const header: Record<string, unknown> = {};
    if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
    const ordered = [...tensors].sort(
      (a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : 1),
    );
    let offset = 0;
    for (const { name, dtype, shape } of ordered) {
      const size = shape.reduce((product, length) => product * length, 1);
      const end = offset + size * dtypeBytes[dtype];
      header[name] = { dtype, shape, data_offsets: [offset, end] };
      this.#places.set(name, { dtype, size, offset });
      offset = end;
    }
    const json = Buffer.from(JSON.stringify(header));
    const padding = (8 - (json.length % 8)) % 8;
    const bytes = Buffer.alloc(8 + json.length + padding, 0x20);
    bytes.writeBigUInt64LE(BigInt(json.length + padding), 0);
    json.copy(bytes, 8);
    for (const place of this.#places.values()) place.offset += bytes.length;
    return bytes;
  }

  #put(bytes: Buffer, position: number): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(
          this.#fd,
          bytes,
          done,
          Math.min(bytes.length - done, 1 << 30),
          position + done,
        );
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }
}

/**
 * Writes tensors to a new file and flushes it to the disk. Where a crash must not leave half a file,
 * the caller writes under another name and renames (see jobs/checkpoint.ts).
 * @throws AppError `shape-mismatch` for an array that does not fill its shape, or what the file
 *   system says.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly TensorData[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  for (const { name, shape, data } of tensors)
    if (shape.reduce((product, length) => product * length, 1) !== data.length)
      throw new AppError(
        'shape-mismatch',
        `${path}: tensor '${name}' has ${data.length} entries for the shape [${shape.join(', ')}].`,
        { file: path, place: name },
      );
  const plans = tensors.map(({ name, shape, data }) => ({ name, shape, dtype: dtypeOf(data) }));
  const writer = new SafetensorsWriter(path, plans, metadata);
  try {
    for (const { name, data } of tensors) writer.write(name, data);
  } finally {
    writer.close();
  }
}

/** One call of the system, at most 1 GiB. Answers the bytes that were written. */
function writeAsync(fd: number, bytes: Buffer, start: number, position: number): Promise<number> {
  const length = Math.min(bytes.length - start, 1 << 30);
  return new Promise((resolve, reject) =>
    write(fd, bytes, start, length, position, (error, written) =>
      error ? reject(error) : resolve(written),
    ),
  );
}

function endOf({ dtype, size, offset }: { dtype: Dtype; size: number; offset: number }): number {
  return offset + size * dtypeBytes[dtype];
}

function dtypeOf(data: TensorData['data']): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof BigInt64Array) return 'I64';
  if (data instanceof Uint16Array) return 'U16';
  return 'U8';
}
