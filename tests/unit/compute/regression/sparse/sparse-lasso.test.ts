import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../../main/compute/random.ts';
import {
  standardiseColumns,
  type SparseColumns,
} from '../../../../../main/compute/regression/sparse/columns.ts';
import { examineColumns } from '../../../../../main/compute/regression/sparse/dependence.ts';
import {
  fitPath,
  lambdaPath,
  rawCoefficients,
} from '../../../../../main/compute/regression/sparse/path.ts';
import {
  ColumnCollector,
  sampleRows,
} from '../../../../../main/compute/regression/sparse/samples.ts';
import {
  checkOutcome,
  splitBySequence,
} from '../../../../../main/compute/regression/sparse/split.ts';
import { fitUnpenalised } from '../../../../../main/compute/regression/sparse/unpenalised.ts';
import { finish } from '../../../../../main/compute/steps.ts';

/** Columns from lists of [row, value]. */
function columnsOf(rows: number, lists: readonly (readonly [number, number])[][]): SparseColumns {
  const pointers = new Float64Array(lists.length + 1);
  lists.forEach((list, j) => (pointers[j + 1] = pointers[j]! + list.length));
  return {
    rows,
    columns: lists.length,
    pointers,
    row: Int32Array.from(lists.flatMap((list) => list.map(([row]) => row))),
    value: Float32Array.from(lists.flatMap((list) => list.map(([, value]) => value))),
  };
}

function randomProblem(seed: number, rows: number, count: number) {
  const random = new RandomStream(seed, 1);
  const lists = Array.from({ length: count }, () =>
    Array.from({ length: rows }, (_, i) => [i, random.uniform() * 3] as const).filter(
      () => random.uniform() < 0.2,
    ),
  );
  const eta = new Float64Array(rows).fill(-0.5);
  lists
    .slice(0, 3)
    .forEach((list, j) => list.forEach(([i, value]) => (eta[i]! += (j - 1.4) * value)));
  const y = eta.map((value) => (random.uniform() < 1 / (1 + Math.exp(-value)) ? 1 : 0));
  return { columns: columnsOf(rows, lists), y };
}

const even = (n: number) => new Float64Array(n).fill(1 / n);

