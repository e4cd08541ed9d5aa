import { escapeHtml, visibleText } from '../../../shared/text.ts';

/**
 * Text that is already HTML. A class, not a shape: no value that came out of JSON can be an
 * instance, so data can never pass for markup.
 */
export class Markup {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Fragment = Markup | string | number | null | undefined | false | readonly Fragment[];

/**
 * The only way in which a report makes HTML or SVG: every value is escaped and made visible
 * (shared/text.ts) unless it is itself Markup. Values may stand in text and in quoted attributes.
 * The indentation of the templates is left out of what they make.
 */
export function html(template: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  const strings = withoutIndentation(template);
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    text += toMarkup(value) + (strings[index + 1] ?? '');
  });
  return new Markup(text);
}

const trimmed = new WeakMap<TemplateStringsArray, readonly string[]>();

function withoutIndentation(template: TemplateStringsArray): readonly string[] {
  const known = trimmed.get(template);
  if (known) return known;
  const strings = template.map((part) => part.replace(/\n\s*/g, '\n'));
  trimmed.set(template, strings);
  return strings;
}

function toMarkup(value: Fragment): string {
  if (value instanceof Markup) return value.markup;
  if (Array.isArray(value)) return (value as readonly Fragment[]).map(toMarkup).join('');
  if (value === null || value === undefined || value === false) return '';
  return escapeHtml(visibleText(String(value)));
}
