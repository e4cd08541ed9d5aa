import { poissonDeviance, stirlingError } from './gamma.ts';

/**
 * The regularised incomplete gamma function, both tails at full relative accuracy: the power series
 * (DLMF 8.7.1) below a + 1 and the continued fraction (DLMF 8.9.2, by Lentz's method) above. The
 * prefix x^a e^-x / Gamma(a + 1) is written as in Loader (2000), see gamma.ts.
 *
 * @returns P(a, x) as `lower` and Q(a, x) as `upper`, for a > 0 and x >= 0.
 */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  if (x < a + 1) {
    const lower = gammaPower(a, x) * risingSeries(a, x);
    return { lower, upper: 1 - lower };
  }
  const upper = a * gammaPower(a, x) * tailFraction(a, x);
  return { lower: 1 - upper, upper };
}

/** x^a e^-x / Gamma(a + 1). */
export function gammaPower(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - poissonDeviance(a, x)) / Math.sqrt(2 * Math.PI * a);
}

/** sum over n of x^n / ((a + 1) … (a + n)); all terms are positive. */
function risingSeries(a: number, x: number): number {
  let term = 1;
  let total = 1;
  for (let n = 1; term > total * 2 ** -54; n++) {
    term *= x / (a + n);
    total += term;
  }
  return total;
}

/** e^x x^-a Gamma(a, x) by Lentz's method. */
function tailFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < 1_000_000; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b || 1e-300;
    c = b + numerator / c || 1e-300;
    d = 1 / d;
    const factor = d * c;
    value *= factor;
    if (Math.abs(factor - 1) < 2 ** -52) break;
  }
  return value;
}
