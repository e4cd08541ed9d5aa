import { gammaPower, incompleteGamma } from './incomplete-gamma.ts';
import { invertTail } from './root.ts';

/** P(X <= x) for the chi-square distribution with df > 0 degrees of freedom. */
export function chiSquareCdf(x: number, df: number): number {
  if (Number.isNaN(x) || !(df > 0)) return NaN;
  return incompleteGamma(df / 2, x / 2).lower;
}

/** P(X > x). */
export function chiSquareSurvival(x: number, df: number): number {
  if (Number.isNaN(x) || !(df > 0)) return NaN;
  return incompleteGamma(df / 2, x / 2).upper;
}

/** The x with P(X <= x) = p. */
export function chiSquareQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return NaN;
  if (p === 0) return 0;
  if (p === 1) return Infinity;
  const density = (x: number): number => ((df / 2) * gammaPower(df / 2, x / 2)) / x;
  return p < 0.5
    ? invertTail((x) => chiSquareCdf(x, df), density, p, df, true)
    : invertTail((x) => chiSquareSurvival(x, df), density, 1 - p, df, false);
}
