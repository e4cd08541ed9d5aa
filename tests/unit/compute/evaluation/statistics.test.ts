import { describe, expect, it } from 'vitest';
import { adjustP } from '../../../../main/compute/evaluation/adjust-p.ts';
import {
  halfBinomialCdf,
  ruleOfThree,
  upperBound,
} from '../../../../main/compute/evaluation/binomial-bounds.ts';
import { bootstrapMean } from '../../../../main/compute/evaluation/bootstrap-mean.ts';
import {
  equivalenceP,
  smallestDetectable,
} from '../../../../main/compute/evaluation/equivalence.ts';
import {
  clusteredMeanError,
  meanError,
  tTest,
} from '../../../../main/compute/evaluation/mean-error.ts';
import { finish } from '../../../../main/compute/steps.ts';

describe('upper bounds of success', () => {
  it('are those of scipy.stats.beta.ppf(.95, k + 1, n - k)', () => {
    expect(upperBound(0, 100)).toBeCloseTo(0.029513049607039925, 14);
    expect(upperBound(3, 50)).toBeCloseTo(0.14783717636418123, 12);
    expect(upperBound(50, 50)).toBe(1);
    expect(ruleOfThree(100)).toBe(0.03);
    expect(ruleOfThree(2)).toBe(1);
  });

  it('rest on binomial tails that are exact for one trial and at the ends', () => {
    expect(halfBinomialCdf(0, 1)).toBeCloseTo(0.5, 15);
    expect(halfBinomialCdf(-1, 3)).toBe(0);
    expect(halfBinomialCdf(3, 3)).toBe(1);
    expect(halfBinomialCdf(0, 3)).toBeCloseTo(1 / 8, 15);
  });
});

describe('adjusted p values', () => {
  // R 4.2: p.adjust(c(.01, .04, .03, .005), "holm") and "BH"
  const p = [0.01, 0.04, 0.03, 0.005];

  it('are those of p.adjust', () => {
    const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(12)));
    expect(rounded(adjustP(p, 'holm'))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(rounded(adjustP(p, 'bh'))).toEqual([0.02, 0.04, 0.04, 0.02]);
  });

  it('do not count tests that could not be made', () => {
    expect(adjustP([0.02, NaN], 'holm')).toEqual([0.02, NaN]);
    expect(adjustP([], 'bh')).toEqual([]);
  });
});

describe('standard errors', () => {
  const values = [1, 0, 1, 1, 0, 0];

  it('are clustered as inspect_ai 0.3.285 has it: stderr(cluster="c")', () => {
    // Deviations of ±.5, summed in three clusters of two: 0, 1, -1.
    const { se, clusters, degrees } = clusteredMeanError(values, [0, 0, 1, 1, 2, 2]);
    expect(se).toBeCloseTo(Math.sqrt((2 * 3) / 2) / 6, 15);
    expect([clusters, degrees]).toEqual([3, 2]);
  });

  it('are the plain ones where every value is its own cluster', () => {
    const own = clusteredMeanError(values, [0, 1, 2, 3, 4, 5]);
    expect(own.se).toBeCloseTo(meanError(values).se, 15);
  });

  it('are missing for one value or one cluster, never 0', () => {
    expect(meanError([1]).se).toBeNaN();
    expect(clusteredMeanError(values, [0, 0, 0, 0, 0, 0]).se).toBeNaN();
    expect(tTest(meanError([0, 0, 0]))).toBe(1);
  });
});

describe('equivalence', () => {
  it('is shown by a small difference with a small error, not by a small n', () => {
    const of = { n: 1000, mean: 0.001, degrees: 999, clusters: null };
    expect(equivalenceP({ ...of, se: 0.01 }, 0.05)).toBeLessThan(1e-5);
    expect(equivalenceP({ ...of, se: 0.1 }, 0.05)).toBeGreaterThan(0.2);
    expect(equivalenceP({ ...of, se: 0 }, 0.05)).toBe(0);
    expect(equivalenceP({ ...of, se: NaN }, 0.05)).toBeNaN();
  });

  it('and the detectable difference is 2.8 standard errors', () => {
    expect(smallestDetectable(1, 0.95)).toBeCloseTo(2.801585218, 8);
    expect(smallestDetectable(0, 0.95)).toBeNaN();
  });
});

describe('the bootstrap of a mean', () => {
  const values = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i) / 2);
  const options = { confidence: 0.95, seed: 3, substream: 0 };

  it('is the same for the same seed and lies near the t interval', () => {
    const first = finish(bootstrapMean(values, null, options));
    expect(finish(bootstrapMean(values, null, options))).toEqual(first);
    expect(finish(bootstrapMean(values, null, { ...options, seed: 4 }))).not.toEqual(first);
    const { mean, se } = meanError(values);
    expect(first.low).toBeCloseTo(mean - 1.97 * se, 2);
    expect(first.high).toBeCloseTo(mean + 1.97 * se, 2);
  });

  it('draws whole clusters', () => {
    const doubled = Float64Array.from({ length: 400 }, (_, i) => values[i >> 1]!);
    const clusters = Uint32Array.from({ length: 400 }, (_, i) => i >> 1);
    expect(finish(bootstrapMean(doubled, clusters, options))).toEqual(
      finish(bootstrapMean(values, null, options)),
    );
  });
});
