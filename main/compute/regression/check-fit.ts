import type { FitCheck } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';
import type { Table } from '../../../shared/domain/table.ts';
import type { Steps } from '../steps.ts';
import { describeDependencies, prepareFit } from './prepare-fit.ts';

/**
 * What a fit would be made of, without fitting: the way from the rows of the table to those used, the
 * columns of the design, and which of them depend exactly on others.
 * @throws AppError what prepareFit says
 */
export function* checkFit(table: Table, spec: RegressSpec): Steps<FitCheck> {
  const { frame, design, examined } = yield* prepareFit(table, spec);
  const found = examined ? describeDependencies(design, examined.dependencies) : [];
  return {
    response: frame.response.label,
    classes: frame.response.classes ? [...frame.response.classes] : null,
    rowsInTable: frame.rowsInTable,
    filteredOut: frame.filteredOut,
    dropped: frame.dropped,
    missing: frame.missing.map(({ label, rows }) => ({ term: label, rows })),
    n: frame.n,
    terms: design.columns.map(({ name }) => name),
    dependencies: found.map(({ words, aliased }) => ({
      ...words,
      aliased,
    })),
  };
}
