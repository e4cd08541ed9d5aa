import { quantile } from '../../../../shared/stats/quantile.ts';
import type { Interval, Proportion, Spread } from '../../../../shared/contract/stability-parts.ts';
import type { RefitMode, TermOutcomes } from '../../../../shared/contract/stability.ts';
import { wilsonInterval } from '../../../../shared/stats/intervals.ts';
import { tQuantile } from '../../../../shared/stats/student-t.ts';
import { summarise } from '../../../../shared/stats/summary.ts';
import { failureWords, statuses, type RefitBatch } from './refit-batch.ts';

const bins = 24;
const quantilePlaces = [0, 0.025, 0.25, 0.5, 0.75, 0.975, 1];

export function proportionOf(count: number, of: number): Proportion {
  return { count, share: of > 0 ? count / of : 0, ...wilsonInterval(count, of) };
}

/** Batches of refits, with how often each refit was drawn. */
export interface CountedBatch {
  readonly batch: RefitBatch;
  /** null for once each */
  readonly times: Uint32Array | null;
}

/**
 * For each term what the refits that contain it made of it, against a sign; 0 counts as positive.
 * Refits that failed, and those that leave the coefficient undetermined, are not among them.
 */
export function countOutcomes(
  terms: readonly string[],
  signs: readonly number[],
  batches: readonly CountedBatch[],
): TermOutcomes[] {
  const p = terms.length;
  return terms.map((term, j) => {
    let [same, zero, opposite, undetermined] = [0, 0, 0, 0];
    const values: number[] = [];
    const sign = signs[j]! < 0 ? -1 : 1;
    for (const { batch, times } of batches)
      for (let at = 0; at < batch.count; at++) {
        const membership = batch.member[at * p + j]!;
        if (membership === 0 || batch.status[at] !== 0) continue;
        const drawn = times ? times[at]! : 1;
        if (membership === 2) {
          undetermined += drawn;
          continue;
        }
        const value = batch.beta[at * (p + 1) + j + 1]!;
        if (value === 0) zero += drawn;
        else if (value > 0 === sign > 0) same += drawn;
        else opposite += drawn;
        for (let d = 0; d < drawn; d++) values.push(value);
      }
    const refits = same + zero + opposite;
    return {
      term,
      refits,
      same: proportionOf(same, refits),
      zero: proportionOf(zero, refits),
      opposite: proportionOf(opposite, refits),
      undetermined,
      coefficients: values.length > 0 ? spreadOf(values) : null,
    };
  });
}

/** Refits that failed, by reason, most frequent first. */
export function countFailures(batches: readonly CountedBatch[]): RefitMode['failed'] {
  const counts = new Map<string, number>();
  for (const { batch, times } of batches)
    for (let at = 0; at < batch.count; at++) {
      const status = statuses[batch.status[at]!]!;
      if (status === 'fitted') continue;
      const words = failureWords[status];
      counts.set(words, (counts.get(words) ?? 0) + (times ? times[at]! : 1));
    }
  return [...counts]
    .map(([reason, refits]) => ({ reason, refits }))
    .sort((a, b) => b.refits - a.refits);
}

/** Mean, spread, quantiles (R's type 7) and histogram of values; there is at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const { n, mean, sd, min, max } = summarise(sorted);
  const quantiles = quantilePlaces.map((place) => quantile(sorted, place));
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) {
    const bin = max > min ? Math.floor(((value - min) / (max - min)) * bins) : 0;
    counts[Math.min(bins - 1, bin)]!++;
  }
  return {
    n,
    mean,
    sd: Number.isNaN(sd) ? 0 : sd,
    quantiles,
    histogram: { from: min, to: max, counts },
  };
}

/**
 * Mean over splits with Nadeau & Bengio's (2003, Machine Learning 52) corrected t interval: splits
 * share rows, so the variance of the mean is s² (1/J + test/train) instead of s²/J. NaN values are
 * left out; null where none is left.
 */
export function splitInterval(
  values: readonly number[],
  trainRows: number,
  testRows: number,
): Interval | null {
  const { n, mean, sd } = summarise(values);
  if (n === 0) return null;
  if (n === 1) return { mean, low: null, high: null };
  const half = tQuantile(0.975, n - 1) * sd * Math.sqrt(1 / n + testRows / trainRows);
  return { mean, low: mean - half, high: mean + half };
}
