import { scaleLinear, scaleLog } from 'd3-scale';
import type { Series } from '../../../shared/contract/runs.ts';
import { html, type Markup } from '../viewer/html.ts';
import { areaPath, linePath, renderAxes, type Axes, type Frame, type Scale } from './axes.ts';
import { seriesClass } from './marker.ts';

/** The curve of a group of replicates: the mean of its runs inside the band that they span. */
export interface GroupCurve {
  readonly x: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/**
 * Joins the runs of a group at their common buckets: the mean of the buckets' midpoints, and the
 * smallest and largest value that any run took in the bucket. Answers undefined where the runs were
 * not logged at the same places; they are then drawn one by one.
 */
export function groupCurve(runs: readonly Series[]): GroupCurve | undefined {
  const x = runs[0]?.x ?? [];
  const isCommon = runs.every(
    (run) => run.x.length === x.length && run.x.every((at, index) => at === x[index]),
  );
  if (!isCommon) return undefined;
  const pick = (index: number, side: 'low' | 'high'): number[] =>
    runs.flatMap((run) => run[side][index] ?? []);
  return {
    x,
    mean: x.map((_, index) => {
      const values = [...pick(index, 'low'), ...pick(index, 'high')];
      return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
    }),
    low: x.map((_, index) => extreme(pick(index, 'low'), Math.min)),
    high: x.map((_, index) => extreme(pick(index, 'high'), Math.max)),
  };
}

function extreme(values: readonly number[], pick: typeof Math.min): number | null {
  return values.length === 0 ? null : pick(...values);
}

export interface CurvesChart {
  readonly label: string;
  readonly yTitle: string;
  /** Training tokens where not given. */
  readonly xTitle?: string;
  /** For each group, in the order of the legend, one curve, or several where they cannot be joined. */
  readonly groups: readonly (readonly GroupCurve[])[];
}

const frame: Frame = { width: 340, height: 210, left: 46, right: 10, top: 24, bottom: 34 };

/** Training curves of several groups; undefined where there is nothing to draw. */
export function curvesChart(chart: CurvesChart): Markup | undefined {
  const curves = chart.groups.flat();
  const xs = curves.flatMap((curve) => curve.x);
  const values = curves.flatMap((curve) => [...curve.low, ...curve.high]).filter((v) => v !== null);
  if (xs.length === 0 || values.length === 0) return undefined;
  const [xLow, xHigh] = extent(xs);
  const y = valueScale(values, [frame.height - frame.bottom, frame.top]);
  const axes: Axes = {
    frame,
    x: scaleLinear(
      [xLow, xHigh === xLow ? xLow + 1 : xHigh],
      [frame.left, frame.width - frame.right],
    ),
    y,
    xTitle: chart.xTitle ?? 'training tokens',
    yTitle: isLog(y) ? `${chart.yTitle} (log scale)` : chart.yTitle,
    xTicks: 5,
    yTicks: 5,
  };
  const lines = chart.groups.map(
    (group, index) =>
      html`<g class="${seriesClass(index)}"
        >${group.map((curve) => html`<path class="band" d="${areaPath(curve.x, curve.low, curve.high, axes)}" /><path class="line" d="${linePath(curve.x, curve.mean, axes)}" />`)}</g
      >`,
  );
  return html`<svg
    class="chart"
    viewBox="0 0 ${frame.width} ${frame.height}"
    role="img"
    aria-label="${chart.label}"
  >
    ${renderAxes(axes)}${lines}
  </svg>`;
}

/** Smallest and largest value, without spreading a long array over the stack. */
export function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** A linear scale, or a logarithmic one where positive values span more than a factor of thirty. */
export function valueScale(values: readonly number[], range: [number, number]): Scale {
  const [low, high] = extent(values);
  if (low > 0 && high / low > 30) return scaleLog([low, high], range).nice();
  const pad = high === low ? Math.abs(high) * 0.1 || 1 : 0;
  return scaleLinear([low - pad, high + pad], range).nice(5);
}

/** The scale is logarithmic. */
export function isLog(scale: Scale): boolean {
  return 'base' in scale;
}
