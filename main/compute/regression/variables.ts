import { AppError } from '../../../shared/errors.ts';
import { notNumericError } from './language/column-errors.ts';
import type { Evaluator } from './language/evaluate.ts';
import { namesIn, type FormulaVariable } from '../../../shared/formula/formula.ts';
import type { RowView } from './language/row-view.ts';
import type { Node } from '../../../shared/formula/syntax.ts';
import type { Value } from './language/values.ts';

/** A variable of a model over the rows of a view: a number, or groups coded against levels. */
export type Variable = NumericVariable | FactorVariable;

export interface NumericVariable {
  readonly kind: 'number';
  readonly label: string;
  readonly values: Float64Array;
  /** Digits beyond `values`, where they are known (see language/values.ts). */
  readonly low: Float64Array | undefined;
  /** A column as it stands in the table, so that its values are the printed ones. */
  readonly plain: boolean;
}

export interface FactorVariable {
  readonly kind: 'factor';
  readonly label: string;
  /** Index into `levels`; -1 where missing. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
  /** How the levels came about, for the method text. */
  readonly origin: 'text' | 'logical' | 'factor';
}

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
 * Evaluates a variable of a formula. Text columns and truth values become factors, as in R.
 * @throws AppError `not-numeric` for a text column most of whose cells are numbers, `non-finite`
 *   where an expression has no value for a row in which its columns have one, and what `Evaluator` says
 */
export function evaluateVariable(variable: FormulaVariable, evaluator: Evaluator): Variable {
  const { label, node } = variable;
  if (node.kind === 'call' && node.name === 'factor') return evaluateFactor(label, node, evaluator);
  const value = evaluator.evaluate(node);
  if (value.kind === 'text') {
    refuseSpoiltNumbers(node, evaluator.view);
    return textFactor(label, value.codes, value.levels, 'text');
  }
  if (value.kind === 'logical')
    return {
      kind: 'factor',
      label,
      codes: Int32Array.from(value.data),
      levels: ['FALSE', 'TRUE'],
      origin: 'logical',
    };
  if (value.kind === 'constant')
    throw evaluator.error(node, `'${label}' holds no column, so it is the same in every row.`);
  checkDefined(label, node, value.data, evaluator.view);
  return {
    kind: 'number',
    label,
    values: value.data,
    low: value.low,
    plain: node.kind === 'name',
  };
}

function refuseSpoiltNumbers(node: Node, view: RowView): void {
  const column = node.kind === 'name' ? view.column(node.name) : undefined;
  if (column?.kind !== 'text') return;
  const present = view.table.columns.find(({ name }) => name === column.name);
  if (present?.kind !== 'text') return;
  const cells = present.codes.reduce((sum, code) => sum + (code < 0 ? 0 : 1), 0);
  if (2 * column.numericCells >= cells) throw notNumericError(view.table, column, node.start);
}

/** A NaN is a missing value only where a column that goes into it is missing. */
function checkDefined(label: string, node: Node, values: Float64Array, view: RowView): void {
  if (node.kind === 'name') return;
  const names = [...namesIn(node)].filter((name) => view.column(name));
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i]!) || names.some((name) => isMissing(view, name, i))) continue;
    throw notFiniteError(label, 'is not a number', node, view, i);
  }
}

function isMissing(view: RowView, name: string, row: number): boolean {
  const column = view.column(name);
  if (!column || column.kind === 'empty') return true;
  return column.kind === 'number' ? Number.isNaN(column.values[row]!) : column.codes[row]! < 0;
}

/** An expression whose value at a row (of the view) cannot be calculated with. */
export function notFiniteError(
  label: string,
  what: string,
  node: Node,
  view: RowView,
  index: number,
): AppError {
  const row = view.rowNumber(index);
  const values = [...namesIn(node)].slice(0, 4).flatMap((name) => {
    const column = view.column(name);
    return column?.kind === 'number' ? [`${name} = ${column.values[index]!}`] : [];
  });
  const at = values.length > 0 ? ` (${values.join(', ')})` : '';
  return new AppError(
    'non-finite',
    `${label} ${what} in row ${row}${at} of ${view.table.source}. Correct that row, or leave such rows out with a filter.`,
    { file: view.table.source, place: `row ${row}`, row, term: label },
  );
}

function evaluateFactor(
  label: string,
  node: Node & { kind: 'call' },
  evaluator: Evaluator,
): FactorVariable {
  const [first, ...options] = node.parts;
  if (!first || first.label !== undefined)
    throw evaluator.error(node, 'factor(…) takes a column first, as in factor(g).');
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

/** Sorted levels and codes of any value; numbers sort as numbers. */
function toCodes(
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
function textFactor(
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
