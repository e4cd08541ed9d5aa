import type { Engine, Sparse, Tensor } from '../engine.ts';

/**
 * Which entries of pre-activations [r, n] become codes. Entries that are not above 0 never do. Few
 * remain, so they are put in order on the host.
 */

/** The k largest entries of each row; ties go to the smaller column. */
export function largestOfRows(engine: Engine, pre: Tensor, k: number): Sparse {
  const [rows, columns] = pre.shape as [number, number];
  const top = engine.topK(pre, k);
  const [values, found] = [engine.read(top.values), engine.readInts(top.indices)];
  engine.dispose(top.values, top.indices);
  const entries = new Entries(engine, rows, columns, rows * k);
  for (let row = 0; row < rows; row++) {
    const at: number[] = [];
    for (let i = row * k; i < (row + 1) * k && values[i]! > 0; i++) at.push(i);
    at.sort((a, b) => found[a]! - found[b]!);
    for (const i of at) entries.push(found[i]!, values[i]!);
    entries.endRow();
  }
  return entries.sparse();
}

/** The k largest entries of each row by magnitude, with their signs; zeros are left out. */
export function largestOfMagnitude(engine: Engine, pre: Tensor, k: number): Sparse {
  const [rows, columns] = pre.shape as [number, number];
  const negative = engine.scale(pre, -1);
  const [above, below] = [engine.activate(pre, 'relu'), engine.activate(negative, 'relu')];
  const magnitudes = engine.add(above, below);
  const pattern = largestOfRows(engine, magnitudes, k);
  const [pointers, found] = [engine.readInts(pattern.pointers), engine.readInts(pattern.indices)];
  const [values, all] = [engine.read(pattern.values), engine.read(pre)];
  engine.dispose(negative, above, below, magnitudes);
  const signed = Float64Array.from(values);
  for (let row = 0; row < rows; row++)
    for (let at = pointers[row]!; at < pointers[row + 1]!; at++)
      if (all[row * columns + found[at]!]! < 0) signed[at] = -signed[at]!;
  return replaceValues(engine, pattern, signed);
}

/** The largest entry of each of k groups of neighbouring columns, the first of equal ones. */
export function largestOfGroups(engine: Engine, pre: Tensor, k: number): Sparse {
  const [rows, columns] = pre.shape as [number, number];
  const width = columns / k;
  const groups = engine.reshape(pre, [rows * k, width]);
  const top = engine.topK(groups, 1);
  const [values, found] = [engine.read(top.values), engine.readInts(top.indices)];
  engine.dispose(groups, top.values, top.indices);
  const entries = new Entries(engine, rows, columns, rows * k);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < k; group++) {
      const at = row * k + group;
      if (values[at]! > 0) entries.push(group * width + found[at]!, values[at]!);
    }
    entries.endRow();
  }
  return entries.sparse();
}

/**
 * The largest entries of all rows together, `count` of them; ties go to the earlier entry. Few rows have
 * many times their share: the largest of each are looked at first, and only rows that could have more of
 * them as a whole.
 */
export function largestOfBatch(engine: Engine, pre: Tensor, count: number): Sparse {
  const [rows, columns] = pre.shape as [number, number];
  const share = Math.min(columns, Math.ceil((candidatesPerCode * count) / rows));
  const top = engine.topK(pre, share);
  const [values, found] = [engine.read(top.values), engine.readInts(top.indices)];
  engine.dispose(top.values, top.indices);
  const atLeast = cutOf(values, count);
  const candidates = Array.from({ length: rows }, (_, row): Candidates => {
    const [start, end] = [row * share, (row + 1) * share];
    if (share < columns && values[end - 1]! > 0 && values[end - 1]! >= atLeast)
      return wholeRow(engine, pre, row, atLeast);
    const inRow: Candidates = [];
    for (let at = start; at < end && values[at]! > 0 && values[at]! >= atLeast; at++)
      inRow.push([found[at]!, values[at]!]);
    return inRow.sort(([a], [b]) => a - b);
  });
  const cut = cutOf(
    Float64Array.from(candidates.flat(), ([, value]) => value),
    count,
  );
  let ties = count;
  for (const inRow of candidates) for (const [, value] of inRow) if (value > cut) ties--;
  const entries = new Entries(engine, rows, columns, count);
  for (const inRow of candidates) {
    for (const [column, value] of inRow)
      if (value > cut || (value === cut && ties-- > 0)) entries.push(column, value);
    entries.endRow();
  }
  return entries.sparse();
}

