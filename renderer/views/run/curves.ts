import type { Event } from '../../../shared/contract/index.ts';
import type { Series } from '../../../shared/contract/runs.ts';

/** Values of several curves of one run at one x. */
export type Point = Event<'runs.points'>['points'][number];

/** One curve of one run as it is drawn: buckets with their extremes, then the newest points. */
export interface Curve {
  readonly x: readonly number[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** Points that the curve stands for. */
  readonly total: number;
}

export const emptyCurve: Curve = { x: [], low: [], high: [], total: 0 };

/**
 * A stored curve with the points that have come since. `to` is the end of the stretch in view.
 * A point that the store has already, as after a resume, is not drawn twice.
 */
export function joinTail(
  stored: Series | undefined,
  name: string,
  tail: readonly Point[],
  to: number | null,
): Curve {
  const { x, low, high, total } = stored ?? emptyCurve;
  const end = stored?.last ?? -Infinity;
  const newer = tail.filter(
    (point) => point.x > end && point.x <= (to ?? Infinity) && name in point.values,
  );
  if (newer.length === 0) return { x, low, high, total };
  const values = newer.map((point) => point.values[name] ?? null);
  return {
    x: [...x, ...newer.map((point) => point.x)],
    low: [...low, ...values],
    high: [...high, ...values],
    total: total + newer.length,
  };
}

/**
 * Points with newer ones. A run that goes on from a checkpoint makes its newest points anew, so what
 * lies behind the first of them goes; an evaluation shares its x with the step before it.
 */
export function withPoints(before: readonly Point[], points: readonly Point[]): Point[] {
  const [first] = points;
  if (!first) return [...before];
  const isSame = ({ values }: Point) => Object.keys(values).some((name) => name in first.values);
  const kept = before.filter(
    (point) => point.x < first.x || (point.x === first.x && !isSame(point)),
  );
  return [...kept, ...points];
}

/** Whether the curve is thinned, so that its extremes are to be drawn as a band. */
export function isThinned({ x, total }: Curve): boolean {
  return total > x.length;
}

/** Middle of each bucket's extremes: the value itself where nothing was thinned. */
export function middles({ low, high }: Curve): (number | null)[] {
  return low.map((value, index) => {
    const top = high[index] ?? null;
    return value === null || top === null ? null : value === top ? value : (value + top) / 2;
  });
}

/** Mean and extremes over curves at each x that all of them have; for replicates of one spec. */
export function overSeeds(curves: readonly Curve[]): Curve & { readonly mean: (number | null)[] } {
  const counts = new Map<number, number>();
  for (const { x } of curves) for (const at of x) counts.set(at, (counts.get(at) ?? 0) + 1);
  const shared = [...counts].filter(([, n]) => n === curves.length).map(([at]) => at);
  const x = shared.sort((a, b) => a - b);
  const columns = curves.map((curve) => {
    const place = new Map(curve.x.map((at, index) => [at, index]));
    const middle = middles(curve);
    return x.map((at) => {
      const index = place.get(at)!;
      return { low: curve.low[index], high: curve.high[index], middle: middle[index] };
    });
  });
  const across = (index: number, key: 'low' | 'high' | 'middle') =>
    columns.map((column) => column[index]![key]).filter((value) => typeof value === 'number');
  return {
    x,
    low: x.map((_, index) => least(across(index, 'low'))),
    high: x.map((_, index) => most(across(index, 'high'))),
    mean: x.map((_, index) => mean(across(index, 'middle'))),
    total: Math.max(0, ...curves.map(({ total }) => total)),
  };
}

/**
 * Buckets to ask for, so that the answer for all curves stays well inside a frame and no curve has
 * more than a screen can show.
 */
export function bucketsFor(curves: number, wanted: number): number {
  return Math.max(16, Math.min(wanted, Math.floor(10_000 / Math.max(1, curves))));
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
