import type { Table } from '../../../shared/domain/table.ts';
import { AppError } from '../../../shared/errors.ts';
import { Evaluator } from './language/evaluate.ts';
import { filterRows } from './language/filter.ts';
import { parseFormula, type Formula } from '../../../shared/formula/formula.ts';
import { take, type RowView } from './language/row-view.ts';
import type { Node } from '../../../shared/formula/syntax.ts';
import type { MissingPolicy, RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { maximumLevels } from './factors.ts';
import { readClusters, readWeights } from './row-roles.ts';
import { withoutMissing, type Filled } from './missing-values.ts';
import { readResponse, type Response } from './response.ts';
import {
  evaluateVariable,
  missingTest,
  notFiniteError,
  type FactorVariable,
  type Variable,
} from './variables.ts';

/** The rows and variables of one fit. */
export interface ModelFrame {
  readonly formula: Formula;
  readonly response: Response;
  /** In the order of `formula.variables`, over the complete rows. */
  readonly variables: readonly Variable[];
  readonly n: number;
  readonly rowsInTable: number;
  readonly filteredOut: number;
  /** Of the rows filtered out, those for which the condition was unknown. */
  readonly filterUnknown: number;
  readonly dropped: number;
  /** Missing cells by variable, among the rows that the filter kept; those with none are left out. */
  readonly missing: readonly MissingCells[];
  readonly policy: MissingPolicy;
  /** Variables whose missing cells were replaced by their mean, or by a level of their own. */
  readonly imputed: readonly MissingCells[];
  /** Variables left out because they are missing somewhere. */
  readonly leftOut: readonly MissingCells[];
  /** Positive; undefined for equal ones. [n] */
  readonly weights: Float64Array | undefined;
  /** The cluster of each row, from 0, and how many there are. */
  readonly clusters: { readonly codes: Int32Array; readonly count: number } | undefined;
  /** Row of the table, from 1, of each row used. */
  rowNumber(index: number): number;
}

export interface MissingCells {
  readonly label: string;
  readonly rows: number;
}

/** What of a spec says which rows and variables are used. */
export type FrameSpec = Pick<
  RegressSpec,
  'formula' | 'family' | 'filter' | 'missing' | 'weights' | 'errors' | 'exact'
>;

/**
 * Applies the filter, evaluates the outcome, weights, clusters and all variables on the rows that it
 * keeps, and leaves out each row in which one of them is missing, or what else the policy for missing
 * values says. The filter comes first, so that `scale(x)` is over the rows it keeps, as in R's
 * lm(…, data = subset(d, …)). Rows of weight 0 are left out too.
 * @throws AppError for a bad formula or filter, text where numbers belong, values that are not
 *   finite, factors with one level, and no complete row (`too-few-rows`)
 */
export function buildModelFrame(table: Table, spec: FrameSpec): ModelFrame {
  const named = table.columns.map((column) => column.name);
  const written = parseFormula(
    spec.formula,
    named.filter((name) => !table.unnamed.has(name)),
  );
  const { view, filteredOut, unknown } = filterRows(table, spec.filter);
  const evaluator = new Evaluator(view, spec.formula, 'formula', spec.exact);
  const response = readResponse(written, evaluator, spec.family);
  const weights = spec.weights === undefined ? undefined : readWeights(spec.weights, view);
  const cluster = spec.errors?.cluster;
  const clusters = cluster === undefined ? undefined : readClusters(cluster, view);
  const evaluated = written.variables.map((variable) => evaluateVariable(variable, evaluator));
  const policy = spec.missing ?? 'drop-rows';
  const roles = [
    missingNumbers(written.responseLabel, response.values),
    ...(weights ? [missingNumbers(weights.label, weights.values)] : []),
    ...(clusters ? [missingCodes(clusters.label, clusters.codes)] : []),
  ];
  const filled = withoutMissing({ formula: written, variables: evaluated }, policy, roles, view);
  const { formula, variables } = filled;
  const { complete, missing } = findComplete(roles, filled, view);
  const rows = complete ?? undefined;
  const nodes = formula.variables.map(({ node }) => node);
  checkFinite(formula.responseLabel, response.values, rows, formula.response, view);
  const frame = {
    formula,
    response: rows ? response.take(rows) : response,
    variables: variables.map((variable, k) => settle(variable, rows, nodes[k]!, view)),
    n: rows?.length ?? view.count,
    rowsInTable: table.rows,
    filteredOut,
    filterUnknown: unknown,
    dropped: rows ? view.count - rows.length : 0,
    missing,
    policy,
    imputed: filled.imputed,
    leftOut: filled.leftOut,
    weights: weights?.take(rows),
    clusters: clusters?.take(rows),
    rowNumber: (index: number) => view.rowNumber(rows ? rows[index]! : index),
  };
  frame.response.check();
  return frame;
}

/** Which rows have no value of something, by its name. */
export interface MissingTest {
  readonly label: string;
  isMissing(row: number): boolean;
}

export function missingNumbers(label: string, values: Float64Array): MissingTest {
  return { label, isMissing: (i) => Number.isNaN(values[i]!) };
}

export function missingCodes(label: string, codes: Int32Array): MissingTest {
  return { label, isMissing: (i) => codes[i]! < 0 };
}

/** Rows of the view in which nothing is missing; null where that is all of them. */
function findComplete(
  roles: readonly MissingTest[],
  { variables, formula }: Filled,
  view: RowView,
): { complete: Int32Array | null; missing: MissingCells[] } {
  const incomplete = new Uint8Array(view.count);
  const missing: MissingCells[] = [];
  const tests = variables.map((variable, k) =>
    missingTest({ ...variable, label: formula.variables[k]!.label }),
  );
  for (const { label, isMissing } of [...roles, ...tests]) {
    let rows = 0;
    for (let i = 0; i < view.count; i++) {
      if (!isMissing(i)) continue;
      rows++;
      incomplete[i] = 1;
    }
    if (rows > 0) missing.push({ label, rows });
  }
  const dropped = incomplete.reduce((sum, flag) => sum + flag, 0);
  if (dropped === 0 && view.count > 0) return { complete: null, missing };
  if (dropped === view.count) throw noCompleteRow(view, missing);
  const complete = new Int32Array(view.count - dropped);
  let next = 0;
  incomplete.forEach((flag, i) => {
    if (flag === 0) complete[next++] = i;
  });
  return { complete, missing };
}

function noCompleteRow(view: RowView, missing: readonly MissingCells[]): AppError {
  const file = view.table.source;
  if (view.count === 0)
    return new AppError('too-few-rows', `${file} has a header and no rows. Add data.`, { file });
  const worst = [...missing].sort((a, b) => b.rows - a.rows)[0]!;
  return new AppError(
    'too-few-rows',
    `No row of ${file} has a value for every variable: '${worst.label}' is missing in ${worst.rows} of ${view.count} rows. Leave it out of the formula, or fill it in.`,
    { file, missing },
  );
}

/** The variable over the complete rows: finite numbers, and levels that occur. */
function settle(
  variable: Variable,
  rows: Int32Array | undefined,
  node: Node,
  view: RowView,
): Variable {
  if (variable.kind === 'factor') return settleFactor(variable, rows, view);
  if (variable.kind === 'basis') {
    for (const column of variable.columns) checkFinite(variable.label, column, rows, node, view);
    if (!rows) return variable;
    const columns = variable.columns.map((values) =>
      take(values, rows, new Float64Array(rows.length)),
    );
    return { ...variable, columns };
  }
  checkFinite(variable.label, variable.values, rows, node, view);
  if (!rows) return variable;
  const { values, low } = variable;
  return {
    ...variable,
    values: take(values, rows, new Float64Array(rows.length)),
    low: low && take(low, rows, new Float64Array(rows.length)),
  };
}

function checkFinite(
  label: string,
  values: Float64Array,
  rows: Int32Array | undefined,
  node: Node,
  view: RowView,
): void {
  const n = rows?.length ?? values.length;
  for (let i = 0; i < n; i++) {
    const index = rows ? rows[i]! : i;
    if (!Number.isFinite(values[index]!))
      throw notFiniteError(label, 'is infinite', node, view, index);
  }
}

function settleFactor(
  variable: FactorVariable,
  rows: Int32Array | undefined,
  view: RowView,
): FactorVariable {
  const codes = rows ? take(variable.codes, rows, new Int32Array(rows.length)) : variable.codes;
  const occurs = new Uint8Array(variable.levels.length);
  for (const code of codes) occurs[code] = 1;
  const kept = variable.levels.filter((_, level) => occurs[level] === 1);
  const details = { file: view.table.source, place: variable.label };
  if (kept.length < 2)
    throw new AppError(
      'constant-column',
      `${variable.label} has the same value in every row used: ${kept[0] ?? 'none'}. Leave it out of the formula.`,
      { ...details, value: kept[0] ?? null },
    );
  if (kept.length > maximumLevels)
    throw new AppError(
      'too-large',
      `${variable.label} has ${kept.length} levels, more than ${maximumLevels}, so it looks like an identifier. Leave it out.`,
      { ...details, levels: kept.length, limit: maximumLevels },
    );
  if (kept.length === variable.levels.length) return { ...variable, codes };
  let next = 0;
  const map = Int32Array.from(occurs, (flag) => (flag === 1 ? next++ : -1));
  return { ...variable, codes: codes.map((code) => map[code]!), levels: kept };
}
