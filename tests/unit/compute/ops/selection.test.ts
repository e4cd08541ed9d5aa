import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Sparse } from '../../../../main/compute/engine.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { entriesOfColumns } from '../../../../main/compute/ops/selection.ts';
import { Random } from '../../../support/random.ts';

const [rows, columns] = [7, 60];

/** Numbers of few different sizes, so that many are equal; some rows have far more large ones. */
function numbers(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * columns }, (_, at) =>
    at < 2 * columns ? random.integer(2, 9) / 4 : random.integer(-9, 9) / 4,
  );
}

describe.each(['reference', 'wasm'] as const)('selection of codes on %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
  });
  afterAll(() => engine.close());

  /** Dense numbers of a selection, which is freed with everything else. */
  function select(values: Float32Array, pick: (engine: Engine) => Sparse): number[] {
    const sparse = pick(engine);
    const dense = engine.densify(sparse);
    const found = Array.from(engine.read(dense));
    engine.dispose(sparse, dense);
    expect(engine.usage().tensors).toBe(1);
    expect(found).toHaveLength(values.length);
    return found;
  }

  /** Entries of the given ranks among `values`, sorted; equal ones in order. */
  function expected(values: ArrayLike<number>, count: number): number[] {
    const order = Array.from(values, (value, at) => ({ value, at }))
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.at - b.at)
      .slice(0, count);
    const out = new Array<number>(values.length).fill(0);
    for (const { value, at } of order) out[at] = value;
    return out;
  }

  it.each([1, 2, 3, 40, 60])('keeps the %i largest of each row above 0', (k) => {
    const values = numbers(1);
    const pre = engine.floats(values, [rows, columns]);
    const wanted = Array.from({ length: rows }, (_, row) =>
      expected(values.subarray(row * columns, (row + 1) * columns), k),
    );
    expect(select(values, () => engine.largestOfRows(pre, k))).toEqual(wanted.flat());
    engine.dispose(pre);
  });

  it.each([1, 7, 14, 35, 100, 200, 420])('keeps the %i largest of a batch above 0', (count) => {
    for (let seed = 0; seed < 6; seed++) {
      const values = numbers(seed);
      const pre = engine.floats(values, [rows, columns]);
      const found = select(values, () => engine.largestEntries(pre, count));
      expect(found).toEqual(expected(values, count));
      engine.dispose(pre);
    }
  });

  it('keeps what exceeds the threshold of its column', () => {
    const values = numbers(3);
    const pre = engine.floats(values, [rows, columns]);
    const limits = Float32Array.from({ length: columns }, (_, j) => (j % 5) / 4);
    const threshold = engine.floats(limits, [columns]);
    const sparse = engine.sparsifyAbove(pre, threshold)!;
    engine.dispose(threshold);
    const wanted = Array.from(values, (value, at) => (value > limits[at % columns]! ? value : 0));
    expect(select(values, () => sparse)).toEqual(wanted);
    engine.dispose(pre);
  });

  it('takes the entries of some columns apart', () => {
    const values = numbers(4);
    const pre = engine.floats(values, [rows, columns]);
    const codes = engine.largestOfRows(pre, 9);
    const all = engine.read(codes.values);
    const { part, positions } = entriesOfColumns(engine, codes, 10, 30);
    expect(Array.from(engine.read(part.values))).toEqual(Array.from(positions, (at) => all[at]!));
    const dense = engine.densify(codes);
    const wanted = Array.from(engine.read(dense), (value, at) =>
      at % columns >= 10 && at % columns < 30 ? value : 0,
    );
    engine.dispose(codes, dense);
    expect(select(values, () => part)).toEqual(wanted);
    engine.dispose(pre);
  });
});
