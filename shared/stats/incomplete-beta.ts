import { poissonDeviance, stirlingError } from './gamma.ts';

/**
 * The regularised incomplete beta function, both tails at full relative accuracy.
 *
 * x and y = 1 - x are both given, so that neither is spoilt by cancellation. The continued fraction
 * is that of DiDonato & Morris (1992, ACM TOMS 18, algorithm 708, BFRAC), evaluated by Lentz's
 * method on the side of the mean where it converges fast; its prefix x^a y^b / B(a, b) is written as
 * in Loader (2000), see gamma.ts.
 *
 * @returns I_x(a, b) as `lower` and 1 - I_x(a, b) as `upper`, for a, b > 0 and 0 <= x <= 1.
 */
export function incompleteBeta(
  a: number,
  b: number,
  x: number,
  y: number,
): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  if (b * x < a * y) {
    const lower = betaTail(a, b, x, y);
    return { lower, upper: 1 - lower };
  }
  const upper = betaTail(b, a, y, x);
  return { lower: 1 - upper, upper };
}

/** x^a y^b / B(a, b). */
export function betaPower(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const stirling = stirlingError(n) - stirlingError(a) - stirlingError(b);
  const deviance = poissonDeviance(a, n * x) + poissonDeviance(b, n * y);
  return Math.sqrt((a / n) * (b / (2 * Math.PI))) * Math.exp(stirling - deviance);
}

/** I_x(a, b) for x below the mean a / (a + b). */
function betaTail(a: number, b: number, x: number, y: number): number {
  const tiny = 1e-300;
  const excess = a * y - b * x + 1;
  let value = (a * excess) / (a + 1);
  let c = value;
  let d = 0;
  for (let m = 1; m < 1_000_000; m++) {
    const odd = a + 2 * m - 1;
    const numerator = ((m * (a + m - 1)) / odd) * ((a + b + m - 1) / odd) * (b - m) * x * x;
    const denominator =
      m + (m * (b - m) * x) / odd + ((a + m) * (excess + m * (2 - x))) / (a + 2 * m + 1);
    d = denominator + numerator * d || tiny;
    c = denominator + numerator / c || tiny;
    d = 1 / d;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 2 ** -52) break;
  }
  return betaPower(a, b, x, y) / value;
}
