/**
 * Pieces of the gamma function in the form of Loader (2000), "Fast and accurate computation of
 * binomial probabilities": densities are written as a Stirling correction times the exponential of a
 * deviance, so that no large logarithms of gamma functions cancel.
 */

/** Coefficients of 1/a, 1/a^3, … in the Stirling series of log gamma: B(2k) / (2k (2k - 1)). */
const stirlingSeries = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
];

/**
 * The error of Stirling's formula, log Gamma(a + 1) - log(sqrt(2 pi a) (a / e)^a), for a > 0.
 * Absolute error below 2e-15.
 */
export function stirlingError(a: number): number {
  let shifted = a;
  let total = 0;
  // The series is exact to rounding from 12 on; below, the recurrence of Gamma leads up to it.
  while (shifted < 12) {
    total += (shifted + 0.5) * Math.log1p(1 / shifted) - 1;
    shifted += 1;
  }
  const inverseSquare = 1 / (shifted * shifted);
  let series = 0;
  for (let k = stirlingSeries.length - 1; k >= 0; k--)
    series = series * inverseSquare + stirlingSeries[k]!;
  return total + series / shifted;
}

/** log(1 + w) - w without cancellation, for w > -1. */
function log1pMinus(w: number): number {
  if (w < -0.45 || w > 0.8) return Math.log1p(w) - w;
  // log(1 + w) = 2 artanh(v) with v = w / (2 + w); the leading terms combine to -w v.
  const v = w / (2 + w);
  const square = v * v;
  let power = 2 * v * square;
  let total = -w * v;
  for (let k = 3; ; k += 2) {
    const next = total + power / k;
    if (next === total) return total;
    total = next;
    power *= square;
  }
}

/**
 * Loader's deviance x log(x / m) + m - x for x >= 0, m > 0: never negative, 0 where x = m, accurate
 * to rounding on either side.
 */
export function poissonDeviance(x: number, m: number): number {
  if (x === 0) return m;
  const w = (m - x) / x;
  if (w < -0.5) return x * Math.log(x / m) + (m - x);
  return -x * log1pMinus(w);
}
