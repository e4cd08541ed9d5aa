import { closeSync, fstatSync, openSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import {
  dtypeBytes,
  dtypes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { closeFile, readFileBytes, truncatedFile } from './file-bytes.ts';
import { parseStrictJson } from './strict-json.ts';
import {
  asDoubles,
  asFloats,
  asInts,
  requireRange,
  requireTensor,
  type TensorBytes,
} from './tensor-bytes.ts';

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

/** Where each tensor lies in a file, in its order, once the header is checked as above. @throws as above */
export function tensorPlaces(path: string): (TensorInfo & { readonly offset: number })[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    return [...readHeader(fd, path).entries.values()];
  } finally {
    closeSync(fd);
  }
}

function readHeader(
  fd: number,
  file: string,
): { entries: Map<string, Entry>; metadata: Map<string, string> } {
  const fileBytes = fstatSync(fd).size;
  if (fileBytes < 8) throw truncatedFile(file, `it has ${fileBytes} bytes, and the header needs 8`);
  const lengthField = readFileBytes(fd, file, 0, 8).readBigUInt64LE();
  if (lengthField > BigInt(limits.safetensorsHeaderBytes))
    throw corrupt(
      file,
      'header',
      `the header claims ${lengthField} bytes, more than the format allows`,
    );
  const headerBytes = Number(lengthField);
  if (8 + headerBytes > fileBytes)
    throw truncatedFile(
      file,
      `the header claims ${headerBytes} bytes, and the file has ${fileBytes}`,
    );
  const raw = readFileBytes(fd, file, 8, headerBytes);
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
    throw truncatedFile(file, `the tensors need ${expected} bytes, and the file has ${fileBytes}`);
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
    return asFloats(this.#read(name, start, end));
  }

  doubles(name: string, start = 0, end?: number): Float64Array {
    return asDoubles(this.#read(name, start, end));
  }

  ints(name: string, start = 0, end?: number): Int32Array {
    return asInts(this.#read(name, start, end));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFile(this.#fd, this.source);
  }

  #read(name: string, start: number, end: number | undefined): TensorBytes {
    const entry = requireTensor(this.source, this.tensors, name);
    const last = requireRange(this.source, entry, start, end);
    const width = dtypeBytes[entry.dtype];
    const from = entry.offset + start * width;
    const bytes = readFileBytes(this.#fd, this.source, from, (last - start) * width);
    return { source: this.source, name, dtype: entry.dtype, bytes };
  }
}

function corrupt(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${place}: ${problem}. Write the file again.`, {
    file,
    place,
  });
}
