import type { Engine, Sparse } from '../../engine.ts';
import { matrix, misfit, requireExponent, requireInside, requireRows } from '../checks.ts';
import { requireSparse, requireVector } from '../checks.ts';
import { patternWithValues } from '../sparse-pattern.ts';
import type { WasmStore } from './store.ts';

type SparseOps = Pick<
  Engine,
  | 'sparsify'
  | 'withValues'
  | 'densify'
  | 'sparseMatmul'
  | 'sparseTransposeMatmul'
  | 'sampledMatmul'
  | 'sparseSumColumns'
  | 'sparseNormRows'
  | 'sparseNormRowsGradient'
>;

/** Rows and latents of a task. A row has some 50 entries, a latent few or very many. */
const rowGrain = 8;
const latentGrain = 32;

/** Products and sums over the stored entries of codes. */
export function sparseOps(store: WasmStore): SparseOps {
  const { at, atOptional } = store.addresses();
  /** Kernels would follow indices anywhere. */
  function check(operation: string, x: Sparse): void {
    requireSparse(operation, x);
    if (store.isTrusted(x)) return;
    requireInside(operation, store.ints(x.indices), x.columns);
    const pointers = store.ints(x.pointers);
    const rising = pointers.every((pointer, i) => i === 0 || pointer >= pointers[i - 1]!);
    if (!rising || pointers[0] !== 0 || pointers[x.rows] !== x.count)
      throw misfit(operation, `the pointers must rise from 0 to ${x.count}`, x.pointers);
    store.trust(x);
  }

  /**
   * Lends the code by columns: pointers [columns + 1], and the row and value of each entry. The pattern
   * is turned once, since a training step asks for it four times.
   */
  function byColumns<T>(x: Sparse, use: (pointers: number, rows: number, values: number) => T): T {
    const entryBytes = Math.ceil((4 * x.count) / 64) * 64;
    const rows = store.byColumns(x, 2 * entryBytes + 4 * (x.columns + 1), (address) => {
      const turned = [address + 2 * entryBytes, address, address + entryBytes];
      store.run('transposeCode', 1, 1, at(x.pointers), at(x.indices), x.rows, x.columns, ...turned);
    });
    const places = rows + entryBytes;
    return store.lend(4 * x.count, (values) => {
      store.runElements('gatherValues', x.count, at(x.values), places, values);
      return use(places + entryBytes, rows, values);
    });
  }

  return {
    sparsify(x) {
      const { rows, columns } = matrix('sparsify', x);
      const pointers = store.create([rows + 1], 'int');
      store.runRows('countRows', rows, columns, at(x), at(pointers) + 4, columns);
      const list = store.ints(pointers);
      list[0] = 0;
      for (let row = 1; row <= rows; row += 1) list[row]! += list[row - 1]!;
      const count = list[rows]!;
      const indices = store.create([count], 'int');
      const values = store.create([count]);
      const outputs = [at(pointers), at(indices), at(values)];
      store.runRows('compressRows', rows, columns, at(x), ...outputs, columns);
      store.trust({ rows, columns, count, pointers, indices, values });
      return { rows, columns, count, pointers, indices, values };
    },
    withValues: (pattern, values) => patternWithValues(store.handles, pattern, values),
    densify(x) {
      check('densify', x);
      const out = store.create([x.rows, x.columns]);
      const operands = [at(x.pointers), at(x.indices), at(x.values), at(out)];
      store.runRows('densifyRows', x.rows, x.columns, ...operands, x.columns);
      return out;
    },
    sparseMatmul(x, dense, bias) {
      check('sparseMatmul', x);
      const width = requireRows('sparseMatmul', 'D', dense, x.columns);
      if (bias) requireVector('sparseMatmul', 'bias', bias, width);
      const out = store.create([x.rows, width]);
      const code = [at(x.pointers), at(x.indices), at(x.values)];
      const operands = [...code, at(dense), atOptional(bias), at(out)];
      store.run('sparseMatmul', x.rows, rowGrain, ...operands, width);
      return out;
    },
    sparseTransposeMatmul(x, g) {
      check('sparseTransposeMatmul', x);
      const width = requireRows('sparseTransposeMatmul', 'g', g, x.rows);
      const out = store.create([x.columns, width]);
      byColumns(x, (pointers, rows, values) => {
        const operands = [pointers, rows, values, at(g), 0, at(out)];
        store.run('sparseMatmul', x.columns, latentGrain, ...operands, width);
      });
      return out;
    },
    sampledMatmul(pattern, g, dense) {
      check('sampledMatmul', pattern);
      const width = requireRows('sampledMatmul', 'g', g, pattern.rows);
      if (requireRows('sampledMatmul', 'D', dense, pattern.columns) !== width)
        throw misfit('sampledMatmul', 'rows of g and D must have equal lengths', g, dense);
      const out = store.create([pattern.count]);
      const operands = [at(pattern.pointers), at(pattern.indices), at(g), at(dense), at(out)];
      store.run('sampledMatmul', pattern.rows, rowGrain, ...operands, width);
      return out;
    },
    sparseSumColumns(x) {
      check('sparseSumColumns', x);
      const out = store.create([x.columns]);
      byColumns(x, (pointers, _, values) =>
        store.run('sumSegments', x.columns, 4096, pointers, values, at(out)),
      );
      return out;
    },
    sparseNormRows(x, p) {
      check('sparseNormRows', x);
      requireExponent('sparseNormRows', p);
      const out = store.create([x.rows]);
      store.run('sparseNormRows', x.rows, 256, at(x.pointers), at(x.values), at(out), p);
      return out;
    },
    sparseNormRowsGradient(x, norms, p, weight) {
      check('sparseNormRowsGradient', x);
      requireExponent('sparseNormRowsGradient', p);
      requireVector('sparseNormRowsGradient', 'norms', norms, x.rows);
      requireVector('sparseNormRowsGradient', 'weight', weight, x.rows);
      const out = store.create([x.count]);
      const operands = [at(x.pointers), at(x.values), at(norms), at(weight), at(out)];
      store.run('sparseNormRowsGradient', x.rows, 256, ...operands, p);
      return out;
    },
  };
}
