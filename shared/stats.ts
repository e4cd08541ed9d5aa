/** Small statistics that tables show beside their numbers. All in float64. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** 0.975 quantile of the standard normal distribution. */
const z975 = 1.959963984540054;

/**
 * Wilson's 95 % score interval of a proportion k / n (Wilson 1927): unlike the Wald interval it stays
 * within [0, 1] and is sound for rare features. Both ends are 0 where n is 0.
 */
export function wilsonInterval(k: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 0 };
  const p = k / n;
  const z2 = z975 * z975;
  const centre = p + z2 / (2 * n);
  const half = z975 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const scale = 1 + z2 / n;
  return {
    low: k === 0 ? 0 : (centre - half) / scale,
    high: k === n ? 1 : (centre + half) / scale,
  };
}

export interface MeanInterval {
  readonly n: number;
  readonly mean: number;
  /** Of the 95 % t interval; null for n = 1, which has none. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Mean of n values with its 95 % t interval; undefined without values. */
export function meanInterval(values: readonly number[]): MeanInterval | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, low: null, high: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = t975(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { n, mean, low: mean - half, high: mean + half };
}

/**
 * 0.975 quantile of Student's t with whole degrees of freedom, by bisection on its distribution
 * function. Relative error below 1e-12.
 */
export function t975(degrees: number): number {
  let low = 0;
  let high = 13;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| < t), the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4. */
function centralProbability(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cos = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
