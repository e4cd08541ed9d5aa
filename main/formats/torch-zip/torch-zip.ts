import { AppError } from '../../../shared/errors.ts';
import { dtypeBytes, type TensorInfo, type TensorReader } from '../../../shared/domain/tensors.ts';
import { readerOf } from '../tensor-bytes.ts';
import { isTensor, type PickleTensor } from './globals.ts';
import { readPickle, type PickleValue } from './pickle.ts';
import { ZipFile, type ZipEntry } from '../zip-file.ts';
import { openFileBytes, type ByteSource } from '../file-bytes.ts';

/** A file that torch.save wrote: its document, and the tensors in it. */
export interface TorchFile extends TensorReader {
  /** What was saved, with tensors as views; text and numbers beside them lie here. */
  readonly document: PickleValue;
}

interface Entry extends TensorInfo {
  readonly view: PickleTensor;
  readonly stored: ZipEntry;
}

const largestPickle = 64 << 20;
const mostTensors = 1e5;
const deepest = 16;

/**
 * Opens a file of torch.save in its ZIP form (PyTorch 1.6 and later), running nothing of what it holds
 * (see pickle.ts). Tensors in nested dictionaries and lists are named by their way, joined by dots.
 * Strides are honoured: what is read is row-major. Close it when done.
 * @throws AppError `unsupported`, `corrupt` or `truncated`, naming the place.
 */
export function openTorchZip(path: string): TorchFile {
  return readTorchZip(openFileBytes(path));
}

