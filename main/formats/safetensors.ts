import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import {
  dtypeBytes,
  dtypes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { brainToFloat, halfToFloat } from './floats.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * safetensors: 8 bytes little-endian header length, a JSON header, then the tensors' bytes without
 * gaps. Everything is checked before a byte of data is used, as in the format's own reader: header
 * size, UTF-8, known dtypes, shape x dtype = length, and offsets that are sorted, contiguous, do not
 * overlap and end exactly at the end of the file. Data are read on demand, so a file larger than
 * memory can be opened.
 */

interface Entry extends TensorInfo {
  /** Offset of the data in the file. */
  readonly offset: number;
}

/** @throws AppError `truncated`, `corrupt`, `unsupported`, or what the file system says. */
export function openSafetensors(path: string): TensorReader {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const { entries, metadata } = readHeader(fd, path);
    return new SafetensorsReader(path, fd, entries, metadata);
  } catch (error) {
    closeSync(fd);
    throw fileError(error, path);
  }
}

function readHeader(
  fd: number,
  file: string,
): { entries: Map<string, Entry>; metadata: Map<string, string> } {
  const fileBytes = fstatSync(fd).size;
  if (fileBytes < 8) throw truncated(file, `it has ${fileBytes} bytes, and the header needs 8`);
  const lengthField = readBytes(fd, file, 0, 8).readBigUInt64LE();
  if (lengthField > BigInt(limits.safetensorsHeaderBytes))
    throw corrupt(
      file,
      'header',
      `the header claims ${lengthField} bytes, more than the format allows`,
    );
  const headerBytes = Number(lengthField);
  if (8 + headerBytes > fileBytes)
    throw truncated(file, `the header claims ${headerBytes} bytes, and the file has ${fileBytes}`);
  const raw = readBytes(fd, file, 8, headerBytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    throw corrupt(file, 'header', 'the header is not valid UTF-8');
  }
  if (!text.startsWith('{')) throw corrupt(file, 'header', 'the header does not start with {');
  const header = parseStrictJson(text, file) as Record<string, unknown>;
  return checkHeader(header, file, 8 + headerBytes, fileBytes);
}

function checkHeader(
  header: Record<string, unknown>,
  file: string,
  dataStart: number,
  fileBytes: number,
): { entries: Map<string, Entry>; metadata: Map<string, string> } {
  const metadata = new Map<string, string>();
  const found: (Entry & { end: number })[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, item] of Object.entries((value ?? {}) as Record<string, unknown>)) {
        if (typeof item !== 'string')
          throw corrupt(file, `__metadata__.${key}`, 'metadata values must be strings');
        metadata.set(key, item);
      }
    } else found.push(checkEntry(name, value, file, dataStart));
  }
  found.sort((a, b) => a.offset - b.offset || a.end - b.end);
  let expected = dataStart;
  for (const entry of found) {
    if (entry.offset !== expected)
      throw corrupt(
        file,
        entry.name,
        entry.offset < expected
          ? 'its data overlap another tensor'
          : 'there is a gap before its data',
      );
    expected = entry.end;
  }
  if (expected > fileBytes)
    throw truncated(file, `the tensors need ${expected} bytes, and the file has ${fileBytes}`);
  if (expected < fileBytes)
    throw corrupt(file, 'end', `${fileBytes - expected} bytes follow the last tensor`);
  return { entries: new Map(found.map((entry) => [entry.name, entry])), metadata };
}

function checkEntry(
  name: string,
  value: unknown,
  file: string,
  dataStart: number,
): Entry & { end: number } {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (!isDtype(dtype))
    throw new AppError(
      'unsupported',
      `${file}: tensor '${name}' has the dtype ${JSON.stringify(dtype)}, which Assay does not read. Convert it to float32, float16 or bfloat16.`,
      { file, place: name },
    );
  if (!Array.isArray(shape) || !shape.every(isNatural))
    throw corrupt(file, name, 'its shape is not a list of whole numbers');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isNatural))
    throw corrupt(file, name, 'its data_offsets are not two whole numbers');
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, 1);
  if (!Number.isSafeInteger(size)) throw corrupt(file, name, 'its shape is too large');
  if (end - begin !== size * dtypeBytes[dtype])
    throw corrupt(
      file,
      name,
      `${dtype} [${shape.join(', ')}] needs ${size * dtypeBytes[dtype]} bytes, and its offsets give ${end - begin}`,
    );
  return {
    name,
    dtype,
    shape: shape,
    size,
    offset: dataStart + begin,
    end: dataStart + end,
  };
}

function isDtype(value: unknown): value is Dtype {
  return (dtypes as readonly unknown[]).includes(value);
}

