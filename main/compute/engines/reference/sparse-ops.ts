import type { Engine, Sparse, Tensor } from '../../engine.ts';
import { matrix, misfit, requireExponent, requireRows, requireSparse } from '../checks.ts';
import { requireEntryCount, requireTopCount, requireVector } from '../checks.ts';
import { patternWithValues } from '../sparse-pattern.ts';
import { pNorm, pNormSlope } from './reduction-ops.ts';
import type { ReferenceStore } from './store.ts';

type SparseOps = Pick<
  Engine,
  | 'sparsify'
  | 'sparsifyAbove'
  | 'largestOfRows'
  | 'largestEntries'
  | 'withValues'
  | 'densify'
  | 'sparseMatmul'
  | 'sparseTransposeMatmul'
  | 'sampledMatmul'
  | 'sparseSumColumns'
  | 'sparseNormRows'
  | 'sparseNormRowsGradient'
>;

/** Products and sums over the stored entries of codes. */
export function sparseOps(store: ReferenceStore): SparseOps {
  /** Calls `f` with row, column, value and position of each stored entry. */
  function eachEntry(x: Sparse, f: (i: number, j: number, value: number, at: number) => void) {
    const [pointers, indices] = [store.ints(x.pointers), store.ints(x.indices)];
    const values = store.floats(x.values);
    for (let i = 0; i < x.rows; i += 1)
      for (let at = pointers[i]!; at < pointers[i + 1]!; at += 1)
        f(i, indices[at]!, values[at]!, at);
  }

  /** The entries of x [r, n] at these positions, which rise. */
  function compress(operation: string, x: Tensor, positions: readonly number[]): Sparse {
    const { rows, columns } = matrix(operation, x);
    const xs = store.floats(x);
    const pointers = new Int32Array(rows + 1);
    for (const at of positions) pointers[Math.floor(at / columns) + 1]! += 1;
    for (let i = 0; i < rows; i += 1) pointers[i + 1]! += pointers[i]!;
    const count = positions.length;
    return {
      rows,
      columns,
      count,
      pointers: store.wrap(pointers, [rows + 1]),
      indices: store.wrap(
        Int32Array.from(positions, (at) => at % columns),
        [count],
      ),
      values: store.wrap(
        Float64Array.from(positions, (at) => xs[at]!),
        [count],
      ),
    };
  }

  /** Positions of the numbers of x that are as `keep` says. */
  function positionsOf(x: Tensor, keep: (value: number, at: number) => boolean): number[] {
    const positions: number[] = [];
    store.floats(x).forEach((value, at) => {
      if (keep(value, at)) positions.push(at);
    });
    return positions;
  }

  return {
    sparsify: (x) =>
      compress(
        'sparsify',
        x,
        positionsOf(x, (value) => value !== 0),
      ),
    sparsifyAbove(x, limits, most = Infinity) {
      const { columns } = matrix('sparsifyAbove', x);
      if (limits) requireVector('sparsifyAbove', 'limits', limits, columns);
      const list = limits && store.floats(limits);
      const positions = positionsOf(x, (value, at) => !(value <= (list?.[at % columns] ?? 0)));
      return positions.length < most ? compress('sparsifyAbove', x, positions) : undefined;
    },
    largestOfRows(x, k) {
      const { columns } = matrix('largestOfRows', x);
      requireTopCount(k, x);
      const xs = store.floats(x);
      const inRows = Map.groupBy(
        positionsOf(x, (value) => value > 0),
        (at) => Math.floor(at / columns),
      );
      const kept = [...inRows.values()].flatMap((row) =>
        row
          .sort((a, b) => xs[b]! - xs[a]! || a - b)
          .slice(0, k)
          .sort((a, b) => a - b),
      );
      return compress('largestOfRows', x, kept);
    },
    largestEntries(x, count) {
      requireEntryCount('largestEntries', count);
      const xs = store.floats(x);
      const ranked = positionsOf(x, (value) => value > 0).sort((a, b) => xs[b]! - xs[a]! || a - b);
      const kept = ranked.slice(0, count).sort((a, b) => a - b);
      return compress('largestEntries', x, kept);
    },
    withValues: (pattern, values) => patternWithValues(store.handles, pattern, values),
    densify(x) {
      requireSparse('densify', x);
      const { tensor, out } = store.create([x.rows, x.columns]);
      eachEntry(x, (i, j, value) => {
        out[i * x.columns + j] = value;
      });
      return tensor;
    },
    sparseMatmul(x, dense, bias) {
      requireSparse('sparseMatmul', x);
      const d = requireRows('sparseMatmul', 'D', dense, x.columns);
      if (bias) requireVector('sparseMatmul', 'bias', bias, d);
      const { tensor, out } = store.create([x.rows, d]);
      const rows = store.floats(dense);
      if (bias) for (let i = 0; i < x.rows; i += 1) out.set(store.floats(bias), i * d);
      eachEntry(x, (i, j, value) => {
        for (let e = 0; e < d; e += 1) out[i * d + e]! += value * rows[j * d + e]!;
      });
      return tensor;
    },
    sparseTransposeMatmul(x, g) {
      requireSparse('sparseTransposeMatmul', x);
      const d = requireRows('sparseTransposeMatmul', 'g', g, x.rows);
      const { tensor, out } = store.create([x.columns, d]);
      const rows = store.floats(g);
      eachEntry(x, (i, j, value) => {
        for (let e = 0; e < d; e += 1) out[j * d + e]! += value * rows[i * d + e]!;
      });
      return tensor;
    },
    sampledMatmul(pattern, g, dense) {
      requireSparse('sampledMatmul', pattern);
      const d = requireRows('sampledMatmul', 'g', g, pattern.rows);
      if (requireRows('sampledMatmul', 'D', dense, pattern.columns) !== d)
        throw misfit('sampledMatmul', 'rows of g and D must have equal lengths', g, dense);
      const { tensor, out } = store.create([pattern.count]);
      const [gs, rows] = [store.floats(g), store.floats(dense)];
      eachEntry(pattern, (i, j, _, at) => {
        for (let e = 0; e < d; e += 1) out[at]! += gs[i * d + e]! * rows[j * d + e]!;
      });
      return tensor;
    },
    sparseSumColumns(x) {
      requireSparse('sparseSumColumns', x);
      const { tensor, out } = store.create([x.columns]);
      eachEntry(x, (_, j, value) => {
        out[j]! += value;
      });
      return tensor;
    },
    sparseNormRows(x, p) {
      requireSparse('sparseNormRows', x);
      requireExponent('sparseNormRows', p);
      const [pointers, values] = [store.ints(x.pointers), store.floats(x.values)];
      const row = (i: number) => values.subarray(pointers[i], pointers[i + 1]);
      return store.wrap(
        Float64Array.from({ length: x.rows }, (_, i) => pNorm(row(i), p)),
        [x.rows],
      );
    },
    sparseNormRowsGradient(x, norms, p, weight) {
      requireSparse('sparseNormRowsGradient', x);
      requireExponent('sparseNormRowsGradient', p);
      requireVector('sparseNormRowsGradient', 'norms', norms, x.rows);
      requireVector('sparseNormRowsGradient', 'weight', weight, x.rows);
      const [lengths, weights] = [store.floats(norms), store.floats(weight)];
      const { tensor, out } = store.create([x.count]);
      eachEntry(x, (i, _, value, at) => {
        out[at] = weights[i]! * pNormSlope(value, lengths[i]!, p);
      });
      return tensor;
    },
  };
}
