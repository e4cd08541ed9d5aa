import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireExponent, requireKind } from '../checks.ts';
import { requireTopCount, requireVector } from '../checks.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

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

/**
 * Entries that are turned to float64 at a time, so that a sum takes little memory. A GPU would stand
 * still between blocks.
 */
const sumBlock = 1 << 21;
const sumBlockOnGpu = 1 << 26;
/** float32 counts one by one up to here. */
const exactCount = 1 << 24;

/** The slope of a p-norm at x, times a weight: weight sign(x) (|x| / norm)^(p - 1), 0 where x is 0. */
export function normSlope(ops: RawOps, x: Value, norm: Value, p: number, weight: Value): Value {
  const signed = ops.multiply(ops.call('Sign', [x]), weight);
  if (p === 1) return signed;
  const share = ops.divide(ops.call('Abs', [x]), ops.nonzero(norm));
  const slope = ops.multiply(signed, ops.power(share, p - 1));
  const isZero = ops.call('Equal', [x, ops.number(0)]);
  return ops.select(isZero, ops.number(0), slope);
}

/** Sums, norms and selections. */
export function reductionOps(store: TensorflowStore): ReductionOps {
  /** Adds up what `work` makes of blocks of x: a float64 scalar of each. */
  function total(x: Tensor, work: (ops: RawOps, block: Value) => Value): number {
    const length = store.onGpu ? sumBlockOnGpu : sumBlock;
    let sum = 0;
    for (let start = 0; start < x.size; start += length)
      sum += store.run((ops) => {
        const flat = ops.reshape(ops.at(x), [x.size]);
        return readDouble(ops, work(ops, ops.part(flat, start, Math.min(x.size, start + length))));
      });
    return sum;
  }

  const doubleOf = (bits: Value) => new Float64Array(store.download(bits).buffer)[0]!;

  /** The binding reads no float64, but whole numbers of 64 bits, which may be their bits. */
  function readDouble(ops: RawOps, value: Value): number {
    return doubleOf(ops.call('Bitcast', [value], { type: 'int64' }));
  }

  /** Sum of the numbers or of their squares, on the CPU. */
  const sumPowers = (x: Tensor, power: 1 | 2) =>
    store.run((ops) => doubleOf(ops.call('AssaySumPowers', [ops.at(x), ops.int(power)])));

  /** Of many numbers the norms of rows are taken in float32, so that but those are turned to float64. */
  function squaresOnGpu(x: Tensor): number {
    return store.run((ops) => {
      const norms = ops.call('EuclideanNorm', [ops.at(x), ops.list([1])]);
      return 2 * readDouble(ops, ops.call('L2Loss', [ops.cast(norms, 'float64')]));
    });
  }

  /** Counts in one go: TensorFlow adds whole numbers of 32 bits on the CPU only. */
  function countOnGpu(x: Tensor): number {
    const rows = x.shape.length === 2 ? x.shape : [1, x.size];
    return store.run((ops) => {
      const isCounted = ops.call('NotEqual', [ops.reshape(ops.at(x), rows), ops.number(0)]);
      const perRow = ops.sum(ops.cast(isCounted, 'float32'), 1);
      return readDouble(ops, ops.sum(ops.cast(perRow, 'float64'), 0));
    });
  }

  function perRow(x: Tensor, work: (ops: RawOps, x: Value) => Value): Tensor {
    return store.run((ops) => ops.keep(work(ops, ops.at(x))));
  }

  return {
    sum(x) {
      requireKind('sum', 'float', x);
      if (!store.onGpu) return sumPowers(x, 1);
      return total(x, (ops, block) => ops.sum(ops.cast(block, 'float64'), 0));
    },
    sumSquares(x) {
      requireKind('sumSquares', 'float', x);
      if (!store.onGpu) return sumPowers(x, 2);
      if (x.shape.length === 2 && x.size > sumBlock) return squaresOnGpu(x);
      return 2 * total(x, (ops, block) => ops.call('L2Loss', [ops.cast(block, 'float64')]));
    },
    countNonzero(x) {
      requireKind('countNonzero', 'float', x);
      if (store.onGpu && (x.shape.length === 2 ? x.shape[1]! : x.size) <= exactCount)
        return countOnGpu(x);
      return total(x, (ops, block) => {
        const isCounted = ops.call('NotEqual', [block, ops.number(0)]);
        return ops.cast(ops.sum(ops.cast(isCounted, 'int32'), 0), 'float64');
      });
    },
    sumRows(x) {
      matrix('sumRows', x);
      return perRow(x, (ops, input) => ops.sum(input, 1));
    },
    sumColumns(x) {
      matrix('sumColumns', x);
      return perRow(x, (ops, input) => ops.sum(input, 0));
    },
    dotRows(x, y) {
      matrix('dotRows', x);
      requireEqualShapes('dotRows', x, y);
      return perRow(x, (ops, input) => ops.sum(ops.multiply(input, ops.at(y)), 1));
    },
    normRows(x, p) {
      matrix('normRows', x);
      requireExponent('normRows', p);
      return perRow(x, (ops, input) => {
        const sizes = ops.call('Abs', [input]);
        if (p === 1 || x.size === 0) return ops.sum(sizes, 1);
        // Scaled by the largest entry, so that no power overflows.
        const largest = ops.largest(sizes, 1, true);
        const shares = ops.power(ops.divide(sizes, ops.nonzero(largest)), p);
        const norms = ops.power(ops.sum(shares, 1, true), 1 / p);
        return ops.reshape(ops.multiply(norms, largest), [x.shape[0]!]);
      });
    },
    normRowsGradient(x, norms, p, weight) {
      requireExponent('normRowsGradient', p);
      const { rows } = matrix('normRowsGradient', x);
      requireVector('normRowsGradient', 'norms', norms, rows);
      requireVector('normRowsGradient', 'weight', weight, rows);
      return store.run((ops) => {
        const [norm, factor] = [ops.column(ops.at(norms)), ops.column(ops.at(weight))];
        return ops.keep(normSlope(ops, ops.at(x), norm, p, factor));
      });
    },
    topK(x, k) {
      matrix('topK', x);
      requireTopCount(k, x);
      return store.run((ops) => {
        const input = ops.at(x);
        if (k === 1 && !store.onGpu) {
          const [values, indices] = ops.callMany('AssayLargestInRows', [input], {}, 2);
          return {
            values: ops.keep(ops.column(values!)),
            indices: ops.keep(ops.column(indices!), 'int'),
          };
        }
        // NaN ranks below every number; TensorFlow gives it no place at all.
        const isNaN = ops.call('IsNan', [input]);
        const ranked = ops.select(isNaN, ops.number(-Infinity), input);
        const [, indices] = ops.callMany('TopKV2', [ranked, ops.int(k)], { sorted: true }, 2);
        const values = ops.gather(input, indices!, 1, 1);
        return { values: ops.keep(values), indices: ops.keep(indices!, 'int') };
      });
    },
    largestInColumns(x) {
      const { rows } = matrix('largestInColumns', x);
      if (rows === 0) requireTopCount(1, x);
      return store.run((ops) => {
        const input = ops.at(x);
        if (!store.onGpu) {
          const [values, indices] = ops.callMany('AssayLargestInColumns', [input], {}, 2);
          return { values: ops.keep(values!), indices: ops.keep(indices!, 'int') };
        }
        const ranked = ops.select(ops.call('IsNan', [input]), ops.number(-Infinity), input);
        const indices = ops.call('ArgMax', [ranked, ops.int(0)], { output_type: 'int32' });
        return { values: ops.keep(ops.largest(ranked, 0)), indices: ops.keep(indices, 'int') };
      });
    },
  };
}