describe('paths of L1 fits on sparse columns', () => {
  it.each([1, 2, 3, 4])(
    'meet the conditions of the optimum at every strength (design %i)',
    (seed) => {
      const { columns, y } = randomProblem(seed, 200, 40);
      const weights = even(200);
      const path = finish(
        fitPath(
          { columns, y, family: 'binomial', weights, standardise: true, tolerance: 1e-18 },
          (largest) => lambdaPath(largest, 8, 0.02),
        ),
      );
      const { centres, scales } = standardiseColumns(columns, weights, true);
      expect(path.points[0]!.columns).toHaveLength(0);
      for (const point of path.points) {
        const { intercept, coefficients } = rawCoefficients(path, point);
        const eta = new Float64Array(200).fill(intercept);
        point.columns.forEach((j, k) => {
          for (let e = columns.pointers[j]!; e < columns.pointers[j + 1]!; e++)
            eta[columns.row[e]!]! += coefficients[k]! * columns.value[e]!;
        });
        const miss = y.map((value, i) => (value - 1 / (1 + Math.exp(-eta[i]!))) / 200);
        expect(Math.abs(miss.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9);
        for (let j = 0; j < columns.columns; j++) {
          let gradient = 0;
          const dense = new Float64Array(200);
          for (let e = columns.pointers[j]!; e < columns.pointers[j + 1]!; e++)
            dense[columns.row[e]!] = columns.value[e]!;
          for (let i = 0; i < 200; i++)
            gradient += (miss[i]! * (dense[i]! - centres[j]!)) / scales[j]!;
          const at = point.columns.indexOf(j);
          if (at < 0) expect(Math.abs(gradient)).toBeLessThan(point.lambda + 1e-8);
          else
            expect(Math.abs(gradient - Math.sign(coefficients[at]!) * point.lambda)).toBeLessThan(
              1e-8,
            );
        }
      }
    },
  );

  it('leave a constant column and rows without a weight out', () => {
    const { columns, y } = randomProblem(5, 100, 6);
    const held = Float64Array.from(y, (_, i) => (i < 50 ? 1 / 50 : 0));
    const options = { family: 'binomial', standardise: true, tolerance: 1e-16 } as const;
    const all = finish(
      fitPath({ columns, y, weights: held, ...options }, () => Float64Array.of(0.02)),
    );
    const other = y.map((value, i) => (i < 50 ? value : 1 - value));
    const same = finish(
      fitPath({ columns, y: other, weights: held, ...options }, () => Float64Array.of(0.02)),
    );
    expect([...same.points[0]!.slopes]).toEqual([...all.points[0]!.slopes]);
    const constant = columnsOf(4, [[0, 1, 2, 3].map((row) => [row, 2] as const), [[0, 1]]]);
    expect([...standardiseColumns(constant, even(4), true).scales][0]).toBe(0);
  });

  it('say that the classes are separated instead of giving endless coefficients', () => {
    const columns = columnsOf(6, [[0, 1, 2].map((row) => [row, 1 + row] as const)]);
    const y = Float64Array.of(1, 1, 1, 0, 0, 0);
    const fit = finish(fitUnpenalised(standardiseColumns(columns, even(6), true), y, 'binomial'));
    expect(fit).toEqual({ reason: expect.stringContaining('separate') });
  });

  it('name an exact dependency among sparse columns', () => {
    const a = [
      [0, 1],
      [2, 2],
      [5, 1],
    ] as const;
    const b = [
      [1, 1],
      [2, 1],
      [7, 4],
    ] as const;
    const sum = [
      [0, 1],
      [1, 1],
      [2, 3],
      [5, 1],
      [7, 4],
    ] as const;
    const columns = columnsOf(12, [[...a], [...b], [...sum]]);
    const found = finish(examineColumns(columns, ['a', 'b', 'c'], () => true));
    expect(found?.dependencies.map(({ sentence }) => sentence)).toEqual(['c = a + b']);
    expect(found?.kept).toEqual([0, 1]);
    expect(found?.vif[2]).toBe(Infinity);
  });
});

describe('rows of a prediction', () => {
  it.each([
    ['max', [3, 5]],
    ['mean', [(1 + 3) / 4, 5 / 4]],
    ['any', [1, 1]],
    ['last', [3]],
  ] as const)('take the tokens of a sequence together by %s', (aggregation, expected) => {
    const samples = sampleRows(Float64Array.of(1, NaN, 0), {
      unit: 'sequence',
      aggregation,
      length: 4,
    });
    const collector = new ColumnCollector(samples, 1, 100);
    collector.add(0, {
      latents: 1,
      pointers: Float64Array.of(0, 4),
      token: Int32Array.of(0, 3, 5, 8),
      value: Float32Array.of(1, 3, 9, 5),
    });
    const { columns } = collector.finish();
    expect([...columns.value]).toEqual(expected);
    expect([...columns.row]).toEqual(expected.length === 2 ? [0, 1] : [0]);
  });

  it('refuse more activations than the memory allows', () => {
    const samples = sampleRows(new Float64Array(8), {
      unit: 'token',
      aggregation: 'max',
      length: 4,
    });
    const collector = new ColumnCollector(samples, 1, 2);
    const three = {
      latents: 1,
      pointers: Float64Array.of(0, 3),
      token: Int32Array.of(0, 1, 2),
      value: Float32Array.of(1, 1, 1),
    };
    expect(() => collector.add(0, three)).toThrow(expect.objectContaining({ code: 'too-large' }));
  });

  it('deal whole sequences to the parts, the same for a seed', () => {
    const group = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    const options = { share: 0.25, folds: 3, seed: 4 };
    const { part } = splitBySequence(group, options);
    for (let i = 0; i < 400; i++) expect(part[i]).toBe(part[i - (i % 10)]);
    expect(part.filter((number) => number === 0)).toHaveLength(100);
    expect(splitBySequence(group, options).part).toEqual(part);
    expect(splitBySequence(group, { ...options, seed: 5 }).part).not.toEqual(part);
  });

  it.each([
    ['too-few-rows', [], 'binomial'],
    ['one-class', [1, 1, 1], 'binomial'],
    ['bad-input', [0, 1, 2], 'binomial'],
    ['constant-column', [2, 2], 'gaussian'],
    ['non-finite', [1, Infinity], 'gaussian'],
  ] as const)('refuse a label by the error %s', (code, values, family) => {
    expect(() => checkOutcome(Float64Array.from(values), 'label', family)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
