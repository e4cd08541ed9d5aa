import { round } from '../viewer/bars.ts';
import { html, type Markup } from '../viewer/html.ts';
import { seriesClass } from './marker.ts';
import { shorten } from './whiskers.ts';

export interface ShareRow {
  readonly term: string;
  /** Parts of 1 from left to right, named as the legend names them. */
  readonly parts: readonly { readonly name: string; readonly share: number }[];
}

const width = 620;
const left = 232;
const right = 20;
const rowHeight = 22;

/** One bar of full length for each term, parted; undefined for none. */
export function sharesChart(label: string, rows: readonly ShareRow[]): Markup | undefined {
  if (rows.length === 0) return undefined;
  const length = width - left - right;
  const bars = rows.map(({ term, parts }, index) => {
    const y = 6 + index * rowHeight;
    let from = left;
    const drawn = parts.map(({ name, share }, part) => {
      const x = from;
      from += share * length;
      if (share === 0) return null;
      return html`<g class="${seriesClass(part)}"
        ><rect
          class="mark"
          x="${round(x)}"
          y="${y}"
          width="${round(from - x)}"
          height="${rowHeight - 6}"
          ><title>${term}: ${name} ${round(100 * share)} %</title></rect
        ></g
      >`;
    });
    return html`<text class="term" x="${left - 12}" y="${y + 12}" text-anchor="end"
        ><title>${term}</title>${shorten(term)}</text
      >${drawn}`;
  });
  return html`<svg
    class="chart wide"
    viewBox="0 0 ${width} ${rows.length * rowHeight + 8}"
    role="img"
    aria-label="${label}"
  >
    ${bars}
  </svg>`;
}
