import { AppError } from '../../shared/errors.ts';
import {
  dtypeBytes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { openFileBytes, type ByteSource } from './file-bytes.ts';
import { readerOf } from './tensor-bytes.ts';
import { ZipFile, type ZipEntry } from './zip-file.ts';

/**
 * npz, a ZIP file of NumPy arrays (numpy/lib/format.py), one `NAME.npy` each: the magic, a version, the
 * length of a header, the header as a Python literal, then row-major or column-major bytes. Only the
 * plain header that NumPy writes is read, as text; arrays of objects, which are pickles, are refused.
 */

interface Entry extends TensorInfo {
  readonly stored: ZipEntry;
  /** Where the numbers begin in the entry. */
  readonly start: number;
  readonly isFortran: boolean;
}

const magic = '\x93NUMPY';
const longestHeader = 1 << 16;
/** A compressed array is read whole, and no more of it than this. */
const largestCompressed = 192 << 20;
const mostAxes = 16;

const dtypesByName: ReadonlyMap<string, Dtype> = new Map([
  ['<f8', 'F64'],
  ['<f4', 'F32'],
  ['<f2', 'F16'],
  ['<i8', 'I64'],
  ['<i4', 'I32'],
  ['<i2', 'I16'],
  ['|i1', 'I8'],
  ['<u8', 'U64'],
  ['<u4', 'U32'],
  ['<u2', 'U16'],
  ['|u1', 'U8'],
  ['|b1', 'BOOL'],
]);

/** @throws AppError `truncated`, `corrupt`, `unsupported`, `too-large`, or what the file system says. */
export function openNpz(path: string): TensorReader {
  return readNpz(openFileBytes(path));
}

/** As `openNpz`; takes over the bytes. */
export function readNpz(bytes: ByteSource): TensorReader {
  const zip = ZipFile.read(bytes, { largestCompressed });
  try {
    const tensors = new Map<string, Entry>();
    for (const entry of zip.entries.values()) {
      if (!entry.name.endsWith('.npy'))
        throw new AppError(
          'unsupported',
          `${zip.path}: ${entry.name} is not a NumPy array. Save only arrays with numpy.savez.`,
          { file: zip.path, place: entry.name },
        );
      const found = readArrayHeader(zip, entry);
      tensors.set(found.name, found);
    }
    return readerOf({
      source: zip.path,
      tensors,
      bytes: (entry: Entry, start, end) => readEntries(zip, entry, start, end),
      close: () => zip.close(),
    });
  } catch (error) {
    zip.close();
    throw error;
  }
}

function readArrayHeader(zip: ZipFile, stored: ZipEntry): Entry {
  const bad = (problem: string) => corruptArray(zip.path, stored.name, problem);
  if (stored.size < 10) throw bad(`it has ${stored.size} bytes`);
  const head = zip.read(stored, 0, Math.min(stored.size, longestHeader + 12));
  if (head.toString('latin1', 0, 6) !== magic) throw bad('it does not begin as a NumPy array does');
  const version = head[6]!;
  if (version < 1 || version > 3) throw bad(`its version is ${version}`);
  const prefix = version === 1 ? 10 : 12;
  if (head.length < prefix) throw bad('it ends in its header');
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > longestHeader || prefix + length > head.length) throw bad('its header is too long');
  const start = prefix + length;
  const { descr, isFortran, shape } = parseHeader(head.toString('latin1', prefix, start), bad);
  const dtype = dtypesByName.get(descr);
  if (!dtype)
    throw new AppError(
      'unsupported',
      `${zip.path}: ${stored.name} holds ${JSON.stringify(descr)}, which Assay does not read: ${reasonFor(descr)}. Save it as little-endian float32.`,
      { file: zip.path, place: stored.name },
    );
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (!Number.isSafeInteger(size)) throw bad('its shape is too large');
  if (start + size * dtypeBytes[dtype] !== stored.size)
    throw bad(
      `${descr} [${shape.join(', ')}] needs ${size * dtypeBytes[dtype]} bytes, and it has ${stored.size - start}`,
    );
  return { name: stored.name.slice(0, -4), dtype, shape, size, stored, start, isFortran };
}

function reasonFor(descr: string): string {
  if (/O/.test(descr)) return 'objects are stored as a pickle';
  return descr.startsWith('>') ? 'its bytes are big-endian' : 'it is no plain number';
}

const headerPattern =
  /^\{'descr': '([^'\\]{1,16})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,16}, ?)*(?:\d{1,16})?)\), ?\}\s*$/;

function parseHeader(text: string, bad: (problem: string) => AppError) {
  const match = headerPattern.exec(text);
  if (!match) throw bad('its header is not one that NumPy writes for a plain array');
  const [, descr, order, axes] = match as unknown as [string, string, string, string];
  const shape = axes
    .split(',')
    .filter((axis) => axis.trim() !== '')
    .map(Number);
  if (shape.length > mostAxes || !shape.every((axis) => Number.isSafeInteger(axis)))
    throw bad('its shape is too large');
  return { descr, isFortran: order === 'True', shape };
}

function readEntries(zip: ZipFile, entry: Entry, start: number, end: number): Buffer {
  const { dtype, stored, shape } = entry;
  const width = dtypeBytes[dtype];
  if (entry.isFortran && shape.length > 1)
    return fromColumns(zip.read(stored).subarray(entry.start), shape, width, start, end);
  return aligned(zip.read(stored, entry.start + start * width, entry.start + end * width));
}

/** The bytes where their numbers can be looked at in place. */
function aligned(bytes: Buffer): Buffer {
  if (bytes.byteOffset % 8 === 0) return bytes;
  const out = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(out);
  return out;
}

/** Entries `start` up to `end` in row-major order of an array whose first axis runs fastest. */
function fromColumns(
  stored: Buffer,
  shape: readonly number[],
  width: number,
  start: number,
  end: number,
): Buffer {
  const out = Buffer.allocUnsafeSlow((end - start) * width);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let entry = start; entry < end; entry++) {
    let rest = entry;
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    stored.copy(out, (entry - start) * width, at * width, (at + 1) * width);
  }
  return out;
}

function corruptArray(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${place}: ${problem}. Save the arrays again.`, {
    file,
    place,
  });
}
