import type { Engine, Tensor } from '../engine.ts';

/** Some rows of a matrix as a matrix of their own, the caller's. */
export function rowsAt(engine: Engine, matrix: Tensor, rows: Int32Array): Tensor {
  const ids = engine.ints(rows, [rows.length]);
  const picked = engine.gather(matrix, ids);
  engine.dispose(ids);
  return picked;
}
