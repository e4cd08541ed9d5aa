import { areaUnderCurve } from '../classification.ts';
import type { StudyFamily } from './refitter.ts';

/** What a refit is worth on rows that it has not seen; NaN where those rows cannot say. */
export const scoreNames = ['accuracy', 'baseRate', 'balancedAccuracy', 'auc', 'r2'] as const;
export type ScoreName = (typeof scoreNames)[number];

/**
 * Writes the scores of one refit in the order of {@link scoreNames}. A probability of exactly 1/2 counts
 * as outcome 0; the base rate is that of always saying what is more frequent in the training rows.
 * @param trainMean mean outcome of the training rows
 */
export function writeScores(
  family: StudyFamily,
  eta: Float64Array,
  y: Float64Array,
  trainMean: number,
  out: Float64Array,
  at: number,
): void {
  out.fill(NaN, at, at + scoreNames.length);
  if (family === 'gaussian') {
    out[at + 4] = explained(eta, y, trainMean);
    return;
  }
  const hits = [0, 0];
  const counts = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const outcome = y[i] === 1 ? 1 : 0;
    counts[outcome]!++;
    if (eta[i]! > 0 === (outcome === 1)) hits[outcome]!++;
  }
  out[at] = (hits[0]! + hits[1]!) / y.length;
  out[at + 1] = counts[trainMean > 0.5 ? 1 : 0]! / y.length;
  if (counts[0] === 0 || counts[1] === 0) return;
  out[at + 2] = (hits[0]! / counts[0]! + hits[1]! / counts[1]!) / 2;
  out[at + 3] = areaUnderCurve(eta, y);
}

/** 1 - squared errors / those of saying the training mean; NaN where the outcomes are all the same. */
function explained(eta: Float64Array, y: Float64Array, trainMean: number): number {
  let errors = 0;
  let whole = 0;
  for (let i = 0; i < y.length; i++) {
    errors += (y[i]! - eta[i]!) ** 2;
    whole += (y[i]! - trainMean) ** 2;
  }
  return whole > 0 ? 1 - errors / whole : NaN;
}
