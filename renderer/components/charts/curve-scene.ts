import { scaleLinear, scaleLog } from 'd3-scale';
import type { AlignedCurves, CurveLine, Values } from './curve-data.ts';
import type { Scene, Shape } from './scene.ts';

export interface CurveSceneOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly CurveLine[];
  readonly curves: AlignedCurves;
  readonly logY: boolean;
  /** What is in view. */
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  readonly width: number;
  readonly height: number;
  readonly color: (role: string) => string;
}

/** The curves that are on screen as a drawing for a paper: with a legend, without a cursor. */
export function curveScene(options: CurveSceneOptions): Scene {
  const { lines, curves, width, height, color, xLabel, yLabel, logY } = options;
  const legendHeight = 18 * lines.length;
  const box = { left: 64, right: width - 28, top: 28 + legendHeight, bottom: height - 40 };
  const x = scaleLinear([...options.xRange], [box.left, box.right]);
  const y = (logY ? scaleLog : scaleLinear)([...options.yRange], [box.bottom, box.top]);
  const shapes: Shape[] = [];
  const text = color('text');
  const line = (points: [number, number][], stroke: string): void => {
    shapes.push({ kind: 'path', strokes: [points], stroke });
  };

  shapes.push({
    kind: 'text',
    x: 12,
    y: 14,
    text: options.title,
    fill: text,
    size: 13,
    weight: 600,
  });
  for (const [index, { name, dashed, ...rest }] of lines.entries()) {
    const at = 32 + 18 * index;
    const stroke = color(rest.baseline ? 'chart-baseline' : rest.color);
    const dash = dashed ? { dash: [5, 4] } : {};
    shapes.push({
      kind: 'path',
      strokes: [
        [
          [12, at],
          [32, at],
        ],
      ],
      stroke,
      width: 2,
      ...dash,
    });
    shapes.push({ kind: 'text', x: 38, y: at, text: name, fill: text });
  }

  for (const tick of y.ticks(6)) {
    line(
      [
        [box.left, y(tick)],
        [box.right, y(tick)],
      ],
      color('chart-grid'),
    );
    const label = y.tickFormat(6)(tick);
    shapes.push({
      kind: 'text',
      x: box.left - 6,
      y: y(tick),
      text: label,
      fill: text,
      anchor: 'end',
    });
  }
  for (const tick of x.ticks(Math.max(2, width / 110))) {
    line(
      [
        [x(tick), box.bottom],
        [x(tick), box.bottom + 4],
      ],
      color('chart-axis'),
    );
    const label = x.tickFormat(6)(tick);
    shapes.push({
      kind: 'text',
      x: x(tick),
      y: box.bottom + 13,
      text: label,
      fill: text,
      anchor: 'middle',
    });
  }
  line(
    [
      [box.left, box.bottom],
      [box.right, box.bottom],
    ],
    color('chart-axis'),
  );
  const middle = (box.left + box.right) / 2;
  shapes.push({
    kind: 'text',
    x: middle,
    y: height - 10,
    text: xLabel,
    fill: text,
    anchor: 'middle',
  });
  shapes.push({
    kind: 'text',
    x: 12,
    y: (box.top + box.bottom) / 2,
    text: yLabel,
    fill: text,
    anchor: 'middle',
    rotate: -90,
  });

  const clampY = (value: number): number => Math.min(box.bottom, Math.max(box.top, y(value)));
  const point = (at: number, value: number): [number, number] => [x(curves.x[at]!), clampY(value)];
  const inView = (at: number): boolean =>
    curves.x[at]! >= options.xRange[0] && curves.x[at]! <= options.xRange[1];
  for (const [index, { color: role, baseline, dashed }] of lines.entries()) {
    const column = (part: string): Values | undefined =>
      curves.values[curves.parts.findIndex((other) => other.line === index && other.part === part)];
    const stroke = color(baseline ? 'chart-baseline' : role);
    const [low, high] = [column('low'), column('high')];
    if (low && high) {
      for (const run of runs(low, high, inView)) {
        const upper = run.map((at) => point(at, high[at]!));
        const lower = run.map((at) => point(at, low[at]!)).reverse();
        shapes.push({ kind: 'path', strokes: [[...upper, ...lower]], fill: stroke, opacity: 0.2 });
      }
    }
    const values = column('y');
    if (!values) continue;
    const strokes = runs(values, values, inView).map((run) =>
      run.map((at) => point(at, values[at]!)),
    );
    const dash = dashed ? { dash: [5, 4] } : {};
    if (strokes.length > 0) shapes.push({ kind: 'path', strokes, stroke, width: 1.5, ...dash });
  }
  const label = `${options.title}: ${yLabel} by ${xLabel}`;
  return { width, height, background: color('surface-1'), label, shapes };
}

/** Stretches without a gap, as indices; undefined is passed over, null ends one. */
function runs(a: Values, b: Values, inView: (at: number) => boolean): number[][] {
  const found: number[][] = [];
  let run: number[] = [];
  for (let at = 0; at < a.length; at++) {
    if (a[at] === undefined || b[at] === undefined) continue;
    if (a[at] === null || b[at] === null || !inView(at)) {
      if (run.length > 0) found.push(run);
      run = [];
    } else run.push(at);
  }
  if (run.length > 0) found.push(run);
  return found;
}
