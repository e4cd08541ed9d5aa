import type { Engine, Sparse, Tensor } from '../engine.ts';
import { Entries } from '../engines/entries.ts';

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

/** The k largest entries of each row by magnitude, with their signs; zeros are left out. */
export function largestOfMagnitude(engine: Engine, pre: Tensor, k: number): Sparse {
  const [rows, columns] = pre.shape as [number, number];
  const negative = engine.scale(pre, -1);
  const [above, below] = [engine.activate(pre, 'relu'), engine.activate(negative, 'relu')];
  const magnitudes = engine.add(above, below);
  const pattern = engine.largestOfRows(magnitudes, k);
  const [pointers, found] = [engine.readInts(pattern.pointers), engine.readInts(pattern.indices)];
  const [values, all] = [engine.read(pattern.values), engine.read(pre)];
  engine.dispose(negative, above, below, magnitudes);
  const signed = Float64Array.from(values);
  for (let row = 0; row < rows; row++)
    for (let at = pointers[row]!; at < pointers[row + 1]!; at++)
      if (all[row * columns + found[at]!]! < 0) signed[at] = -signed[at]!;
  const numbers = engine.floats(signed, [pattern.count]);
  const replaced = engine.withValues(pattern, numbers);
  engine.dispose(pattern, numbers);
  return replaced;
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