function isNatural(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function readBytes(fd: number, file: string, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = readSome(fd, file, bytes, done, offset + done);
    if (got === 0) throw truncated(file, `it ends at byte ${offset + done}`);
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

class SafetensorsReader implements TensorReader {
  readonly source: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Entry>;
  readonly #fd: number;
  #closed = false;

  constructor(
    source: string,
    fd: number,
    tensors: ReadonlyMap<string, Entry>,
    metadata: ReadonlyMap<string, string>,
  ) {
    this.source = source;
    this.#fd = fd;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  floats(name: string, start = 0, end?: number): Float32Array {
    const { dtype, bytes, length } = this.#read(name, start, end);
    const buffer = bytes.buffer as ArrayBuffer;
    if (dtype === 'F32') return new Float32Array(buffer, bytes.byteOffset, length);
    if (dtype === 'F64')
      return Float32Array.from(new Float64Array(buffer, bytes.byteOffset, length));
    if (dtype === 'F16' || dtype === 'BF16') {
      const halves = new Uint16Array(buffer, bytes.byteOffset, length);
      const widen = dtype === 'F16' ? halfToFloat : brainToFloat;
      const out = new Float32Array(length);
      for (let i = 0; i < length; i++) out[i] = widen(halves[i]!);
      return out;
    }
    throw new AppError(
      'dtype-mismatch',
      `${this.source}: tensor '${name}' holds ${dtype}, where floating-point numbers are expected.`,
      { file: this.source, place: name, dtype },
    );
  }

  doubles(name: string, start = 0, end?: number): Float64Array {
    if (this.tensors.get(name)?.dtype !== 'F64')
      return Float64Array.from(this.floats(name, start, end));
    const { bytes, length } = this.#read(name, start, end);
    return new Float64Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
  }

  ints(name: string, start = 0, end?: number): Int32Array {
    const { dtype, bytes, length } = this.#read(name, start, end);
    const buffer = bytes.buffer as ArrayBuffer;
    const at = bytes.byteOffset;
    switch (dtype) {
      case 'I32':
        return new Int32Array(buffer, at, length);
      case 'I16':
        return Int32Array.from(new Int16Array(buffer, at, length));
      case 'I8':
        return Int32Array.from(new Int8Array(buffer, at, length));
      case 'U16':
        return Int32Array.from(new Uint16Array(buffer, at, length));
      case 'U8':
      case 'BOOL':
        return Int32Array.from(new Uint8Array(buffer, at, length));
      case 'U32':
        return this.#narrow(name, new Uint32Array(buffer, at, length));
      case 'I64':
        return this.#narrow(name, new BigInt64Array(buffer, at, length));
      case 'U64':
        return this.#narrow(name, new BigUint64Array(buffer, at, length));
      default:
        throw new AppError(
          'dtype-mismatch',
          `${this.source}: tensor '${name}' holds ${dtype}, where whole numbers are expected.`,
          { file: this.source, place: name, dtype },
        );
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      closeSync(this.#fd);
    } catch (error) {
      throw fileError(error, this.source);
    }
  }

  #narrow(name: string, values: Uint32Array | BigInt64Array | BigUint64Array): Int32Array {
    const out = new Int32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = Number(values[i]);
      out[i] = value;
      if (out[i] !== value)
        throw new AppError(
          'dtype-mismatch',
          `${this.source}: tensor '${name}' holds ${value} at entry ${i}, which does not fit 32 bits.`,
          { file: this.source, place: name, entry: i },
        );
    }
    return out;
  }

  #read(name: string, start: number, end: number | undefined) {
    const entry = this.tensors.get(name);
    if (!entry)
      throw new AppError(
        'not-found',
        `${this.source} has no tensor '${name}'. It has: ${[...this.tensors.keys()].slice(0, 12).join(', ')}.`,
        { file: this.source, place: name },
      );
    const last = end ?? entry.size;
    if (start < 0 || last > entry.size || start > last)
      throw new AppError(
        'bad-input',
        `${this.source}: entries ${start} to ${last} were asked of tensor '${name}', which has ${entry.size}.`,
        { file: this.source, place: name },
      );
    const width = dtypeBytes[entry.dtype];
    const length = last - start;
    const bytes = readBytes(this.#fd, this.source, entry.offset + start * width, length * width);
    return { dtype: entry.dtype, bytes, length };
  }
}

function truncated(file: string, problem: string): AppError {
  return new AppError('truncated', `${file} is truncated: ${problem}. Copy or download it again.`, {
    file,
  });
}

function corrupt(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${place}: ${problem}. Write the file again.`, {
    file,
    place,
  });
}
