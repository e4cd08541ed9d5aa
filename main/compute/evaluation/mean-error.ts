import { CompensatedSum, summarise } from '../../../shared/stats/summary.ts';
import { tQuantile, tSurvival } from '../../../shared/stats/student-t.ts';

/** A mean with its standard error; NaN errors where there are too few values. */
export interface MeanError {
  readonly n: number;
  readonly mean: number;
  readonly se: number;
  readonly degrees: number;
  /** Null where every value stands for itself. */
  readonly clusters: number | null;
}

/** Mean with the error of independent values: sd / n^(1/2), n - 1 degrees of freedom. */
export function meanError(values: ArrayLike<number>): MeanError {
  const { n, mean, sd } = summarise(values);
  return { n, mean, se: sd / Math.sqrt(n), degrees: n - 1, clusters: null };
}

/**
 * Mean with the clustered standard error of Miller (2024, arXiv 2411.00640, appendix A) and the finite
 * correction C / (C - 1), as Inspect's `stderr(cluster=…)` has it: deviations are summed within each of
 * C clusters before they are squared. C - 1 degrees of freedom.
 * @param cluster number of the cluster of each value
 */
export function clusteredMeanError(
  values: ArrayLike<number>,
  cluster: ArrayLike<number>,
): MeanError {
  const { n, mean } = summarise(values);
  const sums = new Map<number, number>();
  for (let i = 0; i < values.length; i++)
    sums.set(cluster[i]!, (sums.get(cluster[i]!) ?? 0) + values[i]! - mean);
  const squares = new CompensatedSum();
  for (const sum of sums.values()) squares.add(sum * sum);
  const count = sums.size;
  const se = count < 2 ? NaN : Math.sqrt((squares.value * count) / (count - 1)) / n;
  return { n, mean, se, degrees: count - 1, clusters: count };
}

/** The t interval; NaN where there is no error. */
export function tInterval(of: MeanError, confidence: number): { low: number; high: number } {
  if (Number.isNaN(of.se)) return { low: NaN, high: NaN };
  const half = tQuantile(0.5 + confidence / 2, of.degrees) * of.se;
  return { low: of.mean - half, high: of.mean + half };
}

/** Two-sided p of a mean of 0; 1 where nothing differs, NaN where there is no error. */
export function tTest({ mean, se, degrees }: MeanError): number {
  if (Number.isNaN(se)) return NaN;
  if (se === 0) return mean === 0 ? 1 : 0;
  return Math.min(1, 2 * tSurvival(Math.abs(mean / se), degrees));
}
