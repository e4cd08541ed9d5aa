import type { Engine, Sparse, Tensor } from '../engine.ts';
import { Entries } from '../engines/entries.ts';

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
