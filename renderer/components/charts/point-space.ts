import type { PointView } from './point-layer.ts';

export interface Box {
  readonly width: number;
  readonly height: number;
}

export type Place = readonly [number, number];

/** Ends of the data on both axes; points that are NaN are left out. */
export function boundsOf(position: Float32Array): {
  x: [number, number];
  y: [number, number];
} {
  const ends = (axis: 0 | 1): [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = axis; i < position.length; i += 2) {
      const value = position[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) return [0, 1];
    return low === high ? [low - 0.5, high + 0.5] : [low, high];
  };
  return { x: ends(0), y: ends(1) };
}

/** A view of all points with a margin; `equal` keeps both axes at one scale, as a map needs. */
export function wholeView(
  { x, y }: ReturnType<typeof boundsOf>,
  { width, height }: Box,
  equal: boolean,
): PointView {
  const margin = 0.92;
  const scaleX = (margin * width) / (x[1] - x[0]);
  const scaleY = (margin * height) / (y[1] - y[0]);
  const both = Math.min(scaleX, scaleY);
  return {
    x: (x[0] + x[1]) / 2,
    y: (y[0] + y[1]) / 2,
    scaleX: equal ? both : scaleX,
    scaleY: equal ? both : scaleY,
  };
}

/** A place of the page, from the upper left of the picture, in data coordinates. */
export function toData(view: PointView, { width, height }: Box, [left, top]: Place): Place {
  return [view.x + (left - width / 2) / view.scaleX, view.y - (top - height / 2) / view.scaleY];
}

export function toPage(view: PointView, { width, height }: Box, [x, y]: Place): Place {
  return [width / 2 + (x - view.x) * view.scaleX, height / 2 - (y - view.y) * view.scaleY];
}

/** Zooms about a place of the page, which stays where it is. */
export function zoomed(view: PointView, box: Box, at: Place, factor: number): PointView {
  const [x, y] = toData(view, box, at);
  const scaled = { ...view, scaleX: view.scaleX * factor, scaleY: view.scaleY * factor };
  const [newX, newY] = toData(scaled, box, at);
  return { ...scaled, x: view.x + x - newX, y: view.y + y - newY };
}

/** The drawn point nearest to a place of the page, within `reach` pixels; -1 for none. */
export function nearestPoint(
  position: Float32Array,
  isDrawn: (point: number) => boolean,
  view: PointView,
  box: Box,
  at: Place,
  reach: number,
): number {
  const [x, y] = toData(view, box, at);
  let best = -1;
  let least = reach * reach;
  for (let point = 0; 2 * point < position.length; point++) {
    const dx = (position[2 * point]! - x) * view.scaleX;
    const dy = (position[2 * point + 1]! - y) * view.scaleY;
    const squared = dx * dx + dy * dy;
    if (squared > least || !isDrawn(point)) continue;
    least = squared;
    best = point;
  }
  return best;
}

/** Points inside a closed line in data coordinates, by the even-odd rule. */
export function pointsInside(position: Float32Array, line: readonly Place[]): number[] {
  const inside: number[] = [];
  const [low, high] = [0, 1].map((axis) => line.map((place) => place[axis as 0 | 1])) as [
    number[],
    number[],
  ];
  const box = {
    left: Math.min(...low),
    right: Math.max(...low),
    bottom: Math.min(...high),
    top: Math.max(...high),
  };
  for (let point = 0; 2 * point < position.length; point++) {
    const x = position[2 * point]!;
    const y = position[2 * point + 1]!;
    if (!(x >= box.left && x <= box.right && y >= box.bottom && y <= box.top)) continue;
    if (isInside(x, y, line)) inside.push(point);
  }
  return inside;
}

function isInside(x: number, y: number, line: readonly Place[]): boolean {
  let inside = false;
  for (let i = 0, before = line.length - 1; i < line.length; before = i++) {
    const [x1, y1] = line[i]!;
    const [x2, y2] = line[before]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
