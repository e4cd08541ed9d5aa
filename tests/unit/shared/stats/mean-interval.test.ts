import { describe, expect, it } from 'vitest';
import { meanInterval } from '../../../../shared/stats/mean-interval.ts';

describe('the interval of a mean', () => {
  it('is the t interval', () => {
    // mean 3, sd sqrt(2.5), t(4) x sd / sqrt(5); the quantile from scipy.stats.t.ppf(0.975, 4)
    const half = (2.7764451051977934 * Math.sqrt(2.5)) / Math.sqrt(5);
    const interval = meanInterval([1, 2, 3, 4, 5])!;
    expect(interval).toMatchObject({ n: 5, mean: 3 });
    expect(interval.low).toBeCloseTo(3 - half, 12);
    expect(interval.high).toBeCloseTo(3 + half, 12);
  });

  it('has no ends for one value and does not exist for none', () => {
    expect(meanInterval([7])).toEqual({ n: 1, mean: 7, low: null, high: null });
    expect(meanInterval([])).toBeUndefined();
  });
});
