import type { Engine, Sparse, Tensor } from '../engine.ts';
import { matrix, requireEntryCount, requireTopCount, requireVector } from './checks.ts';
import { Entries } from './entries.ts';

type SelectionOps = Pick<Engine, 'sparsifyAbove' | 'largestOfRows' | 'largestEntries'>;

/** Picks of pre-activations out of an engine's other operations, the few that remain put in order on the host. */
export function hostSelection(current: () => Engine): SelectionOps {
  return {
    sparsifyAbove: (x, limits, most) => sparsifyAbove(current(), x, limits, most),
    largestOfRows: (x, k) => largestOfRows(current(), x, k),
    largestEntries: (x, count) => largestEntries(current(), x, count),
  };
}

function sparsifyAbove(
  engine: Engine,
  x: Tensor,
  limits?: Tensor,
  most = Infinity,
): Sparse | undefined {
  const { columns } = matrix('sparsifyAbove', x);
  if (limits) requireVector('sparsifyAbove', 'limits', limits, columns);
  const gaps = limits && engine.subtract(x, limits);
  const above = engine.activate(gaps ?? x, 'relu');
  if (gaps) engine.dispose(gaps);
  const tooMany = most < Infinity && engine.countNonzero(above) >= most;
  const pattern = tooMany ? undefined : engine.sparsify(above);
  engine.dispose(above);
  if (!pattern || !limits) return pattern;
  const [indices, list] = [engine.readInts(pattern.indices), engine.read(limits)];
  const values = engine.floats(
    engine.read(pattern.values).map((gap, at) => gap + list[indices[at]!]!),
    [pattern.count],
  );
  const replaced = engine.withValues(pattern, values);
  engine.dispose(pattern, values);
  return replaced;
}

function largestOfRows(engine: Engine, pre: Tensor, k: number): Sparse {
  const { rows, columns } = matrix('largestOfRows', pre);
  requireTopCount(k, pre);
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

/**
 * The largest entries of all rows together, `count` of them; ties go to the earlier entry. Few rows have
 * many times their share: the largest of each are looked at first, and only rows that could have more of
 * them as a whole.
 */
function largestEntries(engine: Engine, pre: Tensor, count: number): Sparse {
  const { rows, columns } = matrix('largestEntries', pre);
  requireEntryCount('largestEntries', count);
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