/** Entries of a row that are looked at for each code that it has on average. */
const candidatesPerCode = 4;

/** Columns, rising, and values of entries. */
type Candidates = [column: number, value: number][];

function wholeRow(engine: Engine, pre: Tensor, row: number, atLeast: number): Candidates {
  const part = engine.rows(pre, row, row + 1);
  const found: Candidates = [];
  engine.read(part).forEach((value, column) => {
    if (value > 0 && value >= atLeast) found.push([column, value]);
  });
  engine.dispose(part);
  return found;
}

/** The smallest of the `count` largest values above 0; 0 where there are no more than that. */
function cutOf(values: Float32Array | Float64Array, count: number): number {
  const positive = values.filter((value) => value > 0);
  return positive.length > count ? largest(positive, count) : 0;
}

/** The entries above the threshold [n] of their column, which is not below 0. */
export function aboveThreshold(engine: Engine, pre: Tensor, threshold: Tensor): Sparse {
  const negative = engine.scale(threshold, -1);
  const gaps = engine.add(pre, negative);
  const above = engine.activate(gaps, 'relu');
  const pattern = engine.sparsify(above);
  engine.dispose(negative, gaps, above);
  const [columns, thresholds] = [engine.readInts(pattern.indices), engine.read(threshold)];
  const values = engine.read(pattern.values).map((gap, at) => gap + thresholds[columns[at]!]!);
  return replaceValues(engine, pattern, values);
}

/** The pattern, which is freed, with other values. */
export function replaceValues(engine: Engine, pattern: Sparse, numbers: ArrayLike<number>): Sparse {
  const values = engine.floats(numbers, [pattern.count]);
  const replaced = engine.withValues(pattern, values);
  engine.dispose(pattern, values);
  return replaced;
}

/** The entries of columns `from` up to `to`, and their positions among all entries. */
export function entriesOfColumns(
  engine: Engine,
  codes: Sparse,
  from: number,
  to: number,
): { part: Sparse; positions: Int32Array } {
  const [pointers, indices] = [engine.readInts(codes.pointers), engine.readInts(codes.indices)];
  const values = engine.read(codes.values);
  const entries = new Entries(engine, codes.rows, codes.columns, codes.count);
  const positions = new Int32Array(codes.count);
  let count = 0;
  for (let row = 0; row < codes.rows; row++) {
    for (let at = pointers[row]!; at < pointers[row + 1]!; at++) {
      const column = indices[at]!;
      if (column < from || column >= to) continue;
      positions[count++] = at;
      entries.push(column, values[at]!);
    }
    entries.endRow();
  }
  return { part: entries.sparse(), positions: positions.slice(0, count) };
}

/** A sparse matrix that is filled row by row. */
class Entries {
  readonly #engine: Engine;
  readonly #columns: number;
  readonly #pointers: Int32Array;
  readonly #indices: Int32Array;
  readonly #values: Float64Array;
  #row = 0;
  #count = 0;

  constructor(engine: Engine, rows: number, columns: number, capacity: number) {
    this.#engine = engine;
    this.#columns = columns;
    this.#pointers = new Int32Array(rows + 1);
    this.#indices = new Int32Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  push(column: number, value: number): void {
    this.#indices[this.#count] = column;
    this.#values[this.#count++] = value;
  }

  endRow(): void {
    this.#pointers[++this.#row] = this.#count;
  }

  sparse(): Sparse {
    const count = this.#count;
    return {
      rows: this.#row,
      columns: this.#columns,
      count,
      pointers: this.#engine.ints(this.#pointers, [this.#row + 1]),
      indices: this.#engine.ints(this.#indices.subarray(0, count), [count]),
      values: this.#engine.floats(this.#values.subarray(0, count), [count]),
    };
  }
}

/** The entry of rank `rank`, counted from 1 at the largest; reorders the numbers (quickselect). */
function largest(numbers: Float32Array | Float64Array, rank: number): number {
  const target = rank - 1;
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const pivot = numbers[(low + high) >>> 1]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (numbers[i]! > pivot) i++;
      while (numbers[j]! < pivot) j--;
      if (i > j) break;
      const swapped = numbers[i]!;
      numbers[i++] = numbers[j]!;
      numbers[j--] = swapped;
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return numbers[target]!;
}
