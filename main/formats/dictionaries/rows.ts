import { AppError } from '../../../shared/errors.ts';
import type { TensorInfo, TensorReader } from '../../../shared/domain/tensors.ts';
import {
  borrowFloats,
  divideByNorms,
  giveBack,
  kernelFloats,
  rowNorms,
  turn,
} from './row-kernels.ts';

/**
 * A tensor of a dictionary as the internal form wants it: a matrix by rows, read block by block, so
 * that a file larger than memory can be gone through. A vector [n] has n rows of one column.
 */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  /**
   * Rows `start` up to `end`, row-major float32, in an array of its own or at the start of `into`, whose
   * memory is used again.
   */
  read(start: number, end: number, into?: Float32Array): Float32Array;
}

/** A strip of a matrix whose columns are read as rows: 16 MB, which the caches of most machines hold. */
const stripNumbers = 4 << 20;

/** A matrix of up to this many numbers is held whole where its parts cost more than their own bytes. */
const largestHeld = 64 << 20;

/** Which way a matrix lies in its file: its rows are the rows that are wanted, or its columns are. */
export type Lie = 'rows' | 'columns';

/** @throws AppError `not-found`, or `shape-mismatch` where it is no matrix. */
export function matrixOf(reader: TensorReader, name: string, lie: Lie): Rows {
  const [first, second] = shapeOf(reader, name, 2) as [number, number];
  if (lie === 'rows')
    return {
      rows: first,
      columns: second,
      read: (start, end, into) => reader.floats(name, start * second, end * second, into),
    };
  return new TurnedRows(reader, name, first, second);
}

/** @throws AppError `not-found`, or `shape-mismatch` where it is no vector. */
export function vectorOf(reader: TensorReader, name: string): Rows {
  const [rows] = shapeOf(reader, name, 1) as [number];
  return { rows, columns: 1, read: (start, end, into) => reader.floats(name, start, end, into) };
}

/** The shape of a tensor that must have so many axes. @throws AppError */
export function shapeOf(reader: TensorReader, name: string, axes: number): readonly number[] {
  const { shape } = requireEntry(reader, name);
  if (shape.length === axes && shape.every((length) => length > 0)) return shape;
  throw new AppError(
    'shape-mismatch',
    `${reader.source}: tensor '${name}' is [${shape.join(', ')}], where ${axes === 1 ? 'a vector' : 'a matrix'} is expected.`,
    { file: reader.source, place: name },
  );
}

function requireEntry(reader: TensorReader, name: string): TensorInfo {
  const entry = reader.tensors.get(name);
  if (entry) return entry;
  throw new AppError(
    'not-found',
    `${reader.source} has no tensor '${name}'. It has: ${[...reader.tensors.keys()].slice(0, 12).join(', ')}.`,
    { file: reader.source, place: name },
  );
}

/** The one number of a tensor such as `k`. @throws AppError */
export function scalarOf(reader: TensorReader, name: string): number {
  const { dtype, size } = requireEntry(reader, name);
  const [value] =
    size === 1
      ? /^[FB]/.test(dtype) && dtype !== 'BOOL'
        ? reader.floats(name)
        : reader.ints(name)
      : [];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new AppError('shape-mismatch', `${reader.source}: tensor '${name}' is not one number.`, {
    file: reader.source,
    place: name,
  });
}

/** A vector with one value throughout. */
export function constantRows(rows: number, value: number): Rows {
  return { rows, columns: 1, read: (start, end) => new Float32Array(end - start).fill(value) };
}

/** Rows with each block changed in place on its way out. */
export function changedRows(
  source: Rows,
  change: (values: Float32Array, start: number, end: number) => void,
): Rows {
  return {
    rows: source.rows,
    columns: source.columns,
    read(start, end, into) {
      const values = source.read(start, end, into);
      change(values, start, end);
      return values;
    },
  };
}

/** All rows times one factor. */
export function scaledBy(source: Rows, factor: number): Rows {
  return changedRows(source, (values) => {
    for (let i = 0; i < values.length; i++) values[i]! *= factor;
  });
}

/** Each row times, or divided by, its own factor; factors are asked for once they are needed. */
export function scaledRows(
  source: Rows,
  factors: () => ArrayLike<number>,
  how: 'times' | 'divided' = 'times',
): Rows {
  const { columns } = source;
  return changedRows(source, (values, start) => {
    const of = factors();
    for (let at = 0, row = start; at < values.length; at += columns, row++) {
      const factor = how === 'times' ? of[row]! : 1 / of[row]!;
      for (let j = 0; j < columns; j++) values[at + j]! *= factor;
    }
  });
}

/** Each row divided by max(its L2 norm, 1e-12), as torch.nn.functional.normalize does. */
export function unitRows(source: Rows): Rows {
  return changedRows(source, (values) => divideByNorms(values, source.columns));
}

/** L2 norms of all rows, read through in blocks when they are first asked for. */
export function normsOf(source: Rows): () => Float64Array {
  let norms: Float64Array | undefined;
  return () => {
    if (norms) return norms;
    const found = new Float64Array(source.rows);
    forBlocks(source, (values, start) => found.set(rowNorms(values, source.columns), start));
    return (norms = found);
  };
}

/** All of a tensor, for those that are small. */
export function wholeOf(source: Rows): Float32Array {
  return source.read(0, source.rows);
}

