import type { ColumnSummary } from '../../../../shared/contract/statistics.ts';
import { columnsIn } from '../formula-form.ts';

/** Columns that one question about correlations may name. */
export const mostCorrelated = 200;

/** Columns that can be correlated: numbers and truth values that are there and vary. */
export function candidates(columns: readonly ColumnSummary[]): string[] {
  return columns
    .filter(({ type, distinct }) => (type === 'number' || type === 'boolean') && distinct > 1)
    .map(({ name }) => name);
}

/** Those of the formula. */
export function candidatesIn(formula: string, columns: readonly ColumnSummary[]): string[] {
  const used = columnsIn(formula, 'formula');
  if (used.has('.')) return candidates(columns);
  return candidates(columns).filter((name) => used.has(name));
}
