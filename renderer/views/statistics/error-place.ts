import type { AppError, ErrorCode } from '../../../shared/errors.ts';
import { columnsIn, readForm } from './formula-form.ts';

/** Where on the form the user can mend an error. */
export type ErrorPlace = 'table' | 'outcome' | 'formula' | 'filter' | 'fit';

const codesOfTables: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'not-readable',
  'ragged-table',
  'corrupt',
  'truncated',
  'unsupported',
]);

/** The field that an error of a check or a fit belongs to. */
export function placeOfError(error: AppError, formula: string, filter: string): ErrorPlace {
  const { code, details } = error;
  if (codesOfTables.has(code)) return 'table';
  if (code === 'bad-filter') return 'filter';
  if (code === 'one-class') return 'outcome';
  const column = details['column'] ?? details['term'];
  if (typeof column === 'string') {
    const isInFilter = columnsIn(filter, 'filter').has(column);
    if (isInFilter && !columnsIn(formula, 'formula').has(column)) return 'filter';
    if (column === outcomeOf(formula)) return 'outcome';
    return 'formula';
  }
  if (code === 'bad-formula') return 'formula';
  if (code === 'too-few-rows') return filter === '' ? 'formula' : 'filter';
  return 'fit';
}

function outcomeOf(formula: string): string {
  try {
    const form = readForm(formula);
    return form.outcomeColumn ?? form.outcome;
  } catch {
    return '';
  }
}
