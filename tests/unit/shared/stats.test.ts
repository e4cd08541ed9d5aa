import { describe, expect, it } from 'vitest';
import { meanInterval, t975, wilsonInterval } from '../../../shared/stats.ts';

// Golden numbers: scipy 1.x `t.ppf(0.975, d)`, statsmodels `proportion_confint(method='wilson')`.
describe('the 97.5 % quantile of t', () => {
  it.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [3, 3.1824463052837078],
    [4, 2.7764451051977934],
    [7, 2.364624251592784],
    [10, 2.228138851986274],
    [63, 1.998340542520741],
    [200, 1.9718962236339088],
  ])('with %i degrees of freedom agrees with scipy', (degrees, expected) => {
    expect(Math.abs(t975(degrees) / expected - 1)).toBeLessThan(1e-12);
  });
});

describe("Wilson's interval", () => {
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [3, 10, 0.10779126740630104, 0.6032218525388546],
    [10, 10, 0.7224672001371106, 1],
    [214, 500000, 0.000374378699374446, 0.0004892975827131981],
  ])('of %i in %i agrees with statsmodels', (k, n, low, high) => {
    const interval = wilsonInterval(k, n);
    expect(interval.low).toBeCloseTo(low, 14);
    expect(interval.high).toBeCloseTo(high, 14);
  });

  it('of nothing in nothing is 0 to 0', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 0 });
  });
});

describe('the interval of a mean', () => {
  it('is the t interval', () => {
    // mean 3, sd sqrt(2.5), t(4) x sd / sqrt(5)
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
