import type { PenalisedFit } from '../../../../shared/contract/fit-diagnostics.ts';
import type { ColumnSummary, FitDetail } from '../../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../../shared/domain/job-spec.ts';
import { missingTexts } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';
import { namesIn, parseFormula, type Formula } from '../../../../shared/formula/formula.ts';
import { parse, type Node } from '../../../../shared/formula/syntax.ts';

/** What code in another language needs to repeat a fit. */
export interface Reproducible {
  readonly spec: RegressSpec;
  readonly columns: readonly ColumnSummary[];
  readonly delimiter: string;
  /** Comment lines above the header. */
  readonly note: string | null;
  readonly tableSha256: string;
  /** The fit, where it was made: which terms it left out. */
  readonly fit?: FitDetail | undefined;
}

/** The parts that both languages share. @throws AppError `bad-formula`, `bad-filter` */
export function readParts({ spec, columns, note, fit }: Reproducible): {
  formula: Formula;
  filter: Node | undefined;
  columnsUsed: readonly ColumnSummary[];
  skippedLines: number;
  usesCenter: boolean;
  usesScale: boolean;
  usesSplines: boolean;
} {
  const names = columns.map(({ name }) => name);
  const formula = withoutVariables(parseFormula(spec.formula, names), leftOutOf({ spec, fit }));
  const filter = spec.filter?.trim() ? parse(spec.filter, 'filter') : undefined;
  const nodes = [formula.response, ...formula.variables.map(({ node }) => node)];
  if (filter) nodes.push(filter);
  for (const text of [spec.weights, spec.errors?.cluster])
    if (text !== undefined) nodes.push(parse(text, 'filter'));
  const used = new Set(nodes.flatMap((node) => [...namesIn(node)]));
  const calls = new Set(nodes.flatMap((node) => [...callsIn(node)]));
  return {
    formula,
    filter,
    columnsUsed: columns.filter(({ name }) => used.has(name)),
    skippedLines: note === null ? 0 : note.split('\n').length,
    usesCenter: calls.has('center'),
    usesScale: calls.has('scale'),
    usesSplines: calls.has('ns') || calls.has('bs'),
  };
}

/** Variables that the fit left out because they are missing somewhere. @throws AppError `unsupported` */
function leftOutOf({ spec, fit }: Pick<Reproducible, 'spec' | 'fit'>): ReadonlySet<string> {
  if (spec.missing !== 'drop-columns') return new Set();
  if (!fit) throw notFitted('which variables are left out');
  return new Set((fit.leftOut ?? []).map(({ term }) => term));
}

function withoutVariables(formula: Formula, labels: ReadonlySet<string>): Formula {
  if (labels.size === 0) return formula;
  const isKept = (index: number): boolean => !labels.has(formula.variables[index]!.label);
  return { ...formula, terms: formula.terms.filter((term) => term.every(isKept)) };
}

/** Columns whose missing cells the fit replaced by their mean. @throws AppError `unsupported` */
export function imputedColumns({ spec, columns, fit }: Reproducible): ColumnSummary[] {
  if (spec.missing !== 'mean-indicator') return [];
  if (!fit) throw notFitted('which cells are replaced');
  return (fit.imputed ?? []).map(({ term }) => {
    const column = columns.find(({ name, type }) => name === term && type === 'number');
    if (column) return column;
    throw new AppError(
      'unsupported',
      `${term} is no plain numeric column, and code that replaces its missing cells is not offered. Leave rows out instead.`,
    );
  });
}

/** The penalty of a fit that was made, in glmnet's terms. @throws AppError `unsupported` */
export function madePenalty({ fit }: Reproducible): PenalisedFit {
  if (!fit?.penalised) throw notFitted('the strength');
  return fit.penalised;
}

function notFitted(what: string): AppError {
  return new AppError(
    'unsupported',
    `The code needs ${what}, which the fit decides. Press Fit, and it stands here.`,
  );
}

/** What kind of file a table is, by its name: each is read by another call. */
export function fileKind(table: string): 'text' | 'parquet' | 'json-lines' {
  if (/\.parquet$/i.test(table)) return 'parquet';
  return /\.(jsonl|ndjson)$/i.test(table) ? 'json-lines' : 'text';
}

function callsIn(node: Node): string[] {
  switch (node.kind) {
    case 'group':
      return callsIn(node.inner);
    case 'unary':
      return callsIn(node.operand);
    case 'binary':
      return [...callsIn(node.left), ...callsIn(node.right)];
    case 'call':
      return [node.name, ...node.parts.flatMap(({ value }) => callsIn(value))];
    default:
      return [];
  }
}

/** Texts that are read as missing; `.` too where it stands among numbers. */
export const missingMarks: readonly string[] = [...missingTexts, '.'];
