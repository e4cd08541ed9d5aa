import { AppError } from '../../../shared/errors.ts';
import type { TensorInfo, TensorReader } from '../../../shared/domain/tensors.ts';

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
  return changedRows(source, (values) => divideRows(values, normsIn(values, source.columns)));
}

/** Divides each row by max(its norm, 1e-12). */
function divideRows(values: Float32Array, norms: Float64Array): void {
  const { length } = values;
  const columns = length / norms.length;
  // One counter through all rows: with one for each row the compiled loop takes twice as long.
  for (let at = 0, row = 0; at < length; row++) {
    const factor = 1 / Math.max(norms[row]!, 1e-12);
    for (const end = at + columns; at < end; at++) values[at]! *= factor;
  }
}

/** L2 norms of all rows, read through in blocks when they are first asked for. */
export function normsOf(source: Rows): () => Float64Array {
  let norms: Float64Array | undefined;
  return () => {
    if (norms) return norms;
    const found = new Float64Array(source.rows);
    forBlocks(source, (values, start) => found.set(normsIn(values, source.columns), start));
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

/** Goes through a tensor in blocks of some megabytes. */
export function forBlocks(source: Rows, use: (values: Float32Array, start: number) => void): void {
  const step = blockRows(source);
  const room = new Float32Array(Math.min(step, source.rows) * source.columns);
  for (let start = 0; start < source.rows; start += step)
    use(source.read(start, Math.min(source.rows, start + step), room), start);
}

/** Numbers of one block, unless a single row has more: 1 MB, so that what is done to it finds it in the cache. */
export const blockNumbers = 1 << 18;

/** Rows of one block. */
export function blockRows({ columns }: Rows): number {
  return Math.max(1, Math.floor(blockNumbers / columns));
}

/** L2 norms of the rows, four at a time: the sums of one row have to wait for each other. */
function normsIn(values: Float32Array, columns: number): Float64Array {
  const norms = new Float64Array(values.length / columns);
  const fours = norms.length - (norms.length % 4);
  for (let row = 0; row < fours; row += 4) {
    const start = row * columns;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let at = start; at < start + columns; at++) {
      a += values[at]! * values[at]!;
      b += values[at + columns]! * values[at + columns]!;
      c += values[at + 2 * columns]! * values[at + 2 * columns]!;
      d += values[at + 3 * columns]! * values[at + 3 * columns]!;
    }
    norms[row] = Math.sqrt(a);
    norms[row + 1] = Math.sqrt(b);
    norms[row + 2] = Math.sqrt(c);
    norms[row + 3] = Math.sqrt(d);
  }
  for (let row = fours; row < norms.length; row++) {
    let squares = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) squares += values[at]! ** 2;
    norms[row] = Math.sqrt(squares);
  }
  return norms;
}

/** The columns of a stored matrix [columns, rows] as rows, by strips of the matrix that are turned. */
class TurnedRows implements Rows {
  readonly rows: number;
  readonly columns: number;
  readonly #reader: TensorReader;
  readonly #name: string;
  /** Columns `start` up to `end` of the stored matrix; none before the first are read. */
  #strip:
    { readonly values: Float32Array; readonly start: number; readonly end: number } | undefined;

  constructor(reader: TensorReader, name: string, columns: number, rows: number) {
    this.#reader = reader;
    this.#name = name;
    this.columns = columns;
    this.rows = rows;
  }

  read(start: number, end: number, into?: Float32Array): Float32Array {
    const { rows, columns } = this;
    const out = roomFor((end - start) * columns, into);
    for (let from = start; from < end;) {
      const strip = this.#stripAt(from);
      const to = Math.min(end, strip.end);
      turn(strip.values, out.subarray((from - start) * columns, (to - start) * columns), {
        rows: strip.end - strip.start,
        columns,
        start: from - strip.start,
        end: to - strip.start,
      });
      from = to;
    }
    if (end === rows) this.#strip = undefined;
    return out;
  }

  #stripAt(row: number) {
    const { rows, columns } = this;
    if (this.#strip && row >= this.#strip.start && row < this.#strip.end) return this.#strip;
    const room = this.#strip?.values;
    this.#strip = undefined;
    const isSmall = rows * columns <= stripNumbers;
    const inParts = !isSmall && (row > 0 || (this.#reader.readsInParts?.(this.#name) ?? false));
    if (isSmall || (!inParts && rows * columns <= largestHeld))
      return (this.#strip = { values: this.#reader.floats(this.#name), start: 0, end: rows });
    const width = Math.max(1, Math.floor(stripNumbers / columns));
    const [start, end] = [row, Math.min(rows, row + width)];
    const values = room ?? new Float32Array(width * columns);
    const length = end - start;
    for (let column = 0; column < columns; column++) {
      const at = column * length;
      const place = values.subarray(at, at + length);
      const read = this.#reader.floats(
        this.#name,
        column * rows + start,
        column * rows + end,
        place,
      );
      if (read.buffer !== values.buffer) place.set(read);
    }
    return (this.#strip = { values, start, end });
  }
}

/** Rows and columns of the pieces in which a matrix is turned, so that both ends stay in the cache. */
const piece = { rows: 256, columns: 16 };

/** out [end - start, columns] = the columns `start` up to `end` of `from` [columns, rows]. */
function turn(
  from: Float32Array,
  out: Float32Array,
  { rows, columns, start, end }: { rows: number; columns: number; start: number; end: number },
): void {
  for (let top = start; top < end; top += piece.rows) {
    const bottom = Math.min(end, top + piece.rows);
    for (let left = 0; left < columns; left += piece.columns) {
      const right = Math.min(columns, left + piece.columns);
      let column = left;
      // Four at a time, so that what is written lies together.
      for (; column + 4 <= right; column += 4) {
        let at = (top - start) * columns + column;
        let a = column * rows + top;
        const last = column * rows + bottom;
        for (; a < last; a++, at += columns) {
          out[at] = from[a]!;
          out[at + 1] = from[a + rows]!;
          out[at + 2] = from[a + 2 * rows]!;
          out[at + 3] = from[a + 3 * rows]!;
        }
      }
      for (; column < right; column++)
        for (let row = top; row < bottom; row++)
          out[(row - start) * columns + column] = from[column * rows + row]!;
    }
  }
}
