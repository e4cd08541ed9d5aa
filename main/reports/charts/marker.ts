import { html, type Markup } from '../viewer/html.ts';
import { round } from '../viewer/bars.ts';

/** Series colours are repeated after eight; the shape then still tells groups apart. */
export const seriesColours = 8;

/** Shapes in the order in which groups take them: a cue besides colour. */
const shapes = ['circle', 'square', 'triangle', 'diamond', 'down', 'cross', 'plus'] as const;

/** Class of the colour of series `index`. */
export function seriesClass(index: number): string {
  return `s${(index % seriesColours) + 1}`;
}

/** The shape of series `index`, centred on (x, y). */
export function marker(index: number, x: number, y: number, size: number, title: string): Markup {
  const shape = shapes[index % shapes.length] ?? 'circle';
  const r = size / 2;
  const tooltip = title === '' ? null : html`<title>${title}</title>`;
  if (shape === 'circle')
    return html`<circle cx="${round(x)}" cy="${round(y)}" r="${round(r)}">${tooltip}</circle>`;
  const corners: Record<Exclude<typeof shape, 'circle'>, number[][]> = {
    square: [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([a = 0, b = 0]) => [a * 0.9, b * 0.9]),
    triangle: [
      [0, -1.2],
      [1.1, 0.8],
      [-1.1, 0.8],
    ],
    down: [
      [0, 1.2],
      [1.1, -0.8],
      [-1.1, -0.8],
    ],
    diamond: [
      [0, -1.3],
      [1.3, 0],
      [0, 1.3],
      [-1.3, 0],
    ],
    cross: crossCorners(Math.SQRT1_2),
    plus: crossCorners(0),
  };
  const points = corners[shape].map(([a = 0, b = 0]) => `${round(x + a * r)},${round(y + b * r)}`);
  return html`<polygon points="${points.join(' ')}">${tooltip}</polygon>`;
}

/** A plus sign; `turn` = √½ turns it into a cross. */
function crossCorners(turn: number): number[][] {
  const arm = 1.3;
  const half = 0.4;
  const plus = [
    [-half, -arm],
    [half, -arm],
    [half, -half],
    [arm, -half],
    [arm, half],
    [half, half],
    [half, arm],
    [-half, arm],
    [-half, half],
    [-arm, half],
    [-arm, -half],
    [-half, -half],
  ];
  if (turn === 0) return plus;
  return plus.map(([a = 0, b = 0]) => [(a - b) * turn, (a + b) * turn]);
}

/** Names of the series beside their line and shape. */
export function legend(names: readonly string[]): Markup {
  return html`<ul class="legend">
    ${names.map(
      (name, index) =>
        html`<li>
          <svg class="chart key ${seriesClass(index)}" viewBox="0 0 26 12" aria-hidden="true">
            <path class="line" d="M1,6L25,6" />
            <g class="mark">${marker(index, 13, 6, 7, '')}</g></svg
          >${name}
        </li>`,
    )}
  </ul>`;
}
