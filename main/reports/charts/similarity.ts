import { scaleLinear } from 'd3-scale';
import { html, type Markup } from '../viewer/html.ts';
import { areaPath, linePath, renderAxes, type Axes, type Frame } from './axes.ts';
import { extent, type GroupCurve } from './curves.ts';
import { seriesClass } from './marker.ts';

export interface SimilarityChart {
  readonly label: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly from: number;
  readonly to: number;
  /** In the order of the legend; an interval, where there is one, is drawn as a band. */
  readonly series: readonly GroupCurve[];
  /** Curves that are drawn as dashes, such as what chance gives. */
  readonly dashed?: ReadonlySet<number>;
}

const frame: Frame = { width: 340, height: 210, left: 46, right: 10, top: 24, bottom: 34 };

/** Curves over similarity, from 0 upwards on a linear scale; undefined where there is nothing to draw. */
export function similarityChart(chart: SimilarityChart): Markup | undefined {
  const values = chart.series
    .flatMap(({ mean, high }) => [...mean, ...high])
    .filter((value) => value !== null);
  if (values.length === 0) return undefined;
  const [, highest] = extent(values);
  const axes: Axes = {
    frame,
    x: scaleLinear([chart.from, chart.to], [frame.left, frame.width - frame.right]),
    y: scaleLinear([0, highest || 1], [frame.height - frame.bottom, frame.top]).nice(5),
    xTitle: chart.xTitle,
    yTitle: chart.yTitle,
    xTicks: 5,
    yTicks: 5,
  };
  const lines = chart.series.map(
    ({ x, mean, low, high }, index) =>
      html`<g class="${seriesClass(index)}"
        ><path class="band" d="${areaPath(x, low, high, axes)}" /><path
          class="line"
          ${chart.dashed?.has(index) ? html`stroke-dasharray="4 3"` : null}
          d="${linePath(x, mean, axes)}"
      /></g>`,
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

/** A histogram over equal bins of [-1, 1] as steps of shares, from the bin that begins at `from` on. */
export function histogramSteps(counts: readonly number[], from: number): GroupCurve {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = 2 / counts.length;
  const first = Math.round((from + 1) / width);
  const kept = counts.slice(first);
  const x = kept.flatMap((_, bin) => [from + bin * width, from + (bin + 1) * width]);
  const mean = kept.flatMap((count) => {
    const share = total === 0 ? null : count / total;
    return [share, share];
  });
  const none = mean.map(() => null);
  return { x, mean, low: none, high: none };
}
