import { Evaluator } from './evaluate.ts';
import { RowView } from './row-view.ts';
import { parse } from '../../../../shared/formula/syntax.ts';
import { languageError } from '../../../../shared/formula/tokens.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';

export interface Filtered {
  readonly view: RowView;
  /** Rows for which the condition is false, or unknown because a value is missing. */
  readonly filteredOut: number;
  /** Of those, the ones for which it is unknown. */
  readonly unknown: number;
}

/**
 * The rows of a table for which a condition holds, such as `age >= 18 & group == "a"`. As in R's
 * subset, a row for which it is unknown is left out; it is counted.
 * @throws AppError `bad-filter`, `unknown-column`, `not-numeric`; `too-few-rows` where none is left
 */
export function filterRows(table: Table, filter: string | undefined): Filtered {
  if (filter === undefined || filter.trim() === '')
    return { view: new RowView(table), filteredOut: 0, unknown: 0 };
  const tree = parse(filter, 'filter');
  const whole = new RowView(table);
  const value = new Evaluator(whole, filter, 'filter').evaluate(tree);
  if (value.kind !== 'logical')
    throw languageError(
      'filter',
      filter,
      tree.start,
      tree.end,
      'it must be a condition, such as age >= 18 & group == "a".',
    );
  let kept = 0;
  let unknown = 0;
  for (const code of value.data) {
    if (code === 1) kept++;
    else if (code < 0) unknown++;
  }
  if (kept === 0)
    throw new AppError(
      'too-few-rows',
      `The filter ${filter} leaves none of the ${table.rows} rows of ${table.source}. Loosen it.`,
      { file: table.source, filter, rows: table.rows, unknown },
    );
  if (kept === table.rows) return { view: whole, filteredOut: 0, unknown: 0 };
  const rows = new Int32Array(kept);
  let next = 0;
  value.data.forEach((code, i) => {
    if (code === 1) rows[next++] = i;
  });
  return { view: new RowView(table, rows), filteredOut: table.rows - kept, unknown };
}
