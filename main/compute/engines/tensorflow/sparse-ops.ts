import type { Engine, Sparse, Tensor } from '../../engine.ts';
import { matrix, misfit, product, requireExponent, requireInside, requireRows } from '../checks.ts';
import { requireSparse, requireVector } from '../checks.ts';
import { patternWithValues } from '../sparse-pattern.ts';
import type { RawOps } from './raw-ops.ts';
import { normSlope } from './reduction-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

type SparseOps = Pick<
  Engine,
  | 'sparsify'
  | 'sparsifyAbove'
  | 'linearAbove'
  | 'withValues'
  | 'densify'
  | 'sparseMatmul'
  | 'sparseTransposeMatmul'
  | 'sampledMatmul'
  | 'sparseSumColumns'
  | 'sparseNormRows'
  | 'sparseNormRowsGradient'
>;

/** Numbers that a GPU gathers at a time. */
const gatherBlock = 1 << 27;
/** From this share of stored entries on, the whole product is quicker there than rows gathered for each. */
const denseShare = 0.01;
/** Stored entries that int32 pointers can count. */
const maximumCount = 2 ** 31 - 1;

/**
 * Products and sums over the stored entries of codes: on the CPU by operations of our own
 * (native/kernels.cc), on a GPU by TensorFlow's.
 */
