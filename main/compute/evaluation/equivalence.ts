import { normalQuantile } from '../../../shared/stats/normal.ts';
import { tSurvival } from '../../../shared/stats/student-t.ts';
import type { MeanError } from './mean-error.ts';

/**
 * Two one-sided tests (Schuirmann 1987) of a difference against a margin: the larger of the two p
 * values, each from Student's t. Where the error is 0, the difference itself decides.
 */
export function equivalenceP({ mean, se, degrees }: MeanError, margin: number): number {
  if (Number.isNaN(se)) return NaN;
  if (se === 0) return Math.abs(mean) < margin ? 0 : 1;
  const above = tSurvival((mean + margin) / se, degrees);
  const below = tSurvival((margin - mean) / se, degrees);
  return Math.max(above, below);
}

const power = 0.8;

/**
 * The smallest true difference that a two-sided test of this standard error finds with 80 % power:
 * (z_(1 - alpha/2) + z_power) se. NaN where the error is 0 or unknown: nothing differed, so the data
 * do not say how much differences scatter.
 */
export function smallestDetectable(se: number, confidence: number): number {
  if (!(se > 0)) return NaN;
  return (normalQuantile(0.5 + confidence / 2) + normalQuantile(power)) * se;
}
