import type { ScaleContinuousNumeric } from 'd3-scale';
import { formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { round } from '../viewer/bars.ts';

export type Scale = ScaleContinuousNumeric<number, number>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axes {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xTicks: number;
  readonly yTicks: number;
}

/** Axes with few ticks and faint lines behind the data; titles stand where they do not turn the head. */
export function renderAxes(axes: Axes): Markup {
  const { frame, x, y } = axes;
  const base = frame.height - frame.bottom;
  const end = frame.width - frame.right;
  const xTicks = ticksOf(x, axes.xTicks).map(
    (tick) =>
      html`<text x="${round(x(tick))}" y="${base + 15}" text-anchor="middle">${tickText(tick)}</text
        ><line
          class="tick"
          x1="${round(x(tick))}"
          x2="${round(x(tick))}"
          y1="${base}"
          y2="${base + 4}"
        />`,
  );
  const yTicks = ticksOf(y, axes.yTicks).map(
    (tick) =>
      html`<line
          class="grid"
          x1="${frame.left}"
          x2="${end}"
          y1="${round(y(tick))}"
          y2="${round(y(tick))}"
        /><text x="${frame.left - 6}" y="${round(y(tick) + 3.5)}" text-anchor="end"
          >${tickText(tick)}</text
        >`,
  );
  return html`<g class="axes"
    >${yTicks}<line
      class="axis"
      x1="${frame.left}"
      x2="${end}"
      y1="${base}"
      y2="${base}"
    />${xTicks} <text class="title" x="0" y="10">${axes.yTitle}</text
    ><text class="title" x="${end}" y="${frame.height - 2}" text-anchor="end"
      >${axes.xTitle}</text
    ></g
  > `;
}

/** Ticks that a reader expects: powers of ten, with 2 and 5 between few of them, on a log scale. */
function ticksOf(scale: Scale, count: number): number[] {
  if (!('base' in scale)) return scale.ticks(count);
  const [low = 1, high = 10] = scale.domain();
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.3 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks.length > 1 ? ticks : scale.ticks(count);
}

/** A tick without needless digits: 0.1, 25k, 3M. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  if (value !== 0 && size < 1e-3) return formatNumber(value, 1);
  return trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

/** A path through points; a gap where a value is missing. */
export function linePath(x: readonly number[], y: readonly (number | null)[], axes: Axes): string {
  let path = '';
  let pen = 'M';
  x.forEach((at, index) => {
    const value = y[index];
    if (value === null || value === undefined) {
      pen = 'M';
      return;
    }
    path += `${pen}${round(axes.x(at))},${round(axes.y(value))}`;
    pen = 'L';
  });
  return path;
}

/** The area between two curves; points at which either is missing are left out. */
export function areaPath(
  x: readonly number[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
  axes: Axes,
): string {
  const kept = x
    .map((at, index) => ({ at, low: low[index] ?? null, high: high[index] ?? null }))
    .filter((point) => point.low !== null && point.high !== null);
  if (kept.length < 2) return '';
  const at = (place: number, value: number | null): string =>
    `${round(axes.x(place))},${round(axes.y(value ?? 0))}`;
  const forth = kept.map((point) => at(point.at, point.high));
  const back = kept.toReversed().map((point) => at(point.at, point.low));
  return `M${[...forth, ...back].join('L')}Z`;
}