/** The start of an array that is to be used again, or new memory. */
function roomFor(length: number, into: Float32Array | undefined): Float32Array {
  return into ? into.subarray(0, length) : new Float32Array(length);
}

/** Goes through a tensor in blocks. */
export function forBlocks(source: Rows, use: (values: Float32Array, start: number) => void): void {
  const step = blockRows(source);
  const room = new Float32Array(Math.min(step, source.rows) * source.columns);
  for (let start = 0; start < source.rows; start += step)
    use(source.read(start, Math.min(source.rows, start + step), room), start);
}

/** Numbers of one block, unless a single row has more: 256 kB, so that what is done to it finds it in the cache. */
export const blockNumbers = 1 << 16;

/** Rows of one block. */
export function blockRows({ columns }: Rows): number {
  return Math.max(1, Math.floor(blockNumbers / columns));
}

/** Rows `start` up to `end` into `values`, block by block: what is done to one finds it in the cache. */
export function readInto(values: Float32Array, rows: Rows, start: number, end: number): void {
  const { columns } = rows;
  const step = blockRows(rows);
  for (let from = start; from < end; from += step) {
    const to = Math.min(end, from + step);
    const place = values.subarray((from - start) * columns, (to - start) * columns);
    const read = rows.read(from, to, place);
    if (read.buffer !== place.buffer) place.set(read);
  }
}

/** `values` [columns, count]: of each column of a matrix the entries from the row `start`. */
export interface ColumnPieces {
  readonly start: number;
  readonly count: number;
  readonly values: Float32Array;
}

/** The columns of a matrix, by strips of its rows. What one strip gave is lost with the next. */
export function* columnPieces(source: Rows): Generator<ColumnPieces> {
  const { rows, columns } = source;
  const step = Math.min(rows, Math.max(1, Math.floor(stripNumbers / columns)));
  const [room, turned] = [borrowFloats(step * columns), borrowFloats(step * columns)];
  try {
    for (let start = 0; start < rows; start += step) {
      const count = Math.min(step, rows - start);
      const [strip, values] = [room, turned].map((all) => all.subarray(0, count * columns)) as [
        Float32Array,
        Float32Array,
      ];
      readInto(strip, source, start, start + count);
      turn(strip, { rows: columns, columns: count }, 0, values);
      yield { start, count, values };
    }
  } finally {
    giveBack(room, turned);
  }
}

/** A strip that is read from its file and turned; there is one, for all matrices of this thread. */
let strip: Strip | undefined;

interface Strip {
  readonly room: Float32Array;
  /** Of which matrix it holds the columns `start` up to `end`. */
  readonly of?: symbol;
  readonly start: number;
  readonly end: number;
}

/** The columns of a stored matrix [columns, rows] as rows, by strips of the matrix that are turned. */
class TurnedRows implements Rows {
  readonly rows: number;
  readonly columns: number;
  readonly #reader: TensorReader;
  readonly #name: string;
  readonly #key = Symbol();
  /** The whole matrix, where its parts cost more than their own bytes. */
  #held: Float32Array | undefined;

  constructor(reader: TensorReader, name: string, columns: number, rows: number) {
    this.#reader = reader;
    this.#name = name;
    this.columns = columns;
    this.rows = rows;
  }

  read(start: number, end: number, into?: Float32Array): Float32Array {
    const { columns } = this;
    const out = roomFor((end - start) * columns, into);
    for (let from = start; from < end;) {
      const held = this.#stripAt(from);
      const to = Math.min(end, held.end);
      const place = out.subarray((from - start) * columns, (to - start) * columns);
      turn(held.room, { rows: held.end - held.start, columns }, from - held.start, place);
      from = to;
    }
    if (end === this.rows) this.#held = undefined;
    return out;
  }

  #stripAt(row: number): Strip {
    if (strip?.of === this.#key && row >= strip.start && row < strip.end) return strip;
    const { rows, columns } = this;
    const width = Math.max(1, Math.floor(stripNumbers / columns));
    const [start, end] = rows <= width ? [0, rows] : [row, Math.min(rows, row + width)];
    const numbers = (end - start) * columns;
    const enough = strip && strip.room.length >= numbers ? strip.room : undefined;
    const room = enough ?? kernelFloats(Math.max(stripNumbers, numbers));
    strip = { room, start: 0, end: 0 };
    this.#fill(room, start, end);
    return (strip = { room, of: this.#key, start, end });
  }

  #fill(room: Float32Array, start: number, end: number): void {
    const { rows, columns } = this;
    const isWhole = end - start === rows;
    if (!isWhole && this.#isToBeHeld()) this.#held ??= this.#reader.floats(this.#name);
    // All columns of the file lie together.
    const [parts, length] = isWhole ? [1, rows * columns] : [columns, end - start];
    for (let part = 0; part < parts; part++) {
      const place = room.subarray(part * length, (part + 1) * length);
      const at = part * rows + start;
      const read =
        this.#held?.subarray(at, at + length) ??
        this.#reader.floats(this.#name, at, at + length, place);
      if (read.buffer !== place.buffer) place.set(read);
    }
  }

  #isToBeHeld(): boolean {
    const { rows, columns } = this;
    return rows * columns <= largestHeld && this.#reader.readsInParts?.(this.#name) !== true;
  }
}
