import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import {
  dtypeBytes,
  dtypes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { openFileBytes, truncatedFile, type ByteSource } from './file-bytes.ts';
import { parseStrictJson } from './strict-json.ts';
import { readerOf } from './tensor-bytes.ts';

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
  return readSafetensors(openFileBytes(path));
}

/** As `openSafetensors`; takes over the bytes. */
export function readSafetensors(bytes: ByteSource): TensorReader {
  try {
    const { entries, metadata } = readHeader(bytes);
    return readerOf({
      source: bytes.file,
      metadata,
      tensors: entries,
      bytes({ dtype, offset }: Entry, start, end, into) {
        const width = dtypeBytes[dtype];
        return bytes.read(offset + start * width, (end - start) * width, into);
      },
      close: () => bytes.close(),
    });
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/**
 * Where the tensors of a file lie in it, for whoever reads its bytes. Throws as `openSafetensors` does.
 */
export function safetensorsLayout(path: string): {
  bytes: number;
  tensors: (TensorInfo & { readonly offset: number })[];
} {
  const bytes = openFileBytes(path);
  try {
    return { bytes: bytes.size, tensors: [...readHeader(bytes).entries.values()] };
  } finally {
    bytes.close();
  }
}

function readHeader(bytes: ByteSource): {
  entries: Map<string, Entry>;
  metadata: Map<string, string>;
} {
  const { file, size: fileBytes } = bytes;
  if (fileBytes < 8) throw truncatedFile(file, `it has ${fileBytes} bytes, and the header needs 8`);
  const lengthField = bytes.read(0, 8).readBigUInt64LE();
  if (lengthField > BigInt(limits.safetensorsHeaderBytes))
    throw corrupt(file, 'header', `the header claims ${lengthField} bytes, more than any needs`);
  const headerBytes = Number(lengthField);
  if (8 + headerBytes > fileBytes)
    throw truncatedFile(
      file,
      `the header claims ${headerBytes} bytes, and the file has ${fileBytes}`,
    );
  const raw = bytes.read(8, headerBytes);
  if (countCommas(raw) > limits.safetensorsHeaderValues)
    throw new AppError('too-large', `${file}: its header lists too many values to be weights.`, {
      file,
      place: 'header',
    });
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

function countCommas(bytes: Buffer): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0x2c) count++;
  return count;
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

function corrupt(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${place}: ${problem}. Write the file again.`, {
    file,
    place,
  });
}
