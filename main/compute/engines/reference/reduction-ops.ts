import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireExponent, requireKind } from '../checks.ts';
import { requireTopCount, requireVector } from '../checks.ts';
import type { ReferenceStore } from './store.ts';

type ReductionOps = Pick<
  Engine,
  | 'sum'
  | 'sumSquares'
  | 'sumRows'
  | 'sumColumns'
  | 'dotRows'
  | 'normRows'
  | 'normRowsGradient'
  | 'countNonzero'
  | 'topK'
  | 'largestInColumns'
>;

/** (sum_j |x_j|^p)^(1/p), scaled by the largest entry so that no power overflows. */
export function pNorm(x: Float64Array, p: number): number {
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  return largest * x.reduce((sum, value) => sum + Math.abs(value / largest) ** p, 0) ** (1 / p);
}

/** Derivative of the p-norm of a row with respect to an entry x: sign(x) (|x| / norm)^(p - 1). */
export function pNormSlope(x: number, norm: number, p: number): number {
  return x === 0 ? 0 : Math.sign(x) * (Math.abs(x) / norm) ** (p - 1);
}

/** Sums, norms and selections. */
export function reductionOps(store: ReferenceStore): ReductionOps {
  /** A vector whose entry i is f of row i of x. */
  function perRow(operation: string, x: Tensor, f: (row: Float64Array, i: number) => number) {
    const { rows, columns } = matrix(operation, x);
    const xs = store.floats(x);
    const row = (i: number) => xs.subarray(i * columns, (i + 1) * columns);
    return store.wrap(
      Float64Array.from({ length: rows }, (_, i) => f(row(i), i)),
      [rows],
    );
  }

  const total = (x: Float64Array) => x.reduce((sum, value) => sum + value, 0);

  /** Columns of the row's k largest entries; NaN ranks below every number. */
  function largestColumns(row: Float64Array, k: number): number[] {
    const rank = row.map((value) => (Number.isNaN(value) ? -Infinity : value));
    return Array.from(row.keys())
      .sort((a, b) => (rank[a]! === rank[b]! ? a - b : rank[b]! > rank[a]! ? 1 : -1))
      .slice(0, k);
  }

  return {
    sum(x) {
      requireKind('sum', 'float', x);
      return total(store.floats(x));
    },
    sumSquares(x) {
      requireKind('sumSquares', 'float', x);
      return store.floats(x).reduce((sum, value) => sum + value * value, 0);
    },
    sumRows: (x) => perRow('sumRows', x, total),
    sumColumns(x) {
      const { rows, columns } = matrix('sumColumns', x);
      const xs = store.floats(x);
      const { tensor, out } = store.create([columns]);
      for (let i = 0; i < rows; i += 1)
        for (let j = 0; j < columns; j += 1) out[j]! += xs[i * columns + j]!;
      return tensor;
    },
    dotRows(x, y) {
      requireEqualShapes('dotRows', x, y);
      const ys = store.floats(y);
      return perRow('dotRows', x, (row, i) =>
        row.reduce((sum, value, j) => sum + value * ys[i * row.length + j]!, 0),
      );
    },
    normRows(x, p) {
      requireExponent('normRows', p);
      return perRow('normRows', x, (row) => pNorm(row, p));
    },
    normRowsGradient(x, norms, p, weight) {
      requireExponent('normRowsGradient', p);
      const { rows, columns } = matrix('normRowsGradient', x);
      requireVector('normRowsGradient', 'norms', norms, rows);
      requireVector('normRowsGradient', 'weight', weight, rows);
      const [lengths, weights] = [store.floats(norms), store.floats(weight)];
      return store.wrap(
        store.floats(x).map((value, at) => {
          const i = Math.floor(at / columns);
          return weights[i]! * pNormSlope(value, lengths[i]!, p);
        }),
        x.shape,
      );
    },
    countNonzero(x) {
      requireKind('countNonzero', 'float', x);
      return store.floats(x).reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
    },
    topK(x, k) {
      const { rows, columns } = matrix('topK', x);
      requireTopCount(k, x);
      const xs = store.floats(x);
      const values = store.create([rows, k]);
      const indices = new Int32Array(rows * k);
      for (let i = 0; i < rows; i += 1)
        largestColumns(xs.subarray(i * columns, (i + 1) * columns), k).forEach((column, t) => {
          values.out[i * k + t] = xs[i * columns + column]!;
          indices[i * k + t] = column;
        });
      return { values: values.tensor, indices: store.wrap(indices, [rows, k]) };
    },
    largestInColumns(x) {
      const { rows, columns } = matrix('largestInColumns', x);
      const xs = store.floats(x);
      const { tensor, out } = store.create([columns]);
      out.fill(-Infinity);
      const indices = new Int32Array(columns);
      for (let i = 0; i < rows; i += 1)
        for (let j = 0; j < columns; j += 1)
          if (xs[i * columns + j]! > out[j]!) {
            out[j] = xs[i * columns + j]!;
            indices[j] = i;
          }
      return { values: tensor, indices: store.wrap(indices, [columns]) };
    },
  };
}
