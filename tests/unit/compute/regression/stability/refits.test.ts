import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../../main/compute/random.ts';
import { LogisticRefitter } from '../../../../../main/compute/regression/stability/logistic-refit.ts';
import { packRows, wholeRowSet } from '../../../../../main/compute/regression/stability/row-set.ts';
import { SignSearch } from '../../../../../main/compute/regression/stability/sign-search.ts';
import {
  fitGaussianRefit,
  momentsOf,
} from '../../../../../main/compute/regression/stability/gaussian-refit.ts';

const worlds = Array.from({ length: 40 }, (_, seed) => seed);

function world(seed: number, rows: number, columns: number) {
  const random = new RandomStream(seed, 999);
  const x = random.normals(rows * columns);
  // Later columns copy parts of the first, so that designs are correlated, and sometimes singular.
  for (let j = 1; j < columns; j++)
    for (let i = 0; i < rows; i++)
      x[j * rows + i] =
        seed % 4 === 0 && j === columns - 1 ? x[i]! + x[rows + i]! : 0.7 * x[i]! + x[j * rows + i]!;
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++)
    y[i] = Number(random.uniform() < 1 / (1 + Math.exp(-(x[i]! - 0.5 * x[rows + i]! + 0.3))));
  return { rows, columns, x, y };
}

/** The largest break of the optimality conditions of loss + lambda |b|, the intercept's included. */
function violation(
  { rows, columns, x, y }: ReturnType<typeof world>,
  beta: Float64Array,
  lambda: readonly number[],
): number {
  const score = new Float64Array(columns + 1);
  for (let i = 0; i < rows; i++) {
    let eta = beta[0]!;
    for (let j = 0; j < columns; j++) eta += beta[j + 1]! * x[j * rows + i]!;
    const residual = y[i]! - 1 / (1 + Math.exp(-eta));
    score[0]! += residual;
    for (let j = 0; j < columns; j++) score[j + 1]! += residual * x[j * rows + i]!;
  }
  return Math.max(
    ...score.map((slope, j) =>
      beta[j] === 0
        ? Math.max(0, Math.abs(slope) - lambda[j]!)
        : Math.abs(slope - lambda[j]! * Math.sign(beta[j]!)),
    ),
  );
}

describe('an L1 logistic refit', () => {
  it.each(worlds)('meets the optimality conditions on random designs (%i)', (seed) => {
    const data = world(seed, 60 + seed, 2 + (seed % 5));
    const all = Array.from({ length: data.columns }, (_, j) => j);
    const refitter = new LogisticRefitter(data.columns);
    for (const slope of [0.1, 1, 10, 1000])
      for (const intercept of [0, slope]) {
        const refit = refitter.fit(wholeRowSet(data), all, { slope, intercept });
        expect(refit.status).toBe('fitted');
        const lambda = [intercept, ...all.map(() => slope)];
        expect(violation(data, refit.beta, lambda)).toBeLessThan(1e-7);
      }
  });

  it.each(worlds.slice(0, 8))('comes out the same from another start (%i)', (seed) => {
    const data = world(seed, 300, 4);
    const refitter = new LogisticRefitter(4);
    const penalty = { slope: 1, intercept: 1 };
    const { anchor } = refitter.anchor(wholeRowSet(data), penalty);
    const half = packRows(
      data,
      Uint32Array.from({ length: 150 }, (_, i) => 2 * i),
    );
    for (const chosen of [[0], [1, 3], [0, 2, 3], [0, 1, 2, 3]]) {
      const cold = refitter.fit(half, chosen, penalty).beta;
      const warm = refitter.fit(half, chosen, penalty, anchor).beta;
      cold.forEach((value, j) => {
        expect(warm[j]).toBeCloseTo(value, 5);
        expect(warm[j] === 0).toBe(value === 0);
      });
    }
  });

  it('counts a row drawn twice as two rows', () => {
    const data = world(3, 80, 3);
    const refitter = new LogisticRefitter(3);
    const penalty = { slope: 1, intercept: 0 };
    const weight = Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 2));
    const once = Uint32Array.from({ length: 40 }, (_, i) => i);
    const twice = Uint32Array.from([...once].flatMap((i) => (i % 2 ? [i, i] : [i])));
    const weighted = refitter.fit(packRows(data, once, weight), [0, 1, 2], penalty).beta;
    const repeated = refitter.fit(packRows(data, twice), [0, 1, 2], penalty).beta;
    weighted.forEach((value, j) => expect(value).toBeCloseTo(repeated[j]!, 8));
  });

  it('says that outcomes are separated, of one class, or leave a column undetermined', () => {
    const rows = 40;
    const x = Float64Array.from({ length: 3 * rows }, (_, i) =>
      i < rows ? i - 19.5 : i < 2 * rows ? 2 * (i - rows) + 1 : 7,
    );
    const y = Float64Array.from({ length: rows }, (_, i) => Number(i > 19));
    const noisy = y.map((value, i) => (i % 7 === 0 ? 1 - value : value));
    const refitter = new LogisticRefitter(3);
    const plain = { slope: 0, intercept: 0 };
    const fit = (outcome: Float64Array, penalty = plain) =>
      refitter.fit(wholeRowSet({ rows, columns: 3, x, y: outcome }), [0, 1, 2], penalty);
    expect(fit(y).status).toBe('separated');
    expect(fit(y, { slope: 1, intercept: 0 }).status).toBe('fitted');
    expect(fit(y.map(() => 1)).status).toBe('one-class');
    const refit = fit(noisy);
    expect(refit.status).toBe('fitted');
    expect([...refit.undetermined]).toEqual([0, 1, 1]);
  });
});

describe('the search of signs', () => {
  it('goes along the null space of a singular matrix until the penalty is least', () => {
    // 1/2 (a + 2b - 3)^2 + |a| + |b|: b does twice as much for the same price.
    const b = Float64Array.of(0.5, 0.5);
    new SignSearch(2).solve(
      Float64Array.of(1, 2, 2, 4),
      Float64Array.of(3, 6),
      Float64Array.of(1, 1),
      2,
      b,
    );
    expect(b[0]).toBe(0);
    expect(b[1]).toBeCloseTo(1.25, 6);
  });
});

describe('a gaussian refit', () => {
  it('is the soft-thresholded mean for one standardised column', () => {
    const x = Float64Array.of(-1, 1, -1, 1);
    const y = Float64Array.of(0, 3, 1, 4);
    const moments = momentsOf(wholeRowSet({ rows: 4, columns: 1, x, y }), 1);
    const { beta } = fitGaussianRefit(moments, [0], { slope: 2, intercept: 0 }, 1);
    // x'y = 6, x'x = 4.
    expect([...beta]).toEqual([2, 1]);
  });
});
