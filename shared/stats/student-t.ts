import { betaPower, incompleteBeta } from './incomplete-beta.ts';
import { normalQuantile } from './normal.ts';
import { invertTail } from './root.ts';

/** P(|T| > |t|) for Student's t with df > 0 degrees of freedom (need not be whole). */
export function tTwoSided(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return NaN;
  if (!Number.isFinite(t)) return 0;
  const ratio = (t / df) * t;
  if (!Number.isFinite(ratio)) return 0;
  return incompleteBeta(df / 2, 0.5, 1 / (1 + ratio), ratio / (1 + ratio)).lower;
}

/** P(T > t). */
export function tSurvival(t: number, df: number): number {
  const half = tTwoSided(t, df) / 2;
  return t >= 0 ? half : 1 - half;
}

/** P(T <= t). */
export function tCdf(t: number, df: number): number {
  return tSurvival(-t, df);
}

/** Density of Student's t. */
export function tDensity(t: number, df: number): number {
  // At t = 1 the density is the prefix of the incomplete beta function there.
  const atOne = betaPower(df / 2, 0.5, df / (df + 1), 1 / (df + 1));
  return atOne * Math.exp(((df + 1) / 2) * (Math.log1p(1 / df) - Math.log1p((t / df) * t)));
}

/** The t with P(T <= t) = p. */
export function tQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p === 0.5) return 0;
  const tail = p < 0.5 ? p : 1 - p;
  const start = Math.max(-normalQuantile(tail), 1e-10);
  const t = invertTail(
    (x) => tSurvival(x, df),
    (x) => tDensity(x, df),
    tail,
    start,
    false,
  );
  return p < 0.5 ? -t : t;
}
