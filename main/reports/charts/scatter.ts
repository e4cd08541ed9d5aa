import { scaleLinear } from 'd3-scale';
import { html, type Markup } from '../viewer/html.ts';
import { round } from '../viewer/bars.ts';
import { linePath, renderAxes, type Axes, type Frame } from './axes.ts';
import { extent } from './curves.ts';
import { marker, seriesClass } from './marker.ts';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** What a pointer over it says. */
  readonly title: string;
  /** Ends of an interval of y. */
  readonly interval?: readonly [number, number];
}

export interface ScatterChart {
  readonly label: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly ScatterPoint[];
  /** A line through points, such as a curve. */
  readonly line?: readonly (readonly [number, number])[];
  /** A straight line to compare with, from one end of x to the other: y = intercept + slope x. */
  readonly reference?: { readonly intercept: number; readonly slope: number };
  /** Both axes run from 0 to 1. */
  readonly isUnit?: boolean;
}

const frame: Frame = { width: 340, height: 240, left: 50, right: 12, top: 26, bottom: 36 };

/** Points on linear axes, with intervals, a curve and a line to compare with; undefined for nothing. */
export function scatterChart(chart: ScatterChart): Markup | undefined {
  const { points, line = [], reference, isUnit } = chart;
  const xs = [...points.map(({ x }) => x), ...line.map(([x]) => x)];
  if (xs.length === 0) return undefined;
  const ys = [
    ...points.flatMap(({ y, interval = [] }) => [y, ...interval]),
    ...line.map(([, y]) => y),
    ...(reference && !isUnit ? [reference.intercept] : []),
  ];
  const x = scaleLinear(isUnit ? [0, 1] : extent(xs), [frame.left + 6, frame.width - frame.right]);
  const y = scaleLinear(isUnit ? [0, 1] : extent(ys), [frame.height - frame.bottom - 4, frame.top]);
  const axes: Axes = {
    frame,
    x: isUnit ? x : x.nice(5),
    y: isUnit ? y : y.nice(5),
    xTitle: chart.xTitle,
    yTitle: chart.yTitle,
    xTicks: 5,
    yTicks: 5,
  };
  const ends = x.domain() as [number, number];
  const straight = reference
    ? html`<path
        class="front"
        d="${linePath(
          ends,
          ends.map((end) => reference.intercept + reference.slope * end),
          axes,
        )}"
      />`
    : null;
  const marks = points.map((point) => {
    const [low, high] = point.interval ?? [];
    const at = round(x(point.x));
    return html`${
        low === undefined || high === undefined
          ? null
          : html`<path class="line" d="M${at},${round(y(low))}V${round(y(high))}" />`
      }<g class="dot">${marker(0, x(point.x), y(point.y), 5, point.title)}</g>`;
  });
  const curve =
    line.length === 0
      ? null
      : html`<path
          class="line"
          d="${linePath(
            line.map(([at]) => at),
            line.map(([, value]) => value),
            axes,
          )}"
        />`;
  return html`<svg
    class="chart"
    viewBox="0 0 ${frame.width} ${frame.height}"
    role="img"
    aria-label="${chart.label}"
  >
    ${renderAxes(axes)}${straight}
    <g class="${seriesClass(0)}">${curve}${marks}</g>
  </svg>`;
}
