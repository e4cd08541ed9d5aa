import type { Engine, Sparse } from '../engine.ts';
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