export function sparseOps(store: TensorflowStore): SparseOps {
  /** Storages whose indices are known to lie in their matrix. */
  const checked = new WeakMap<object, number>();

  function check(operation: string, x: Sparse): void {
    requireSparse(operation, x);
    const storage = store.storageOf(x.indices);
    const pointerStorage = store.storageOf(x.pointers);
    if (checked.get(storage) === x.columns && checked.get(pointerStorage) === x.count) return;
    requireInside(operation, store.ints(x.indices), x.columns);
    const pointers = store.ints(x.pointers);
    const rising = pointers.every((pointer, i) => i === 0 || pointer >= pointers[i - 1]!);
    if (!rising || pointers[0] !== 0 || pointers[x.rows] !== x.count)
      throw misfit(operation, `the pointers must rise from 0 to ${x.count}`, x.pointers);
    checked.set(storage, x.columns);
    checked.set(pointerStorage, x.count);
  }

  /** What `make` works out of a pattern, once: int64 numbers that stay with its pointers. */
  function derived(ops: RawOps, x: Sparse, name: string, make: () => Value): Value {
    const known = store.storageOf(x.pointers).derived;
    const found = known.get(name);
    if (found) return found;
    const made = ops.release(make());
    known.set(name, made);
    return made;
  }

  /** The row of each stored entry: as many pointers as are not above its place, less one. */
  function rowsOf(ops: RawOps, x: Sparse): Value {
    return derived(ops, x, 'rows', () => {
      if (!store.onGpu) return ops.call('AssayEntryRows', [ops.at(x.pointers), ops.int(x.count)]);
      const pointers = ops.reshape(ops.at(x.pointers), [1, x.rows + 1]);
      const places = ops.call('Range', [ops.int(0), ops.int(x.count), ops.int(1)]);
      const above = ops.call('UpperBound', [pointers, ops.reshape(places, [1, x.count])]);
      return ops.cast(ops.reshape(ops.call('Sub', [above, ops.int(1)]), [x.count]), 'int64');
    });
  }

  /** Row and column of each stored entry: int64 [count, 2]. */
  function placesOf(ops: RawOps, x: Sparse): Value {
    return derived(ops, x, 'places', () => {
      const columns = ops.cast(ops.at(x.indices), 'int64');
      return ops.call('Pack', [rowsOf(ops, x), columns], { N: 2, axis: 1, T: 'int64' });
    });
  }

  /** Rows and columns: int64 [2], which Shape, unlike Cast, leaves in main memory on a GPU. */
  const shapeOf = (ops: RawOps, x: Sparse) =>
    derived(ops, x, 'shape', () => ops.cast(ops.list([x.rows, x.columns]), 'int64'));

  /** One of the two columns of places, which are int64 [count, 2]: [count]. */
  const column = (ops: RawOps, places: Value, which: 0 | 1) =>
    ops.reshape(ops.slice(places, [0, which], [places.shape[0]!, 1]), [places.shape[0]!]);

  /** The entries by column: where each column begins, and row and place of each entry. */
  function transposeOf(ops: RawOps, x: Sparse): Value[] {
    const names = ['starts', 'entryRows', 'entryPlaces'];
    const known = store.storageOf(x.pointers).derived;
    if (!known.has('starts')) {
      const operands = [ops.at(x.pointers), ops.at(x.indices), ops.int(x.columns)];
      const made = ops.callMany('AssayTransposePattern', operands, {}, 3);
      names.forEach((name, i) => known.set(name, ops.release(made[i]!)));
    }
    return names.map((name) => known.get(name)!);
  }

  /** x times b, or its transpose times b. */
  function times(ops: RawOps, x: Sparse, b: Tensor, transposed: boolean): Value {
    const width = b.shape[1]!;
    if (x.count === 0 || width === 0) {
      const shape = [transposed ? x.columns : x.rows, width];
      return ops.call('Fill', [ops.list(shape), ops.number(0)]);
    }
    if (store.onGpu) {
      const operands = [placesOf(ops, x), ops.at(x.values), shapeOf(ops, x), ops.at(b)];
      return ops.call('SparseTensorDenseMatMul', operands, { adjoint_a: transposed });
    }
    if (transposed) {
      const operands = [...transposeOf(ops, x), ops.at(x.values), ops.at(b)];
      return ops.call('AssaySparseTransposeMatmul', operands);
    }
    const pattern = [ops.at(x.pointers), ops.at(x.indices)];
    return ops.call('AssaySparseMatmul', [...pattern, ops.at(x.values), ops.at(b)]);
  }

  /** <left_i, right_j> of each stored entry, in as few pieces as memory allows: what a GPU likes best. */
  function dotsOf(ops: RawOps, pattern: Sparse, left: Value, right: Value): Value {
    const { count } = pattern;
    const atRows = rowsOf(ops, pattern);
    const atColumns = column(ops, placesOf(ops, pattern), 1);
    const block = Math.max(1, Math.floor(gatherBlock / Math.max(1, left.shape[1]!)));
    const parts: Value[] = [];
    for (let from = 0; from < count; from += block) {
      const to = Math.min(count, from + block);
      const lefts = ops.gather(left, ops.part(atRows, from, to));
      const rights = ops.gather(right, ops.part(atColumns, from, to));
      const products = ops.multiply(lefts, rights);
      ops.drop(lefts, rights);
      parts.push(ops.sum(products, 1));
      ops.drop(products);
    }
    return parts.length === 0
      ? ops.call('Fill', [ops.list([0]), ops.number(0)])
      : ops.concat(parts, 0);
  }

  /** The entries of x + bias above their columns' limits; undefined where they are `most` or more. */
  function selectAbove(
    ops: RawOps,
    x: Value,
    { bias, limits, most }: { bias?: Tensor; limits?: Tensor; most: number },
  ): Sparse | undefined {
    const [rows, columns] = x.shape as [number, number];
    const zero = ops.numbers([0]);
    const operands = [x, bias ? ops.at(bias) : zero, limits ? ops.at(limits) : zero];
    const limit = ops.int(Math.min(Math.ceil(most), maximumCount));
    const found = ops.callMany('AssaySelectAbove', [...operands, limit], {}, 3);
    const [pointers, indices, values] = found as [Value, Value, Value];
    if (pointers.shape[0] === 0) return undefined;
    const sparse = {
      rows,
      columns,
      count: values.shape[0]!,
      pointers: ops.keep(pointers, 'int'),
      indices: ops.keep(indices, 'int'),
      values: ops.keep(values),
    };
    checked.set(store.storageOf(sparse.indices), columns);
    checked.set(store.storageOf(sparse.pointers), sparse.count);
    return sparse;
  }

  /** Not 0, or true, where x is above the limits of its columns, or not a number. */
  function aboveOf(ops: RawOps, x: Value, limits: Value | undefined): Value {
    // A pass over truth values takes as long as one over numbers.
    if (!limits) return ops.call('Relu', [x]);
    return ops.call('LogicalNot', [ops.call('LessEqual', [x, limits])]);
  }

  /** The entries of `input` [r, n] at places, which are int64 [count, 2] and in order. */
  function compress(ops: RawOps, input: Value, places: Value): Sparse {
    const [rows, columns] = input.shape as [number, number];
    const count = places.shape[0]!;
    const values = ops.call('GatherNd', [input, places]);
    const atRows = column(ops, places, 0);
    // A row's first entry comes after all entries of rows before it.
    const numbers = ops.call('Range', [ops.int(0), ops.int(rows + 1), ops.int(1)]);
    const wanted = ops.reshape(ops.cast(numbers, 'int64'), [1, rows + 1]);
    const sorted = ops.reshape(atRows, [1, count]);
    const found = ops.call('LowerBound', [sorted, wanted], { out_type: 'int64' });
    const sparse = {
      rows,
      columns,
      count,
      pointers: ops.keep(ops.cast(ops.reshape(found, [rows + 1]), 'int32'), 'int'),
      indices: ops.keep(ops.cast(column(ops, places, 1), 'int32'), 'int'),
      values: ops.keep(values),
    };
    const storage = store.storageOf(sparse.pointers);
    const shape = ops.call('Shape', [input], { out_type: 'int64' });
    for (const [name, value] of Object.entries({ rows: atRows, places, shape }))
      storage.derived.set(name, ops.release(value));
    checked.set(store.storageOf(sparse.indices), columns);
    checked.set(storage, count);
    return sparse;
  }

  const segmentSum = (ops: RawOps, values: Value, segments: Value, count: number) =>
    ops.call('UnsortedSegmentSum', [values, segments, ops.int(count)]);

  return {
    sparsify(x) {
      matrix('sparsify', x);
      return store.run((ops) => {
        const input = ops.at(x);
        return compress(ops, input, ops.call('Where', [input]));
      });
    },
    sparsifyAbove(x, limits, most = Infinity) {
      const { columns } = matrix('sparsifyAbove', x);
      if (limits) requireVector('sparsifyAbove', 'limits', limits, columns);
      return store.run((ops) => {
        const input = ops.at(x);
        if (!store.onGpu) return selectAbove(ops, input, { ...(limits && { limits }), most });
        const places = ops.call('Where', [aboveOf(ops, input, limits && ops.at(limits))]);
        return places.shape[0]! < most ? compress(ops, input, places) : undefined;
      });
    },
    linearAbove(x, weight, bias, most) {
      product('linearAbove', x, weight, { transB: true, bias });
      return store.run((ops) => {
        const input = ops.call('MatMul', [ops.at(x), ops.at(weight)], { transpose_b: true });
        return (
          selectAbove(ops, input, { bias, most }) ??
          ops.keep(ops.call('BiasAdd', [input, ops.at(bias)]))
        );
      });
    },
    withValues: (pattern, values) => patternWithValues(store.handles, pattern, values),
    densify(x) {
      check('densify', x);
      return store.run((ops) => {
        const operands = [placesOf(ops, x), ops.at(x.values), shapeOf(ops, x)];
        return ops.keep(ops.call('ScatterNd', operands));
      });
    },
    sparseMatmul(x, dense, bias) {
      check('sparseMatmul', x);
      const width = requireRows('sparseMatmul', 'D', dense, x.columns);
      if (bias) requireVector('sparseMatmul', 'bias', bias, width);
      return store.run((ops) => {
        const out = times(ops, x, dense, false);
        return ops.keep(bias ? ops.call('BiasAdd', [out, ops.at(bias)]) : out);
      });
    },
    sparseTransposeMatmul(x, g) {
      check('sparseTransposeMatmul', x);
      requireRows('sparseTransposeMatmul', 'g', g, x.rows);
      return store.run((ops) => ops.keep(times(ops, x, g, true)));
    },
    sampledMatmul(pattern, g, dense) {
      check('sampledMatmul', pattern);
      const width = requireRows('sampledMatmul', 'g', g, pattern.rows);
      if (requireRows('sampledMatmul', 'D', dense, pattern.columns) !== width)
        throw misfit('sampledMatmul', 'rows of g and D must have equal lengths', g, dense);
      const { count, rows, columns } = pattern;
      return store.run((ops) => {
        const [left, right] = [ops.at(g), ops.at(dense)];
        if (!store.onGpu) {
          const entries = [ops.at(pattern.pointers), ops.at(pattern.indices)];
          return ops.keep(ops.call('AssaySampledMatmul', [...entries, left, right]));
        }
        if (count <= denseShare * rows * columns)
          return ops.keep(dotsOf(ops, pattern, left, right));
        const whole = ops.call('MatMul', [left, right], { transpose_b: true });
        return ops.keep(ops.call('GatherNd', [whole, placesOf(ops, pattern)]));
      });
    },
    sparseSumColumns(x) {
      check('sparseSumColumns', x);
      return store.run((ops) => {
        const values = ops.at(x.values);
        if (store.onGpu) return ops.keep(segmentSum(ops, values, ops.at(x.indices), x.columns));
        const [starts, , places] = transposeOf(ops, x);
        return ops.keep(ops.call('AssaySparseColumnSums', [starts!, places!, values]));
      });
    },
    sparseNormRows(x, p) {
      check('sparseNormRows', x);
      requireExponent('sparseNormRows', p);
      return store.run((ops) => {
        if (p === 1 && !store.onGpu)
          return ops.keep(ops.call('AssaySparseRowSizes', [ops.at(x.pointers), ops.at(x.values)]));
        const rows = rowsOf(ops, x);
        const sizes = ops.call('Abs', [ops.at(x.values)]);
        if (p === 1) return ops.keep(segmentSum(ops, sizes, rows, x.rows));
        // A row without entries has the lowest number as its largest.
        const found = ops.call('UnsortedSegmentMax', [sizes, rows, ops.int(x.rows)]);
        const largest = ops.call('Maximum', [found, ops.number(0)]);
        const shares = ops.divide(sizes, ops.gather(ops.nonzero(largest), rows));
        const sums = segmentSum(ops, ops.power(shares, p), rows, x.rows);
        return ops.keep(ops.multiply(ops.power(sums, 1 / p), largest));
      });
    },
    sparseNormRowsGradient(x, norms, p, weight) {
      check('sparseNormRowsGradient', x);
      requireExponent('sparseNormRowsGradient', p);
      requireVector('sparseNormRowsGradient', 'norms', norms, x.rows);
      requireVector('sparseNormRowsGradient', 'weight', weight, x.rows);
      return store.run((ops) => {
        if (p === 1 && !store.onGpu) {
          const operands = [ops.at(x.pointers), ops.at(x.values), ops.at(weight)];
          return ops.keep(ops.call('AssaySparseRowSigns', operands));
        }
        const rows = rowsOf(ops, x);
        const [norm, factor] = [ops.at(norms), ops.at(weight)].map((each) =>
          ops.gather(each, rows),
        );
        return ops.keep(normSlope(ops, ops.at(x.values), norm!, p, factor!));
      });
    },
  };
}