/** As `openTorchZip`; takes over the bytes. */
export function readTorchZip(bytes: ByteSource): TorchFile {
  const path = bytes.file;
  const zip = ZipFile.read(bytes);
  try {
    const { pickle, root } = findPickle(zip);
    checkByteOrder(zip, root);
    const document = readPickle(zip.read(pickle), path);
    const reader = readerOf({
      source: path,
      tensors: collectTensors(zip, root, document),
      bytes: (entry: Entry, start, end, into) => readEntries(zip, entry, start, end, into),
      readsInParts: ({ view }) => isRowMajor(view),
      close: () => zip.close(),
    });
    return { ...reader, document };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** The one entry NAME/data.pkl; NAME is the folder of all others. */
function findPickle({ path, entries }: ZipFile): { pickle: ZipEntry; root: string } {
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (!pickle || pickles.length > 1)
    throw new AppError(
      'unsupported',
      `${path} is not a file of torch.save in its present form: it has ${pickles.length} data.pkl, not one. Load it with PyTorch and save it again.`,
      { file: path, place: 'data.pkl' },
    );
  if (pickle.size > largestPickle)
    throw new AppError('too-large', `${path}: data.pkl has ${pickle.size} bytes.`, {
      file: path,
      place: 'data.pkl',
    });
  return { pickle, root: pickle.name.slice(0, -'data.pkl'.length) };
}

function checkByteOrder(zip: ZipFile, root: string): void {
  const entry = zip.entries.get(`${root}byteorder`);
  if (!entry) return;
  const order = entry.size > 16 ? '' : zip.read(entry).toString('latin1');
  if (order === 'little') return;
  throw new AppError(
    'unsupported',
    `${zip.path}: its byte order is ${JSON.stringify(order)}, and Assay reads little-endian files.`,
    { file: zip.path, place: 'byteorder' },
  );
}

function collectTensors(zip: ZipFile, root: string, document: PickleValue): Map<string, Entry> {
  const found = new Map<string, Entry>();
  let visited = 0;
  const bad = (problem: string, place: string) =>
    new AppError('corrupt', `${zip.path}: ${place}: ${problem}. Save the tensors again.`, {
      file: zip.path,
      place,
    });
  function visit(value: PickleValue, way: string, depth: number): void {
    // What is recalled from a pickle's memory may stand in many places, or within itself.
    if (++visited > 10 * mostTensors || depth > deepest)
      throw bad('it nests or repeats too much', way.slice(0, 200));
    if (isTensor(value)) {
      if (found.size >= mostTensors) throw bad('it holds too many tensors', 'data.pkl');
      if (found.has(way)) throw bad('two tensors have this name', way);
      found.set(way, describe(value, way));
      return;
    }
    const children: Iterable<readonly [string | number, PickleValue]> =
      value instanceof Map ? value : Array.isArray(value) ? value.entries() : [];
    for (const [key, child] of children)
      visit(child, way === '' ? `${key}` : `${way}.${key}`, depth + 1);
  }
  function describe(view: PickleTensor, name: string): Entry {
    const { key, dtype, count } = view.storage;
    const stored = zip.entries.get(`${root}data/${key}`);
    if (!stored) throw bad(`its numbers, '${key}', are missing`, name);
    if (stored.size !== count * dtypeBytes[dtype])
      throw bad(
        `it says that ${count} numbers of ${dtype} are stored, in ${stored.size} bytes`,
        name,
      );
    const size = view.shape.reduce((product, length) => product * length, 1);
    return { name, dtype, shape: view.shape, size, view, stored };
  }
  visit(document, '', 0);
  return found;
}

function readEntries(
  zip: ZipFile,
  entry: Entry,
  start: number,
  end: number,
  into: Buffer | undefined,
): Buffer {
  const { dtype, view, stored } = entry;
  const width = dtypeBytes[dtype];
  if (start === end) return Buffer.alloc(0);
  if (isRowMajor(view))
    return zip.read(stored, (view.offset + start) * width, (view.offset + end) * width, into);
  if (isTransposed(view)) return readTransposed(zip, entry, start, end);
  return gather(zip.read(stored), view, width, start, end);
}

/** Of a matrix that is stored column by column, only the rows that are asked for are read. */
function readTransposed(
  zip: ZipFile,
  { view, stored, dtype }: Entry,
  start: number,
  end: number,
): Buffer {
  const width = dtypeBytes[dtype];
  const [rows, columns] = view.shape as [number, number];
  const firstRow = Math.floor(start / columns);
  const count = Math.ceil(end / columns) - firstRow;
  const stride = view.strides[1]!;
  const from = (view.offset + firstRow) * width;
  const columnOf =
    count === rows
      ? columnsOf(
          zip.read(stored, from, from + ((columns - 1) * stride + rows) * width),
          stride * width,
          count * width,
        )
      : (column: number) => {
          const at = from + column * stride * width;
          return zip.read(stored, at, at + count * width);
        };
  const out = Buffer.allocUnsafeSlow(count * columns * width);
  for (let column = 0; column < columns; column++)
    scatterColumn(columnOf(column), out, column, columns, width);
  return out.subarray((start - firstRow * columns) * width, (end - firstRow * columns) * width);
}
function columnsOf(bytes: Buffer, stride: number, length: number): (column: number) => Buffer {
  return (column) => bytes.subarray(column * stride, column * stride + length);
}

/** Puts the entries of one column into a row-major matrix. */
function scatterColumn(
  from: Buffer,
  out: Buffer,
  column: number,
  columns: number,
  width: number,
): void {
  const count = from.length / width;
  if (width === 4 && from.byteOffset % 4 === 0) {
    const source = new Uint32Array(from.buffer, from.byteOffset, count);
    const target = new Uint32Array(out.buffer, out.byteOffset, out.length / 4);
    for (let row = 0; row < count; row++) target[row * columns + column] = source[row]!;
    return;
  }
  for (let row = 0; row < count; row++)
    from.copy(out, (row * columns + column) * width, row * width, (row + 1) * width);
}

/** A matrix of more than one row whose columns lie one after the other. */
function isTransposed({ shape, strides }: PickleTensor): boolean {
  return shape.length === 2 && shape[0]! > 1 && strides[0] === 1 && strides[1]! >= shape[0]!;
}

function isRowMajor({ shape, strides }: PickleTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Entries `start` up to `end` of a view, in row-major order, each `width` bytes. */
function gather(
  stored: Buffer,
  { shape, strides, offset }: PickleTensor,
  width: number,
  start: number,
  end: number,
): Buffer {
  const out = Buffer.allocUnsafeSlow((end - start) * width);
  // The place of the first entry along each axis; afterwards it counts on like a clock.
  const index = new Array<number>(shape.length).fill(0);
  let rest = start;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  let from = index.reduce((sum, place, axis) => sum + place * strides[axis]!, offset);
  for (let entry = 0; entry < end - start; entry++) {
    for (let byte = 0; byte < width; byte++)
      out[entry * width + byte] = stored[from * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
