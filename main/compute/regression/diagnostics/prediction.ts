import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { toExtended } from '../../../../shared/domain/schemas.ts';
import { wilsonInterval } from '../../../../shared/stats/intervals.ts';
import { areaUnderCurve } from '../classification.ts';

const bins = 10;
const rocPoints = 400;

/**
 * Predicted against observed shares in groups of rising probability (equal ones stay together), and
 * Brier's score (Brier 1950).
 * @param probability, y [n]: fitted probabilities and 0/1 outcomes
 */
export function calibrationOf(
  probability: Float64Array,
  y: Float64Array,
): NonNullable<FitDiagnostics['calibration']> {
  const n = y.length;
  const order = [...probability.keys()].sort((a, b) => probability[a]! - probability[b]! || a - b);
  const groups: number[][] = [];
  let start = 0;
  for (let bin = 1; bin <= bins && start < n; bin++) {
    let end = Math.max(start + 1, Math.round((bin * n) / bins));
    while (end < n && probability[order[end]!] === probability[order[end - 1]!]) end++;
    groups.push(order.slice(start, end));
    start = end;
  }
  const successes = y.reduce((sum, value) => sum + value, 0);
  const share = successes / n;
  return {
    bins: groups.map((rows) => {
      const hits = rows.reduce((sum, i) => sum + y[i]!, 0);
      const interval = wilsonInterval(hits, rows.length);
      return {
        n: rows.length,
        from: probability[rows[0]!]!,
        to: probability[rows.at(-1)!]!,
        predicted: rows.reduce((sum, i) => sum + probability[i]!, 0) / rows.length,
        observed: hits / rows.length,
        low: interval.low,
        high: interval.high,
      };
    }),
    brier: probability.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0) / n,
    brierOfBaseRate: share * (1 - share),
  };
}

/**
 * The ROC curve of a score: shares of successes and failures above each threshold. Many points are
 * thinned evenly in rank; the area is of all.
 */
export function rocOf(score: Float64Array, y: Float64Array): NonNullable<FitDiagnostics['roc']> {
  const order = [...score.keys()].sort((a, b) => score[b]! - score[a]! || a - b);
  const successes = y.reduce((sum, value) => sum + value, 0);
  const failures = y.length - successes;
  const points: { threshold: number; hits: number; misses: number }[] = [
    { threshold: Infinity, hits: 0, misses: 0 },
  ];
  let [hits, misses] = [0, 0];
  for (const [position, i] of order.entries()) {
    if (y[i] === 1) hits++;
    else misses++;
    const next = order[position + 1];
    if (next === undefined || score[next] !== score[i])
      points.push({ threshold: score[i]!, hits, misses });
  }
  const last = points.length - 1;
  const step = Math.max(1, last / (rocPoints - 1));
  const shown = new Set<number>();
  for (let at = 0; at < last; at += step) shown.add(Math.round(at));
  shown.add(last);
  return {
    auc: areaUnderCurve(score, y),
    points: [...shown].map((at) => ({
      threshold: toExtended(points[at]!.threshold),
      truePositive: points[at]!.hits / successes,
      falsePositive: points[at]!.misses / failures,
    })),
  };
}
