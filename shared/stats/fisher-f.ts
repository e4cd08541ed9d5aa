import { betaPower, incompleteBeta } from './incomplete-beta.ts';
import { invertTail } from './root.ts';

function tails(f: number, d1: number, d2: number): { lower: number; upper: number } {
  if (Number.isNaN(f) || !(d1 > 0) || !(d2 > 0)) return { lower: NaN, upper: NaN };
  if (f <= 0) return { lower: 0, upper: 1 };
  const ratio = (d1 / d2) * f;
  if (!Number.isFinite(ratio)) return { lower: 1, upper: 0 };
  return incompleteBeta(d1 / 2, d2 / 2, ratio / (1 + ratio), 1 / (1 + ratio));
}

/** P(F <= f) for the F distribution with d1 and d2 degrees of freedom. */
export function fCdf(f: number, d1: number, d2: number): number {
  return tails(f, d1, d2).lower;
}

/** P(F > f). */
export function fSurvival(f: number, d1: number, d2: number): number {
  return tails(f, d1, d2).upper;
}

/** The f with P(F <= f) = p. */
export function fQuantile(p: number, d1: number, d2: number): number {
  if (!(p >= 0 && p <= 1) || !(d1 > 0) || !(d2 > 0)) return NaN;
  if (p === 0) return 0;
  if (p === 1) return Infinity;
  const density = (f: number): number => {
    const ratio = (d1 / d2) * f;
    return betaPower(d1 / 2, d2 / 2, ratio / (1 + ratio), 1 / (1 + ratio)) / f;
  };
  return p < 0.5
    ? invertTail((f) => fCdf(f, d1, d2), density, p, 1, true)
    : invertTail((f) => fSurvival(f, d1, d2), density, 1 - p, 1, false);
}
