/** A measured pair of positive numbers. */
export interface LogLogPoint {
  readonly x: number;
  readonly y: number;
}

/** A y of 0 has no logarithm: it is taken for this share of the smallest other one. */
const nothing = 0.1;
/** Slopes of log y over log x that extrapolation believes; between noisy neighbours any can come out. */
const slopes = { steepest: -3, usual: -1, flattest: -0.3 } as const;
/** Largest factor by which an extrapolated x lies beyond the measured ones. */
const farthest = 8;

/**
 * The x at which a falling curve through measured points takes the value `target`: linear between the
 * logarithms of x and y where two neighbours in x enclose the target (the narrowest such pair, should
 * noise make several), else extended from the outermost points with their slope, which is kept to what
 * is believable, and no farther than a factor of 8.
 * @param points at least one, x > 0 and y >= 0, in any order; of equal x the last counts
 * @param target > 0
 */
export function solveFalling(points: readonly LogLogPoint[], target: number): number {
  const sorted = toLogarithms(points);
  const goal = Math.log(target);
  const enclosing = pairs(sorted)
    .filter(([left, right]) => left.y >= goal && right.y <= goal)
    .toSorted(([a, b], [c, d]) => b.x - a.x - (d.x - c.x));
  const [pair] = enclosing;
  return Math.exp(pair ? interpolate(pair, goal) : extend(sorted, goal));
}

/** Sorted by x; a second measurement at the same x takes the place of the first. */
function toLogarithms(points: readonly LogLogPoint[]): LogLogPoint[] {
  const smallest = Math.min(...points.map(({ y }) => y).filter((y) => y > 0), 1);
  const logarithms = points.map(({ x, y }): [number, number] => [
    Math.log(x),
    Math.log(y > 0 ? y : smallest * nothing),
  ]);
  return [...new Map(logarithms)].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x);
}

function pairs(sorted: readonly LogLogPoint[]): [LogLogPoint, LogLogPoint][] {
  return sorted.slice(1).map((right, index) => [sorted[index]!, right]);
}

function interpolate([left, right]: [LogLogPoint, LogLogPoint], goal: number): number {
  if (left.y === right.y) return (left.x + right.x) / 2;
  return left.x + ((left.y - goal) / (left.y - right.y)) * (right.x - left.x);
}

function extend(sorted: readonly LogLogPoint[], goal: number): number {
  const isAbove = sorted.every(({ y }) => y > goal);
  const [edge, inner] = isAbove ? [sorted.at(-1)!, sorted.at(-2)] : [sorted[0]!, sorted[1]];
  const measured = inner ? (edge.y - inner.y) / (edge.x - inner.x) : slopes.usual;
  const slope = Math.min(slopes.flattest, Math.max(slopes.steepest, measured));
  const step = (goal - edge.y) / slope;
  const limit = Math.log(farthest);
  return edge.x + Math.min(limit, Math.max(-limit, step));
}
