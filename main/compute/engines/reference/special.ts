/**
 * erfc(x) in float64: 1 - erf by the all-positive series (Abramowitz & Stegun 7.1.6) up to 2, and the
 * continued fraction (7.1.14) above, so that the far tail keeps its relative accuracy.
 */
export function complementaryError(x: number): number {
  if (x < 0) return 2 - complementaryError(-x);
  if (x < 2) {
    let term = 1;
    let sum = 1;
    for (let n = 1; term > 1e-18 * sum; n += 1) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 100; n > 0; n -= 1) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
