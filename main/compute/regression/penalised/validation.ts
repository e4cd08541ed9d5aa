import { AppError } from '../../../../shared/errors.ts';
import { RandomStream, streams } from '../../random.ts';
import type { Steps } from '../../steps.ts';
import type { NetSolution } from './gaussian-net.ts';
import { forBlocks, type Standardised } from './rows.ts';

/** Losses of cross-validation at each strength: mean deviance of a held-out row, with its error. */
export interface ValidationCurve {
  readonly loss: Float64Array;
  readonly se: Float64Array;
  /** Positions of the least loss, and of the largest strength within one error of it. */
  readonly minimum: number;
  readonly oneStandardError: number;
}

/** A fold for each row, in sizes that differ by at most one, drawn from the seed alone. */
export function assignFolds(n: number, folds: number, seed: number): Uint8Array {
  const assigned = Uint8Array.from({ length: n }, (_, i) => i % folds);
  const random = new RandomStream(seed, streams.foldAssignment);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = assigned[i]!;
    assigned[i] = assigned[j]!;
    assigned[j] = kept;
  }
  return assigned;
}

/** @throws AppError `too-few-rows`, `one-class` where a fold's training rows cannot be fitted */
export function checkFolds(
  assigned: Uint8Array,
  folds: number,
  y: Float64Array,
  isBinomial: boolean,
): void {
  if (y.length < 2 * folds)
    throw new AppError(
      'too-few-rows',
      `${y.length} rows are too few for ${folds} folds. Use fewer folds, or give a strength.`,
      { n: y.length, folds },
    );
  if (!isBinomial) return;
  for (let fold = 0; fold < folds; fold++) {
    let [zeros, ones] = [0, 0];
    for (let i = 0; i < y.length; i++)
      if (assigned[i] !== fold) {
        if (y[i] === 1) ones++;
        else zeros++;
      }
    if (zeros > 0 && ones > 0) continue;
    throw new AppError(
      'one-class',
      `Without fold ${fold + 1} all rows have the same outcome, so cross-validation cannot fit. Use fewer folds, another seed, or give a strength.`,
      { fold: fold + 1, folds },
    );
  }
}

/** Sums of the weighted deviance of the held-out rows at each strength of a path. */
export function* heldOutLoss(
  data: Standardised,
  solutions: readonly NetSolution[],
  y: Float64Array,
  held: Float64Array,
  isBinomial: boolean,
): Steps<Float64Array> {
  const p = data.source.columns;
  const losses = new Float64Array(solutions.length);
  yield* forBlocks(data, (block, start, count) => {
    const eta = new Float64Array(count);
    for (const [k, { slopes, intercept }] of solutions.entries()) {
      eta.fill(intercept);
      for (let j = 0; j < p; j++) {
        const slope = slopes[j]!;
        if (slope !== 0) for (let i = 0; i < count; i++) eta[i]! += slope * block[j * count + i]!;
      }
      let total = 0;
      for (let i = 0; i < count; i++) {
        const weight = held[start + i]!;
        if (weight === 0) continue;
        const outcome = y[start + i]!;
        if (!isBinomial) total += weight * (outcome - eta[i]!) ** 2;
        else {
          const margin = outcome === 1 ? eta[i]! : -eta[i]!;
          total += 2 * weight * (Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin));
        }
      }
      losses[k]! += total;
    }
  });
  return losses;
}

/**
 * The curve from losses of each fold, [fold][strength], weighted by the folds' weights; the error is
 * that of the weighted mean over folds (glmnet's cvsd with grouped = TRUE).
 */
export function summariseFolds(
  losses: readonly Float64Array[],
  weights: readonly number[],
): ValidationCurve {
  const length = Math.min(...losses.map((row) => row.length));
  const total = weights.reduce((sum, value) => sum + value, 0);
  const loss = new Float64Array(length);
  const se = new Float64Array(length);
  for (let k = 0; k < length; k++) {
    for (const [fold, row] of losses.entries()) loss[k]! += (weights[fold]! / total) * row[k]!;
    let spread = 0;
    for (const [fold, row] of losses.entries())
      spread += (weights[fold]! / total) * (row[k]! - loss[k]!) ** 2;
    se[k] = Math.sqrt(spread / (losses.length - 1));
  }
  let minimum = 0;
  for (let k = 1; k < length; k++) if (loss[k]! < loss[minimum]!) minimum = k;
  const bound = loss[minimum]! + se[minimum]!;
  const oneStandardError = loss.findIndex((value) => value <= bound);
  return { loss, se, minimum, oneStandardError };
}
