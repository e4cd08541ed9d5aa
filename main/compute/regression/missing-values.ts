import type { MissingPolicy } from '../../../shared/domain/regress-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Formula } from '../../../shared/formula/formula.ts';
import { quoteName, type Node } from '../../../shared/formula/syntax.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import type { RowView } from './language/row-view.ts';
import type { MissingCells, MissingTest } from './model-frame.ts';
import { missingTest, type Variable } from './variables.ts';

/** The name of the level that stands for a missing group. */
export const missingLevel = '(missing)';

interface Variables {
  readonly formula: Formula;
  readonly variables: readonly Variable[];
}

export interface Filled extends Variables {
  readonly imputed: readonly MissingCells[];
  readonly leftOut: readonly MissingCells[];
}

/**
 * What a policy makes of variables with missing cells. Cells count in the rows that the outcome (and
 * weight and cluster) have:
 * - drop-rows leaves all as it is;
 * - drop-columns takes every such variable out of the formula, with each term that holds it;
 * - mean-indicator puts the mean of the present cells in their place and adds the indicator
 *   `is.na(x)` as a term of its own; a group gets the level "(missing)". The coefficients of the other
 *   variables are then biased unless cells are missing by chance alone (Jones 1996, JASA 91).
 * @throws AppError `too-few-rows` where no variable is left
 */
export function withoutMissing(
  given: Variables,
  policy: MissingPolicy,
  roles: readonly MissingTest[],
  view: RowView,
): Filled {
  const nothing = { ...given, imputed: [], leftOut: [] };
  if (policy === 'drop-rows') return nothing;
  const present = presentRows(roles, view.count);
  const cells = given.variables.map((variable) => missingAmong(variable, present));
  if (cells.every((rows) => rows === 0)) return nothing;
  const listed = given.variables.flatMap(({ label }, k) =>
    cells[k]! > 0 ? [{ label, rows: cells[k]! }] : [],
  );
  if (policy === 'drop-columns') {
    const left = dropVariables(given, (k) => cells[k]! === 0);
    if (left.formula.terms.length === 0)
      throw new AppError(
        'too-few-rows',
        `Every term holds a variable that is missing somewhere, so none is left: ${listed
          .slice(0, 5)
          .map(({ label, rows }) => `${label} (${rows})`)
          .join(', ')}. Drop rows instead, or fill in values.`,
        { file: view.table.source, missing: listed },
      );
    return { ...left, imputed: [], leftOut: listed };
  }
  return { ...impute(given, cells, present), imputed: listed, leftOut: [] };
}

function presentRows(roles: readonly MissingTest[], n: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) =>
    roles.some(({ isMissing }) => isMissing(i)) ? 0 : 1,
  );
}

function missingAmong(variable: Variable, present: Uint8Array): number {
  const { isMissing } = missingTest(variable);
  return present.reduce((sum, flag, i) => sum + (flag === 1 && isMissing(i) ? 1 : 0), 0);
}

function dropVariables(
  { formula, variables }: Variables,
  keeps: (k: number) => boolean,
): Variables {
  const kept = variables.flatMap((_, k) => (keeps(k) ? [k] : []));
  const position = new Map(kept.map((k, index) => [k, index]));
  return {
    variables: kept.map((k) => variables[k]!),
    formula: {
      ...formula,
      variables: kept.map((k) => formula.variables[k]!),
      terms: formula.terms
        .filter((term) => term.every((k) => position.has(k)))
        .map((term) => term.map((k) => position.get(k)!)),
    },
  };
}

function impute(
  { formula, variables }: Variables,
  cells: readonly number[],
  present: Uint8Array,
): Variables {
  const all = [...variables];
  const written = [...formula.variables];
  const indicators: number[][] = [];
  for (const [k, variable] of variables.entries()) {
    if (cells[k] === 0) continue;
    if (variable.kind === 'factor') {
      const codes = variable.codes.map((code) => (code < 0 ? variable.levels.length : code));
      all[k] = { ...variable, codes, levels: [...variable.levels, missingLevel] };
      continue;
    }
    const { isMissing } = missingTest(variable);
    all[k] =
      variable.kind === 'number'
        ? {
            ...variable,
            values: withMean(variable.values, present),
            low: undefined,
            plain: false,
          }
        : { ...variable, columns: variable.columns.map((values) => withMean(values, present)) };
    const node = written[k]!.node;
    const label = `is.na(${node.kind === 'name' ? quoteName(node.name) : variable.label})`;
    if (written.some((known) => known.label === label)) continue;
    indicators.push([all.length]);
    written.push({ label, node: missingCall(node) });
    all.push({
      kind: 'factor',
      label,
      codes: Int32Array.from({ length: present.length }, (_, i) => (isMissing(i) ? 1 : 0)),
      levels: ['FALSE', 'TRUE'],
      origin: 'logical',
    });
  }
  const mains = formula.terms.filter((term) => term.length === 1);
  const products = formula.terms.filter((term) => term.length > 1);
  return {
    variables: all,
    formula: { ...formula, variables: written, terms: [...mains, ...indicators, ...products] },
  };
}

function missingCall(node: Node): Node {
  const { start, end } = node;
  return { kind: 'call', name: 'is.na', parts: [{ label: undefined, value: node }], start, end };
}

function withMean(values: Float64Array, present: Uint8Array): Float64Array {
  const { mean } = summarise(values.filter((_, i) => present[i] === 1));
  return values.map((value) => (Number.isNaN(value) ? mean : value));
}
