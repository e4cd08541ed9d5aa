import type { RunGroup } from '../../../shared/contract/runs.ts';

/** A group of replicates in the plane of two metrics. */
export interface ParetoPoint {
  readonly key: string;
  readonly label: string;
  readonly type: string;
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xLow: number | null;
  readonly xHigh: number | null;
  readonly yLow: number | null;
  readonly yHigh: number | null;
}

/** One replicate in the same plane. */
export interface ParetoSeed {
  readonly key: string;
  readonly run: string;
  readonly label: string;
  readonly type: string;
  readonly seed: number;
  readonly x: number;
  readonly y: number;
}

interface Labelled {
  readonly key: string;
  readonly label: string;
  readonly type: string;
  readonly group: RunGroup;
}

/** Groups of which both metrics are known. */
export function paretoPoints(
  groups: readonly Labelled[],
  xName: string,
  yName: string,
): ParetoPoint[] {
  return groups.flatMap(({ key, label, type, group }) => {
    const [x, y] = [group.metrics[xName], group.metrics[yName]];
    if (typeof x?.mean !== 'number' || typeof y?.mean !== 'number') return [];
    const [xs, ys] = [
      { xLow: x.low, xHigh: x.high },
      { yLow: y.low, yHigh: y.high },
    ];
    return [{ key, label, type, n: Math.min(x.n, y.n), x: x.mean, y: y.mean, ...xs, ...ys }];
  });
}

/** Single runs of groups that have several. */
export function paretoSeeds(
  groups: readonly Labelled[],
  xName: string,
  yName: string,
): ParetoSeed[] {
  return groups.flatMap(({ key, label, type, group }) =>
    group.runs.flatMap(({ id, seed, metrics }) => {
      const [x, y] = [metrics[xName], metrics[yName]];
      if (typeof x !== 'number' || typeof y !== 'number') return [];
      return [{ key, run: id, label, type, seed, x, y }];
    }),
  );
}

/**
 * Points that no other point is better than in one metric without being worse in the other, less being
 * better in both, from the smallest x on. Of equal points all stay.
 */
export function paretoFront<P extends { readonly x: number; readonly y: number }>(
  points: readonly P[],
): P[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const front: P[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    const isSame = last?.x === point.x && last.y === point.y;
    if (!last || point.y < last.y || isSame) front.push(point);
  }
  return front;
}

/** What a reconstruction costs, less being better: the plot's other axis. */
export const costMetrics = ['ceIncrease', 'kl', 'mse'] as const;
/** Metrics that the plot needs of every group. */
export const paretoMetrics = ['l0', ...costMetrics] as const;
