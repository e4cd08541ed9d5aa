import { formatNumber } from './format.ts';
import { html, type Markup } from './html.ts';

export interface Bars {
  /** What is drawn, in words, for those who do not see it. */
  readonly label: string;
  readonly heights: readonly number[];
  /** Under the left and the right end. */
  readonly from: string;
  readonly to: string;
  /** Formats the height of a bar for its tooltip. */
  readonly describe: (height: number, index: number) => string;
}

const width = 260;
const plotTop = 12;
const plotHeight = 56;

/** A small histogram: equal bins, the tallest bar labelled, each bar with a tooltip. */
export function barChart(bars: Bars): Markup {
  const tallest = Math.max(0, ...bars.heights);
  const step = width / Math.max(1, bars.heights.length);
  const base = plotTop + plotHeight;
  const marks = bars.heights.map((height, index) => {
    const size = tallest > 0 ? (height / tallest) * plotHeight : 0;
    // A bin that is not empty stays visible however tall its neighbours are.
    const drawn = height > 0 ? Math.max(size, 1) : 0;
    return html`<rect
      x="${round(index * step + 0.5)}"
      y="${round(base - drawn)}"
      width="${round(Math.max(step - 1, 0.5))}"
      height="${round(drawn)}"
      ><title>${bars.describe(height, index)}</title></rect
    >`;
  });
  return html`<svg
    class="bars"
    viewBox="0 0 ${width} ${base + 16}"
    role="img"
    aria-label="${bars.label}"
  >
    <text x="0" y="9">${formatNumber(tallest, 3)}</text>
    <g class="bar">${marks}</g>
    <line x1="0" x2="${width}" y1="${base}" y2="${base}" />
    <text x="0" y="${base + 13}">${bars.from}</text>
    <text x="${width}" y="${base + 13}" text-anchor="end">${bars.to}</text>
  </svg>`;
}

/** A coordinate with at most two decimals, so that a drawing is the same bytes everywhere. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
