import uPlot from 'uplot';
import type { AlignedCurves, CurveLine } from './curve-data.ts';

export interface CurvePlotOptions {
  readonly lines: readonly CurveLine[];
  readonly curves: AlignedCurves;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY: boolean;
  readonly width: number;
  readonly height: number;
  readonly color: (role: string) => string;
  /** The column under the cursor; null when it leaves. */
  onCursor(index: number | null): void;
  /** A stretch that was dragged over; null for all. */
  onZoom(range: { min: number; max: number } | null): void;
}

/** What makes two sets of options need two plots; data alone is exchanged in place. */
export function plotShape({ lines, curves, xLabel, yLabel, logY }: CurvePlotOptions): string {
  return JSON.stringify([
    lines.map(({ name, color, dashed, baseline }) => [name, color, dashed, baseline]),
    curves.parts,
    xLabel,
    yLabel,
    logY,
  ]);
}

/** uPlot wants columns; undefined in one means that the curve goes on. */
export function plotData({ x, values }: AlignedCurves): uPlot.AlignedData {
  return [x, ...values];
}

/** Builds the plot in the colours of the present theme. */
export function makeCurvePlot(element: HTMLElement, options: CurvePlotOptions): uPlot {
  const { lines, curves, color, logY } = options;
  const roleOf = (index: number): string => {
    const line = lines[index]!;
    return line.baseline ? 'chart-baseline' : line.color;
  };
  const axis = (label: string): uPlot.Axis => ({
    label,
    labelSize: 20,
    labelFont: '12px system-ui, sans-serif',
    font: '11px system-ui, sans-serif',
    stroke: () => color('text-muted'),
    grid: { stroke: () => color('chart-grid'), width: 1 },
    ticks: { stroke: () => color('chart-grid'), width: 1, size: 4 },
    gap: 4,
  });
  const short = (_: uPlot, ticks: (number | null)[]): string[] =>
    ticks.map((tick) => (tick === null ? '' : tickLabel(tick)));

  return new uPlot(
    {
      width: options.width,
      height: options.height,
      legend: { show: false },
      padding: [8, 18, 0, 0],
      scales: { x: { time: false }, y: logY ? { distr: 3 } : { range: paddedRange } },
      axes: [
        { ...axis(options.xLabel), size: 28, values: short },
        {
          ...axis(options.yLabel),
          size: 52,
          values: short,
          ...(logY && { filter: decades, grid: { ...axis('').grid, filter: decades } }),
        },
      ],
      series: [
        {},
        ...curves.parts.map(({ line, part }): uPlot.Series => {
          if (part !== 'y') return { stroke: 'transparent', width: 0, points: { show: false } };
          const dash = lines[line]!.dashed ? { dash: [5, 4] } : {};
          return { stroke: () => color(roleOf(line)), width: 1.5, ...dash };
        }),
      ],
      bands: lines.flatMap((_, line) => {
        const at = (part: string): number =>
          curves.parts.findIndex((other) => other.line === line && other.part === part) + 1;
        const [low, high] = [at('low'), at('high')];
        if (low === 0 || high === 0) return [];
        return [
          {
            series: [high, low] as [number, number],
            fill: () => `${color(roleOf(line)).slice(0, 7)}33`,
          },
        ];
      }),
      cursor: {
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        bind: { dblclick: () => () => (options.onZoom(null), null) },
      },
      hooks: {
        setCursor: [(plot) => options.onCursor(plot.cursor.idx ?? null)],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 3) return;
            const range = { min: plot.posToVal(left, 'x'), max: plot.posToVal(left + width, 'x') };
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            options.onZoom(range);
          },
        ],
      },
    },
    plotData(curves),
    element,
  );
}

/** A flat curve still needs room above and below. */
const paddedRange: uPlot.Scale.Range = (_plot, min, max) => {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const pad = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 1;
  return [min - pad, max + pad];
};

/** Lines at powers of ten alone: the others make a logarithmic axis a fence. */
const decades: uPlot.Axis.Filter = (_plot, splits) => {
  const powers = splits.filter((split) => isPowerOfTen(split)).length;
  return powers < 2 ? splits : splits.map((split) => (isPowerOfTen(split) ? split : null));
};

function isPowerOfTen(value: number): boolean {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-6;
}

function tickLabel(tick: number): string {
  const size = Math.abs(tick);
  if (size >= 1e9 || (size !== 0 && size < 1e-3)) {
    return Number(tick.toPrecision(3)).toExponential().replace('e+', 'e');
  }
  if (size >= 1e6) return `${Number((tick / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((tick / 1e3).toPrecision(4))}k`;
  return String(Number(tick.toPrecision(6)));
}
