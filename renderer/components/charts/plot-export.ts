import { resolveColors, themeColor } from './theme-colors.ts';

/** The class of everything that Plot draws; a fixed one, so that our own style sheet can name it. */
export const plotClass = 'assay-plot';

const svgSpace = 'http://www.w3.org/2000/svg';

/**
 * The chart inside an element as an SVG file that needs nothing else: a background, a title, fonts and
 * resolved colours. The swatches of its legend stand beside the title.
 */
export function exportPlot(host: HTMLElement, title: string): string {
  const svg = [...host.querySelectorAll('svg')].reduce<SVGSVGElement | null>(
    (largest, other) => (largest && largest.clientHeight >= other.clientHeight ? largest : other),
    null,
  );
  if (!svg) return '';
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const { width, height } = svg.viewBox.baseVal;
  const swatches = readSwatches(host);
  const head = swatches.length > 0 ? 46 : 28;
  copy.removeAttribute('class');
  copy.setAttribute('xmlns', svgSpace);
  copy.setAttribute('viewBox', `0 ${-head} ${width} ${height + head}`);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height + head));
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  copy.setAttribute('color', themeColor('text'));
  const words = document.createElementNS(svgSpace, 'text');
  words.textContent = title;
  set(words, {
    x: '12',
    y: String(18 - head),
    'text-anchor': 'start',
    fill: themeColor('text'),
    'font-size': '13',
    'font-weight': '600',
  });
  const ground = document.createElementNS(svgSpace, 'rect');
  set(ground, { y: String(-head), width: '100%', height: '100%', fill: themeColor('surface-1') });
  copy.prepend(ground, words, ...legend(swatches));
  return resolveColors(new XMLSerializer().serializeToString(copy));
}

interface Swatch {
  readonly name: string;
  readonly color: string;
}

function readSwatches(host: HTMLElement): Swatch[] {
  return [...host.querySelectorAll<HTMLElement>(`.${plotClass}-swatch`)].map((swatch) => ({
    name: swatch.textContent.trim(),
    color: swatch.querySelector('svg')?.getAttribute('fill') ?? 'currentColor',
  }));
}

function legend(swatches: readonly Swatch[]): SVGElement[] {
  let x = 12;
  return swatches.flatMap(({ name, color }) => {
    const box = document.createElementNS(svgSpace, 'rect');
    set(box, { x: String(x), y: '-22', width: '11', height: '11', fill: color });
    const words = document.createElementNS(svgSpace, 'text');
    words.textContent = name;
    const place = { x: String(x + 16), y: '-12', 'text-anchor': 'start', 'font-size': '11' };
    set(words, { ...place, fill: themeColor('text') });
    x += 32 + 6.5 * name.length;
    return [box, words];
  });
}

function set(element: Element, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
