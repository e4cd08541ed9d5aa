import { expect, test } from 'vitest';
import { alignCurves } from '../../../../../renderer/components/charts/curve-data.ts';
import { curveScene } from '../../../../../renderer/components/charts/curve-scene.ts';
import { heatMapScene } from '../../../../../renderer/components/charts/heat-map-scene.ts';
import { sceneSvg, type Shape } from '../../../../../renderer/components/charts/scene.ts';

const colors: Record<string, string> = {
  'diverging-low': '#0000ff',
  'diverging-mid': '#ffffff',
  'diverging-high': '#ff0000',
  'surface-3': '#808080',
};
const color = (role: string): string => colors[role] ?? '#123456';

function heatMap(values: (number | null)[], labels = ['a', 'b']): readonly Shape[] {
  const measure = (text: string): number => text.length * 6;
  const range = { min: -1, max: 1, width: 400, digits: 2 };
  return heatMapScene({
    title: 't',
    rowLabels: labels,
    columnLabels: labels,
    values,
    color,
    measure,
    ...range,
  }).shapes;
}

const fills = (shapes: readonly Shape[]): string[] =>
  shapes.flatMap((shape) => (shape.kind === 'rect' ? [shape.fill] : []));
const texts = (shapes: readonly Shape[]): string[] =>
  shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));

test('a heat map parts its colours at 0 and greys what is not defined', () => {
  expect(fills(heatMap([1, -1, 0, null]))).toEqual(['#ff0000', '#0000ff', '#ffffff', '#808080']);
});

test('values beyond the ends have the colours of the ends', () => {
  expect(fills(heatMap([7, -7, 0.5, -0.5]))).toEqual(['#ff0000', '#0000ff', '#ff8080', '#8080ff']);
});

test('values are written in the cells, and what is not defined as a dash', () => {
  const written = texts(heatMap([1, -0.25, 0, null]));
  for (const text of ['1', '−0.25', '0', '–']) expect(written).toContain(text);
});

test('a label that is too long is cut at a whole character', () => {
  const labels = ['🙂'.repeat(60), 'b'];
  const cut = texts(heatMap([1, 1, 1, 1], labels)).find((text) => text.endsWith('…'));
  expect(cut).toMatch(/^(🙂)+…$/u);
});

test('text from data cannot break out of a drawing', () => {
  const scene = {
    width: 10,
    height: 10,
    background: '#fff',
    label: '"><script>',
    shapes: [{ kind: 'text' as const, x: 1, y: 2, text: '</text><script>', fill: '#000' }],
  };
  const svg = sceneSvg(scene);
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('&lt;/text&gt;&lt;script&gt;');
});

function curves(y: (number | null)[], logY = false): readonly Shape[] {
  const lines = [{ name: 'loss', x: y.map((_, index) => index), y, color: 'series-1' }];
  return curveScene({
    title: 'Loss',
    xLabel: 'step',
    yLabel: 'nats',
    lines,
    curves: alignCurves(lines, logY),
    logY,
    xRange: [0, y.length - 1],
    yRange: logY ? [0.01, 10] : [0, 10],
    width: 400,
    height: 300,
    color,
  }).shapes;
}

test('an exported curve has a stroke for each stretch without a gap', () => {
  const strokes = curves([1, 2, null, 4, 5, 6]).flatMap((shape) =>
    shape.kind === 'path' && shape.width === 1.5
      ? shape.strokes.map((points) => points.length)
      : [],
  );
  expect(strokes).toEqual([2, 3]);
});

test('an exported curve names its axes and lines', () => {
  const written = texts(curves([1, 2]));
  for (const text of ['Loss', 'loss', 'step', 'nats']) expect(written).toContain(text);
});

test('an exported curve is finite on a logarithmic axis', () => {
  const points = curves([1, 0, 5], true).flatMap((shape) =>
    shape.kind === 'path' ? shape.strokes.flat(2) : [],
  );
  expect(points.every((coordinate) => Number.isFinite(coordinate))).toBe(true);
});
