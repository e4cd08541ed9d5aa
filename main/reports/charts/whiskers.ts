import { scaleLinear } from 'd3-scale';
import type { Coefficient } from '../../../shared/contract/statistics.ts';
import { formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { round } from '../viewer/bars.ts';
import { tickText } from './axes.ts';
import { extent } from './curves.ts';

export interface Whisker {
  readonly term: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface WhiskerPlan {
  readonly whiskers: readonly Whisker[];
  /** Terms are too different in size for one axis: all is divided by the term's standard error. */
  readonly isScaled: boolean;
}

/**
 * What can be drawn of a fit: estimates with their intervals, the intercept left out because its
 * size says nothing about the variables. Where intervals differ by more than a factor of fifty in
 * width, one axis would hide the narrow ones, so that each is drawn in units of its standard error.
 */
export function planWhiskers(coefficients: readonly Coefficient[]): WhiskerPlan {
  const drawn = coefficients.flatMap((coefficient) => {
    const { term, estimate, low, high, se } = coefficient;
    if (term === '(Intercept)' || estimate === null || low === null || high === null) return [];
    return [{ term, estimate, low, high, se }];
  });
  const widths = drawn.map((item) => item.high - item.low).filter((width) => width > 0);
  const [narrowest, widest] = extent(widths);
  const isScaled =
    widest / narrowest > 50 && drawn.every((item) => item.se !== null && item.se > 0);
  const unit = (se: number | null): number => (isScaled ? (se ?? 1) : 1);
  return {
    isScaled,
    whiskers: drawn.map((item) => ({
      term: item.term,
      estimate: item.estimate / unit(item.se),
      low: item.low / unit(item.se),
      high: item.high / unit(item.se),
    })),
  };
}

const width = 620;
const left = 232;
const right = 20;
const rowHeight = 22;
const longestTerm = 31;

/** Estimates as dots with their intervals as whiskers around a line at zero; undefined for none. */
export function whiskerChart(plan: WhiskerPlan): Markup | undefined {
  const { whiskers } = plan;
  if (whiskers.length === 0) return undefined;
  const [low, high] = extent([0, ...whiskers.flatMap((item) => [item.low, item.high])]);
  const x = scaleLinear([low, high], [left, width - right]).nice(6);
  const base = whiskers.length * rowHeight + 14;
  const ticks = x
    .ticks(7)
    .map(
      (tick) =>
        html`<line
            class="${tick === 0 ? 'zero' : 'grid'}"
            x1="${round(x(tick))}"
            x2="${round(x(tick))}"
            y1="6"
            y2="${base}"
          /><text x="${round(x(tick))}" y="${base + 15}" text-anchor="middle"
            >${tickText(tick)}</text
          >`,
    );
  const rows = whiskers.map((item, index) => {
    const y = 14 + index * rowHeight + rowHeight / 2 - 3;
    const isClear = item.low > 0 || item.high < 0;
    const values = `${item.term}: ${formatNumber(item.estimate)}, 95 % interval ${formatNumber(item.low)} to ${formatNumber(item.high)}`;
    const ends = [item.low, item.high].map((end) => `M${round(x(end))},${y - 4}V${y + 4}`).join('');
    const path = `M${round(x(item.low))},${y}H${round(x(item.high))}${ends}`;
    return html`<text class="term" x="${left - 12}" y="${y + 4}" text-anchor="end"
        ><title>${item.term}</title>${shorten(item.term)}</text
      ><g class="${isClear ? 'clear' : 'unclear'}"
        ><title>${values}</title><path class="whisker" d="${path}" /><circle
          cx="${round(x(item.estimate))}"
          cy="${y}"
          r="4"
      /></g>`;
  });
  const title = plan.isScaled ? 'estimate ÷ standard error' : 'estimate';
  return html`<svg
    class="chart wide whiskers"
    viewBox="0 0 ${width} ${base + 32}"
    role="img"
    aria-label="Coefficients with 95 % intervals"
  >
    ${ticks}${rows}
    <text class="title" x="${width - right}" y="${base + 30}" text-anchor="end">${title}</text>
  </svg>`;
}

/** A long name keeps its beginning and its end, where names of variables differ. */
export function shorten(text: string): string {
  const characters = Array.from(text.slice(0, 4096));
  if (text.length <= 4096 && characters.length <= longestTerm) return text;
  const ending = Array.from(text.slice(-64)).slice(-10).join('');
  return `${characters.slice(0, longestTerm - 11).join('')}…${ending}`;
}
