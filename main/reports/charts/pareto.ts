import { metricDefinition } from '../../../shared/domain/metrics.ts';
import { formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { linePath, renderAxes, type Axes, type Frame } from './axes.ts';
import { isLog, valueScale } from './curves.ts';
import { marker, seriesClass } from './marker.ts';

export interface ParetoPoint {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

export interface ParetoGroup {
  readonly mean: ParetoPoint | null;
  readonly runs: readonly ParetoPoint[];
  /** Points that a line of the group's own joins, from left to right; marked hollow. */
  readonly curve?: readonly ParetoPoint[];
}

/** Points that no other one beats or equals in both respects, from left to right. */
export function paretoFront(
  points: readonly ParetoPoint[],
  higherIsBetter: boolean,
): ParetoPoint[] {
  const sign = higherIsBetter ? -1 : 1;
  const front: ParetoPoint[] = [];
  const sorted = points.toSorted((a, b) => a.x - b.x || sign * (a.y - b.y));
  for (const point of sorted) {
    const best = front.at(-1);
    if (best === undefined || sign * point.y < sign * best.y) front.push(point);
  }
  return front;
}

const frame: Frame = { width: 620, height: 330, left: 52, right: 16, top: 28, bottom: 38 };

/**
 * Sparsity against faithfulness: each run a small mark, each group's mean a large one, and the front
 * of the means, or the groups' own curves where they have any. `metric` is on the vertical axis; on the horizontal one is L0, lower being sparser.
 */
export function paretoChart(groups: readonly ParetoGroup[], metric: string): Markup {
  const definition = metricDefinition(metric);
  const all = groups.flatMap((group) => [
    ...group.runs,
    ...(group.mean ? [group.mean] : []),
    ...(group.curve ?? []),
  ]);
  const pad = 8;
  const x = valueScale(
    all.map((point) => point.x),
    [frame.left + pad, frame.width - frame.right - pad],
  );
  const y = valueScale(
    all.map((point) => point.y),
    [frame.height - frame.bottom - pad, frame.top + pad],
  );
  const log = (scale: typeof x): string => (isLog(scale) ? ' (log scale)' : '');
  const unit = definition.unit === undefined ? '' : `, ${definition.unit}`;
  const better = definition.better === 'higher' ? ' ↑' : ' ↓';
  const axes: Axes = {
    frame,
    x,
    y,
    xTitle: `L0${log(x)}`,
    yTitle: `${definition.title}${unit}${log(y)}${better}`,
    xTicks: 8,
    yTicks: 6,
  };
  const hasCurves = groups.some((group) => group.curve);
  const means = hasCurves ? [] : groups.flatMap((group) => group.mean ?? []);
  const front = paretoFront(means, definition.better === 'higher');
  const frontLine =
    front.length > 1
      ? html`<path
          class="front"
          d="${linePath(
            front.map((point) => point.x),
            front.map((point) => point.y),
            axes,
          )}"
        />`
      : null;
  const marks = groups.map(
    (group, index) =>
      html`<g class="${seriesClass(index)}"
        >${curveOf(group, index, axes, definition.title)}${group.runs.map((run) => html`<g class="dot">${marker(index, x(run.x), y(run.y), 6, describe(run, definition.title))}</g>`)}${group.mean === null ? null : html`<g class="ring">${marker(index, x(group.mean.x), y(group.mean.y), 13, describe(group.mean, definition.title))}</g>`}</g
      >`,
  );
  return html`<svg
    class="chart wide"
    viewBox="0 0 ${frame.width} ${frame.height}"
    role="img"
    aria-label="L0 against ${definition.title}"
  >
    ${renderAxes(axes)}${frontLine}${marks}
  </svg>`;
}

/** A line through a group's curve with a hollow mark at each point that is no run or mean of it. */
function curveOf(group: ParetoGroup, index: number, axes: Axes, title: string): Markup | null {
  if (!group.curve || group.curve.length === 0) return null;
  const points = group.curve.toSorted((a, b) => a.x - b.x);
  const line = linePath(
    points.map((point) => point.x),
    points.map((point) => point.y),
    axes,
  );
  const own = new Set([...group.runs, group.mean]);
  const marks = points
    .filter((point) => !own.has(point))
    .map((point) => marker(index, axes.x(point.x), axes.y(point.y), 7, describe(point, title)));
  return html`<path class="line" d="${line}" /><g class="hollow">${marks}</g>`;
}

function describe(point: ParetoPoint, title: string): string {
  return `${point.name}: L0 ${formatNumber(point.x)}, ${title} ${formatNumber(point.y)}`;
}
