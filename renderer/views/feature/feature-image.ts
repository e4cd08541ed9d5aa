import type { DictionaryRow, FeatureDetail } from '../../../shared/contract/features.ts';
import { escapeHtml, visibleText, visibleToken } from '../../../shared/text.ts';
import { formatNumber } from '../../components/format.ts';
import { shade } from '../../components/tokens/shading.ts';
import { densityText } from '../features/feature-words.ts';

const width = 720;
const margin = 20;
const line = 22;
const shownExamples = 10;
const shownLogits = 6;
/** Of the monospace face at 12.5 px, which no program that draws an SVG lets us measure. */
const characterWidth = 7.55;
const histogramHeight = 60;

/**
 * A feature as a picture to pass on: number, label and rating, its figures, histogram, promoted and
 * suppressed tokens and strongest examples. Colours are roles, `var(--text)`, for `resolveColors`.
 */
export function featureImage(dictionary: DictionaryRow, detail: FeatureDetail): string {
  const { row } = detail;
  const parts: string[] = [];
  let y = margin + 16;
  const say = (words: string, style = 'font-size="12" fill="var(--text-muted)"') => {
    parts.push(`<text x="${margin}" y="${y}" ${style}>${escapeHtml(words)}</text>`);
    y += line;
  };
  say(
    `Feature ${row.feature}${row.label === null ? '' : `: ${cut(visibleText(row.label), 80)}`}`,
    'font-size="16" font-weight="600" fill="var(--text)"',
  );
  say(cut(`${dictionary.name}, ${dictionary.hook} of ${dictionary.model}`, 110));
  const rating = row.rating === null ? '' : `, rated ${row.rating} of 5`;
  say(
    `${densityText(row, detail.tokens)}, max ${formatNumber(row.max)}, mean ${formatNumber(row.mean)}, stability ${formatNumber(row.stability)}${rating}`,
  );
  if (row.count > 0) {
    parts.push(histogram(detail.histogram.counts, y - 8));
    y += histogramHeight + line - 8;
    say(
      `activations from 0 to ${formatNumber(row.max)}, n = ${row.count}`,
      'font-size="11" fill="var(--text-muted)"',
    );
  }
  const tokens = (logits: FeatureDetail['promoted']) =>
    logits
      .slice(0, shownLogits)
      .map(({ token }) => visibleToken(token, { spaces: true }))
      .join('  ');
  const mono = 'font-size="12.5" font-family="ui-monospace, monospace" fill="var(--text)"';
  say(cut(`+ ${tokens(detail.promoted)}`, 88), mono);
  say(cut(`− ${tokens(detail.suppressed)}`, 88), mono);
  const top = detail.groups.find(({ kind }) => kind === 'top');
  const examples = top?.examples.slice(0, shownExamples) ?? [];
  if (top) say(`top examples, ${examples.length} of ${top.from}`);
  for (const example of examples) {
    parts.push(exampleLine(example, row.max ?? 0, y));
    y += line;
  }
  const height = y + margin - line / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="var(--surface-1)"/>${parts.join('')}</svg>`;
}

function histogram(counts: readonly number[], y: number): string {
  const most = Math.max(1, ...counts);
  const step = (width - 2 * margin) / Math.max(1, counts.length);
  const bars = counts.map((count, i) => {
    const height = (histogramHeight * Math.log1p(count)) / Math.log1p(most);
    return `<rect x="${(margin + i * step).toFixed(1)}" y="${(y + histogramHeight - height).toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${height.toFixed(1)}" fill="var(--series-1)"/>`;
  });
  return bars.join('');
}

type Shown = FeatureDetail['groups'][number]['examples'][number];

/** As many tokens around the activation as fit into the line, each shaded and underlined. */
function exampleLine(
  { tokens, activations, position, start, value }: Shown,
  max: number,
  y: number,
) {
  const words = tokens.map((token) => visibleToken(token));
  const room = Math.floor((width - 2 * margin - 56) / characterWidth);
  const [from, to] = windowAround(words, position - start, room);
  let x = margin + 56;
  const drawn = words.slice(from, to).map((word, i) => {
    const length = word.length * characterWidth;
    const { strength, step } = shade(activations[from + i], max);
    const ground =
      step === 0
        ? ''
        : `<rect x="${x.toFixed(1)}" y="${y - 13}" width="${length.toFixed(1)}" height="17" fill="var(--series-1)" opacity="${(0.1 + 0.45 * (strength / 100)).toFixed(2)}"/><rect x="${x.toFixed(1)}" y="${y + 4}" width="${length.toFixed(1)}" height="${step / 2 + 0.5}" fill="var(--text)"/>`;
    const text = `<text x="${x.toFixed(1)}" y="${y}" textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" font-size="12.5" font-family="ui-monospace, monospace" fill="var(--text)">${escapeHtml(word)}</text>`;
    x += length;
    return ground + text;
  });
  return `<text x="${margin}" y="${y}" font-size="12" fill="var(--text-muted)">${escapeHtml(formatNumber(value))}</text>${drawn.join('')}`;
}

function windowAround(words: readonly string[], focus: number, room: number): [number, number] {
  let from = focus;
  let to = Math.min(words.length, focus + 1);
  let used = words[focus]?.length ?? 0;
  for (;;) {
    const before = from > 0 ? words[from - 1]!.length : Infinity;
    const after = to < words.length ? words[to]!.length : Infinity;
    const goesBack = before !== Infinity && (focus - from <= to - focus || after === Infinity);
    const next = goesBack ? before : after;
    if (next === Infinity || used + next > room) return [from, to];
    used += next;
    if (goesBack) from--;
    else to++;
  }
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
