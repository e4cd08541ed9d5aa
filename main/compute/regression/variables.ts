import { AppError } from '../../../shared/errors.ts';
import { basisCalls, evaluateBasis } from './basis.ts';
import { evaluateFactor, factorCalls, textFactor } from './factors.ts';
import { notNumericError } from './language/column-errors.ts';
import type { Evaluator } from './language/evaluate.ts';
import { namesIn, type FormulaVariable } from '../../../shared/formula/formula.ts';
import type { RowView } from './language/row-view.ts';
import type { Node } from '../../../shared/formula/syntax.ts';

/** A variable of a model over the rows of a view: a number, or groups coded against levels. */
export type Variable = NumericVariable | FactorVariable | BasisVariable;

/** Several columns from one variable: a spline, or a polynomial. */
export interface BasisVariable {
  readonly kind: 'basis';
  readonly label: string;
  /** NaN where the variable is missing. */
  readonly columns: readonly Float64Array[];
  /** What the basis is, for the method text: its degree and knots. */
  readonly description: string;
}

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

/**
 * Evaluates a variable of a formula. Text columns and truth values become factors, as in R.
 * @throws AppError `not-numeric` for a text column most of whose cells are numbers, `non-finite`
 *   where an expression has no value for a row in which its columns have one, and what `Evaluator` says
 */
export function evaluateVariable(variable: FormulaVariable, evaluator: Evaluator): Variable {
  const { label, node } = variable;
  if (node.kind === 'call' && factorCalls.has(node.name))
    return evaluateFactor(label, node, evaluator);
  if (node.kind === 'call' && basisCalls.has(node.name))
    return evaluateBasis(label, node, evaluator);
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

/** Which rows have no value of a variable. */
export function missingTest(variable: Variable): {
  label: string;
  isMissing: (row: number) => boolean;
} {
  const { label } = variable;
  if (variable.kind === 'factor') return { label, isMissing: (i) => variable.codes[i]! < 0 };
  const values = variable.kind === 'number' ? variable.values : variable.columns[0]!;
  return { label, isMissing: (i) => Number.isNaN(values[i]!) };
}
