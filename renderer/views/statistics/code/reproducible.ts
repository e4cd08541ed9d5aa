import type { ColumnSummary, FitDetail } from '../../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../../shared/domain/job-spec.ts';
import { missingTexts } from '../../../../shared/domain/table.ts';
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
export function readParts({ spec, columns, note }: Reproducible): {
  formula: Formula;
  filter: Node | undefined;
  columnsUsed: readonly ColumnSummary[];
  skippedLines: number;
  usesCenter: boolean;
  usesScale: boolean;
} {
  const names = columns.map(({ name }) => name);
  const formula = parseFormula(spec.formula, names);
  const filter = spec.filter?.trim() ? parse(spec.filter, 'filter') : undefined;
  const nodes = [formula.response, ...formula.variables.map(({ node }) => node)];
  if (filter) nodes.push(filter);
  const used = new Set(nodes.flatMap((node) => [...namesIn(node)]));
  const calls = new Set(nodes.flatMap((node) => [...callsIn(node)]));
  return {
    formula,
    filter,
    columnsUsed: columns.filter(({ name }) => used.has(name)),
    skippedLines: note === null ? 0 : note.split('\n').length,
    usesCenter: calls.has('center'),
    usesScale: calls.has('scale'),
  };
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
