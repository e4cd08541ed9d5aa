import { AppError } from '../../../shared/errors.ts';
import type { Evaluator } from './language/evaluate.ts';
import type { RowView } from './language/row-view.ts';
import type { Node } from '../../../shared/formula/syntax.ts';
import type { Value } from './language/values.ts';
import type { FactorVariable } from './variables.ts';

/** Calls that make groups: R's factor and relevel, and C as patsy's formulas write it. */
export const factorCalls: ReadonlySet<string> = new Set(['factor', 'C', 'relevel']);

/** Levels of one factor beyond which it is taken for an identifier. */
export const maximumLevels = 1000;

/**
 * R sorts levels by the session's locale; here it is always English, upper and lower case together,
 * so that a fit does not depend on the machine.
 */
const collator = new Intl.Collator('en');

export function sortLevels(levels: Iterable<string>): string[] {
  return [...levels].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/**
 * factor(g), factor(g, levels = c("a", "b")), relevel(g, ref = "b"), C(g), C(g, "b"): groups, the
 * reference level first.
 * @throws AppError `bad-formula` with the place of what cannot be read
 */
export function evaluateFactor(
  label: string,
  node: Node & { kind: 'call' },
  evaluator: Evaluator,
): FactorVariable {
  const [first, ...options] = node.parts;
  if (!first || first.label !== undefined)
    throw evaluator.error(node, `${node.name}(…) takes a column first, as in ${node.name}(g).`);
  if (node.name !== 'factor') return withReference(label, node, evaluator);
  const known = options.length === 0 || (options.length === 1 && options[0]!.label === 'levels');
  if (!known)
    throw evaluator.error(node, 'factor(…) takes a column and, if wanted, levels = c(…).');
  const value = evaluator.evaluate(first.value);
  const { codes, levels } = toCodes(label, value, evaluator, first.value);
  const order = options[0] && levelTexts(options[0].value, evaluator);
  if (!order) return { kind: 'factor', label, codes, levels, origin: 'factor' };
  const position = new Map(order.map((text, index) => [text, index]));
  const map = levels.map((level) => position.get(level) ?? -1);
  const reordered = codes.map((code) => (code < 0 ? -1 : map[code]!));
  return { kind: 'factor', label, codes: reordered, levels: order, origin: 'factor' };
}

function levelTexts(node: Node, evaluator: Evaluator): string[] {
  const items = node.kind === 'call' && node.name === 'c' ? node.parts : undefined;
  if (!items) throw evaluator.error(node, "levels must be written as c('a', 'b', …).");
  const texts = items.map(({ value }) => {
    const constant = evaluator.evaluate(value);
    if (constant.kind === 'constant' && constant.value !== null) return String(constant.value);
    throw evaluator.error(value, 'a level must be a text or a number.');
  });
  if (new Set(texts).size !== texts.length) throw evaluator.error(node, 'a level is listed twice.');
  return texts;
}

function withReference(
  label: string,
  node: Node & { kind: 'call' },
  evaluator: Evaluator,
): FactorVariable {
  const [first, option, ...rest] = node.parts;
  const isReference = !option || option.label === undefined || option.label === 'ref';
  if (rest.length > 0 || !isReference || (!option && node.name === 'relevel'))
    throw evaluator.error(
      node,
      `${node.name}(…) takes a column and the reference level, as in ${node.name}(g, ref = "b").`,
    );
  const value = evaluator.evaluate(first!.value);
  const { codes, levels } = toCodes(label, value, evaluator, first!.value);
  if (!option) return { kind: 'factor', label, codes, levels, origin: 'factor' };
  const constant = evaluator.evaluate(option.value);
  const text =
    constant.kind === 'constant' && constant.value !== null ? String(constant.value) : '';
  const position = levels.indexOf(text);
  if (position < 0)
    throw evaluator.error(
      option.value,
      `'${text}' is not a level here. Levels: ${levels.slice(0, 10).join(', ')}${levels.length > 10 ? ', …' : ''}.`,
    );
  const order = [text, ...levels.filter((_, level) => level !== position)];
  const map = levels.map((level) => order.indexOf(level));
  const reordered = codes.map((code) => (code < 0 ? -1 : map[code]!));
  return { kind: 'factor', label, codes: reordered, levels: order, origin: 'factor' };
}

/** Sorted levels and codes of any value; numbers sort as numbers. */
export function toCodes(
  label: string,
  value: Value,
  evaluator: Evaluator,
  node: Node,
): { codes: Int32Array; levels: string[] } {
  if (value.kind === 'constant')
    throw evaluator.error(node, `'${label}' holds no column, so it is the same in every row.`);
  if (value.kind === 'text') return textFactor(label, value.codes, value.levels, 'factor');
  if (value.kind === 'logical')
    return { codes: Int32Array.from(value.data), levels: ['FALSE', 'TRUE'] };
  const distinct = new Set<number>();
  for (const number of value.data) {
    if (!Number.isNaN(number)) distinct.add(number);
    if (distinct.size > maximumLevels) throw tooManyLevels(label, evaluator.view);
  }
  const sorted = [...distinct].sort((a, b) => a - b);
  const position = new Map(sorted.map((number, index) => [number, index]));
  const codes = Int32Array.from(value.data, (number) =>
    Number.isNaN(number) ? -1 : position.get(number)!,
  );
  return { codes, levels: sorted.map(String) };
}

/** Sorts the levels that occur and recodes. */
export function textFactor(
  label: string,
  codes: Int32Array,
  levels: readonly string[],
  origin: 'text' | 'factor',
): {
  kind: 'factor';
  label: string;
  codes: Int32Array;
  levels: string[];
  origin: 'text' | 'factor';
} {
  const used = new Set<number>();
  for (const code of codes) if (code >= 0) used.add(code);
  const sorted = sortLevels([...used].map((code) => levels[code]!));
  const position = new Map(sorted.map((level, index) => [level, index]));
  const map = Int32Array.from(levels, (level) => position.get(level) ?? -1);
  const recoded = codes.map((code) => (code < 0 ? -1 : map[code]!));
  return { kind: 'factor', label, codes: recoded, levels: sorted, origin };
}

function tooManyLevels(label: string, view: RowView): AppError {
  return new AppError(
    'too-large',
    `${label} has more than ${maximumLevels} levels, so it looks like an identifier. Leave it out, or use the number itself.`,
    { file: view.table.source, term: label, limit: maximumLevels },
  );
}
