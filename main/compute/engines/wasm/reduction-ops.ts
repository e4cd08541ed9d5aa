import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireExponent, requireKind } from '../checks.ts';
import { requireTopCount, requireVector } from '../checks.ts';
import type { WasmStore } from './store.ts';

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

/** Elements whose sum one task takes; fixed, so that a sum is the same for any number of threads. */
const sumBlock = 1 << 16;
/** Rows and columns of a task in a sum over rows. */
const columnBlockRows = 128;
const columnChunk = 512;

/** Sums, norms and selections. */
export function reductionOps(store: WasmStore): ReductionOps {
  const { at } = store.addresses();

  /** The sum over fixed blocks of x, added up in their order. */
  function total(kernel: string, x: Tensor): number {
    const blocks = Math.ceil(x.size / sumBlock);
    return store.lend(8 * blocks, (partials) => {
      store.run(kernel, blocks, 1, at(x), x.size, sumBlock, partials);
      return store.doublesAt(partials, blocks).reduce((sum, part) => sum + part, 0);
    });
  }

  function perRow(kernel: string, x: Tensor, ...rest: number[]): Tensor {
    const { rows, columns } = matrix(kernel, x);
    const out = store.create([rows]);
    store.runRows(kernel, rows, columns, at(x), at(out), columns, ...rest);
    return out;
  }

  return {
    sum(x) {
      requireKind('sum', 'float', x);
      return total('blockSums', x);
    },
    sumSquares(x) {
      requireKind('sumSquares', 'float', x);
      return total('blockSquares', x);
    },
    countNonzero(x) {
      requireKind('countNonzero', 'float', x);
      return total('blockNonzeros', x);
    },
    sumRows: (x) => perRow('sumRows', x),
    sumColumns(x) {
      const { rows, columns } = matrix('sumColumns', x);
      const out = store.create([columns]);
      const blocks = Math.max(1, Math.ceil(rows / columnBlockRows));
      const tasks = blocks * Math.ceil(columns / columnChunk);
      store.lend(4 * blocks * columns, (partials) => {
        const sizes = [rows, columns, columnBlockRows, columnChunk];
        store.run('partialColumnSums', tasks, 1, at(x), partials, ...sizes);
        store.run('combineColumnSums', columns, 1024, partials, at(out), blocks, columns);
      });
      return out;
    },
    dotRows(x, y) {
      const { rows, columns } = matrix('dotRows', x);
      requireEqualShapes('dotRows', x, y);
      const out = store.create([rows]);
      store.runRows('dotRows', rows, columns, at(x), at(y), at(out), columns);
      return out;
    },
    normRows(x, p) {
      requireExponent('normRows', p);
      return perRow('normRows', x, p);
    },
    normRowsGradient(x, norms, p, weight) {
      requireExponent('normRowsGradient', p);
      const { rows, columns } = matrix('normRowsGradient', x);
      requireVector('normRowsGradient', 'norms', norms, rows);
      requireVector('normRowsGradient', 'weight', weight, rows);
      const out = store.create(x.shape);
      const operands = [at(x), at(norms), at(weight), at(out)];
      store.runRows('normRowsGradient', rows, columns, ...operands, columns, p);
      return out;
    },
    topK(x, k) {
      const { rows, columns } = matrix('topK', x);
      requireTopCount(k, x);
      const values = store.create([rows, k]);
      const indices = store.create([rows, k], 'int');
      if (k > 0) store.runRows('topK', rows, columns, at(x), at(values), at(indices), columns, k);
      return { values, indices };
    },
    largestInColumns(x) {
      const { rows, columns } = matrix('largestInColumns', x);
      const values = store.create([columns]);
      const indices = store.create([columns], 'int');
      const blocks = Math.max(1, Math.ceil(rows / columnBlockRows));
      const tasks = blocks * Math.ceil(columns / columnChunk);
      store.lend(8 * blocks * columns, (blockValues) => {
        const blockIndices = blockValues + 4 * blocks * columns;
        const sizes = [rows, columns, columnBlockRows, columnChunk];
        store.run('largestOfBlocks', tasks, 1, at(x), blockValues, blockIndices, ...sizes);
        const operands = [blockValues, blockIndices, at(values), at(indices)];
        store.run('largestOfColumns', columns, 1024, ...operands, blocks, columns);
      });
      return { values, indices };
    },
  };
}
