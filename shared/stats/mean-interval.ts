import { tQuantile } from './student-t.ts';
import { summarise } from './summary.ts';

export interface MeanInterval {
  readonly n: number;
  readonly mean: number;
  /** Ends of the t interval; null for n = 1, which has none. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Mean of n values with its t interval; undefined without values. */
export function meanInterval(
  values: readonly number[],
  confidence = 0.95,
): MeanInterval | undefined {
  const { n, mean, sd } = summarise(values);
  if (n === 0) return undefined;
  if (n === 1) return { n, mean, low: null, high: null };
  const half = (tQuantile(0.5 + confidence / 2, n - 1) * sd) / Math.sqrt(n);
  return { n, mean, low: mean - half, high: mean + half };
}
