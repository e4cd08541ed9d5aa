import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { notNumericError } from './language/column-errors.ts';
import type { Evaluator } from './language/evaluate.ts';
import type { Formula } from '../../../shared/formula/formula.ts';
import { take } from './language/row-view.ts';
import { evaluateVariable } from './variables.ts';

export type Family = RegressSpec['family'];

/** The outcome of a model. */
export class Response {
  readonly label: string;
  readonly family: Family;
  /** NaN where missing; 0 and 1 for binomial. */
  readonly values: Float64Array;
  readonly low: Float64Array | undefined;
  /** For a binomial outcome in words: what counts as failure and as success. */
  readonly classes: readonly [string, string] | undefined;
  readonly #source: string;

  constructor(
    label: string,
    family: Family,
    values: Float64Array,
    source: string,
    options: {
      low?: Float64Array | undefined;
      classes?: readonly [string, string] | undefined;
    } = {},
  ) {
    this.label = label;
    this.family = family;
    this.values = values;
    this.low = options.low;
    this.classes = options.classes;
    this.#source = source;
  }

  /** The outcome of some rows only. */
  take(rows: Int32Array): Response {
    const { label, family, values, low, classes } = this;
    return new Response(
      label,
      family,
      take(values, rows, new Float64Array(rows.length)),
      this.#source,
      { low: low && take(low, rows, new Float64Array(rows.length)), classes },
    );
  }

  /** @throws AppError `constant-column` or `one-class` where the outcome does not vary. */
  check(): void {
    const first = this.values[0]!;
    if (this.values.some((value) => value !== first)) return;
    const n = this.values.length;
    if (this.family === 'binomial') {
      const shown = this.classes ? this.classes[first]! : String(first);
      throw new AppError(
        'one-class',
        `All ${n} rows have the same outcome, ${this.label} = ${shown}, so there is nothing to tell apart. Choose rows with both outcomes, or another outcome.`,
        { file: this.#source, place: this.label, value: shown, n },
      );
    }
    throw new AppError(
      'constant-column',
      `The outcome ${this.label} is ${first} in all ${n} rows, so there is nothing to explain. Choose another outcome or other rows.`,
      { file: this.#source, place: this.label, value: first, n },
    );
  }
}

/**
 * Evaluates the outcome over the rows of the view. A binomial outcome may be 0 and 1, true and false,
 * or text with two values, of which the second in alphabetical order counts as success, as in R.
 * @throws AppError `not-numeric`, `bad-input`, `one-class` and what the evaluator says
 */
export function readResponse(formula: Formula, evaluator: Evaluator, family: Family): Response {
  const { response: node, responseLabel: label } = formula;
  const source = evaluator.view.table.source;
  if (family !== 'binomial') {
    const value = evaluator.numbers(node);
    if (family === 'poisson') checkCounts(label, value.data, evaluator);
    return new Response(label, family, value.data, source, { low: value.low });
  }
  const variable = evaluateVariable({ label, node }, evaluator);
  if (variable.kind === 'basis')
    throw evaluator.error(node, `${label} has several columns and cannot be an outcome.`);
  if (variable.kind === 'number') {
    checkZeroOne(label, variable.values, evaluator);
    return new Response(label, family, variable.values, source);
  }
  const { codes, levels, origin } = variable;
  if (levels.length > 2) throw tooManyClasses(label, levels, evaluator, formula);
  if (levels.length < 2) throw oneClass(label, levels, source);
  const values = Float64Array.from(codes, (code) => (code < 0 ? NaN : code));
  const classes = origin === 'logical' ? undefined : ([levels[0]!, levels[1]!] as const);
  return new Response(label, family, values, source, { classes });
}

/** Counts are not negative; R takes others than whole numbers with a warning, and so do we. */
function checkCounts(label: string, values: Float64Array, evaluator: Evaluator): void {
  const { view } = evaluator;
  const at = values.findIndex((value) => value < 0);
  if (at < 0) return;
  const row = view.rowNumber(at);
  throw new AppError(
    'bad-input',
    `A Poisson outcome must not be negative, and ${label} is ${values[at]!} in row ${row}. Correct that row, or use family gaussian.`,
    { file: view.table.source, place: `row ${row}`, row, term: label, value: values[at]! },
  );
}

function checkZeroOne(label: string, values: Float64Array, evaluator: Evaluator): void {
  const { view } = evaluator;
  const at = values.findIndex((value) => !Number.isNaN(value) && value !== 0 && value !== 1);
  if (at < 0) return;
  const row = view.rowNumber(at);
  throw new AppError(
    'bad-input',
    `A binomial outcome must be 0 or 1, and ${label} is ${values[at]!} in row ${row}. Write it as a condition, such as ${label} > 0, as factor(${label}) where it has two values, or use family gaussian.`,
    { file: view.table.source, place: `row ${row}`, row, term: label, value: values[at]! },
  );
}

function tooManyClasses(
  label: string,
  levels: readonly string[],
  evaluator: Evaluator,
  formula: Formula,
): AppError {
  const { table } = evaluator.view;
  const { response } = formula;
  const column = response.kind === 'name' ? evaluator.view.column(response.name) : undefined;
  if (column?.kind === 'text' && column.numericCells > 0) return notNumericError(table, column);
  const shown = levels.slice(0, 5).join(', ') + (levels.length > 5 ? ', …' : '');
  return new AppError(
    'bad-input',
    `A binomial outcome needs two values, and ${label} has ${levels.length}: ${shown}. Write it as a condition, such as ${label} == "${levels[1]}".`,
    { file: table.source, place: label, levels: levels.slice(0, 20) },
  );
}

function oneClass(label: string, levels: readonly string[], source: string): AppError {
  return new AppError(
    'one-class',
    `The outcome ${label} is ${levels[0] ?? 'missing'} in every row, so there is nothing to tell apart. Choose rows with both outcomes, or another outcome.`,
    { file: source, place: label, value: levels[0] ?? null },
  );
}
