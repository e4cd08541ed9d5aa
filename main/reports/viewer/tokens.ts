import { visibleToken } from '../../../shared/text.ts';
import { formatNumber } from './format.ts';
import { html, type Fragment, type Markup } from './html.ts';

/** A stretch of text with one activation per token: an example of the contract. */
export interface TokenRow {
  readonly position: number;
  readonly start: number;
  readonly value: number;
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  readonly activations: readonly number[];
}

const levels = 8;

/**
 * One of eight steps of shading for an activation, 0 for none. The page draws a step as a lightness
 * of one hue and, two steps each, as one of four thicknesses of underline, so that it reads in grey.
 * @param max largest activation of the feature
 */
export function shade(activation: number, max: number): number {
  if (!(activation > 0) || !(max > 0)) return 0;
  return Math.min(levels, Math.max(1, Math.ceil((activation / max) * levels)));
}

/** Tokens as text, active ones marked; line breaks and other whitespace are shown as glyphs. */
export function tokenText(row: TokenRow, max: number): Markup {
  const peak = row.position - row.start;
  const parts: Fragment[] = [];
  let plain = '';
  row.tokens.forEach((token, index) => {
    const activation = row.activations[index] ?? 0;
    const level = shade(activation, max);
    if (level === 0 && index !== peak) {
      plain += visibleToken(token);
      return;
    }
    parts.push(plain, markedToken(row, index, level, index === peak));
    plain = '';
  });
  return html`<span class="tokens">${parts}${plain}</span>`;
}

function markedToken(row: TokenRow, index: number, level: number, isPeak: boolean): Markup {
  const id = row.ids[index];
  const facts = [
    id === undefined ? null : `id ${id}`,
    formatNumber(row.activations[index] ?? 0, 4),
    `position ${row.start + index}`,
  ];
  const title = facts.filter((fact) => fact !== null).join(' · ');
  const token = visibleToken(row.tokens[index] ?? '');
  return html`<mark class="a${level}${isPeak ? ' peak' : ''}" title="${title}">${token}</mark>`;
}
