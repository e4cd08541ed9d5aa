import type { Correlation } from '../../../shared/contract/statistics.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Steps } from '../steps.ts';
import { clusteredOrder } from './clustered-order.ts';
import { findDependencies } from './dependencies.ts';
import { describeRelation } from './dependency-words.ts';
import { interceptName } from './design.ts';
import { factorise } from './factorise.ts';
import { notNumericError, unknownColumnError } from './language/column-errors.ts';
import { filterRows } from './language/filter.ts';
import { take, type RowView } from './language/row-view.ts';
import { ranksOf } from './ranks.ts';
import type { ColumnSource } from './relation-checks.ts';

/**
 * Pearson correlations of numeric columns, or of their ranks (Spearman), over the rows in which all of them are present, with the
 * exact dependencies among them. Both come from one QR factorisation of the columns beside a column
 * of ones: without their first row, columns of R are the centred variables, so a correlation is the
 * cosine of two of them.
 * @throws AppError `unknown-column`, `not-numeric`, `non-finite`, `too-few-rows`, `bad-filter`
 */
export function* correlate(
  table: Table,
  columns: readonly string[],
  filter: string | undefined,
  method: 'pearson' | 'spearman' = 'pearson',
): Steps<Correlation> {
  const { view } = filterRows(table, filter);
  const numbers = columns.map((name) => numericColumn(view, name));
  const complete = completeRows(numbers, view.count);
  const dropped = view.count - complete.length;
  if (complete.length < 2)
    throw new AppError(
      'too-few-rows',
      `Correlations need two rows in which all ${columns.length} columns are present, and ${table.source} has ${complete.length}. Choose fewer columns.`,
      { file: table.source, n: complete.length, dropped },
    );
  const values =
    dropped === 0
      ? numbers
      : numbers.map((column) => take(column, complete, new Float64Array(complete.length)));
  checkFinite(values, columns, complete, view);
  const source = withOnes(values, complete.length);
  const names = [interceptName, ...columns];
  const whole = yield* factorise(source, names);
  const { relations } = yield* findDependencies(source, whole.r, whole.scales);
  const ranked =
    method === 'spearman'
      ? yield* factorise(withOnes(values.map(ranksOf), complete.length), names)
      : whole;
  const correlations = cosines(ranked.r, columns.length + 1, constantColumns(values));
  return {
    columns: [...columns],
    values: correlations,
    order: clusteredOrder(correlations, columns.length),
    n: complete.length,
    dropped,
    dependencies: relations.map((relation) => describeRelation(relation, names, 0)),
  };
}

function numericColumn(view: RowView, name: string): Float64Array {
  const column = view.column(name);
  if (!column) throw unknownColumnError(view.table, name);
  if (column.kind === 'text') throw notNumericError(view.table, column);
  if (column.kind === 'number') return column.values;
  if (column.kind === 'empty') return new Float64Array(view.count).fill(NaN);
  return Float64Array.from(column.codes, (code) => (code < 0 ? NaN : code));
}

function completeRows(columns: readonly Float64Array[], rows: number): Int32Array {
  const complete: number[] = [];
  for (let i = 0; i < rows; i++)
    if (columns.every((values) => !Number.isNaN(values[i]!))) complete.push(i);
  return Int32Array.from(complete);
}

function checkFinite(
  values: readonly Float64Array[],
  names: readonly string[],
  complete: Int32Array,
  view: RowView,
): void {
  for (const [k, column] of values.entries()) {
    const at = column.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const row = view.rowNumber(complete[at]!);
    throw new AppError(
      'non-finite',
      `Column '${names[k]!}' of ${view.table.source} is infinite in row ${row}. Correct that row, or leave it out with a filter.`,
      { file: view.table.source, place: `row ${row}`, row, column: names[k]! },
    );
  }
}

function constantColumns(values: readonly Float64Array[]): boolean[] {
  return values.map((column) => column.every((value) => value === column[0]));
}

function withOnes(values: readonly Float64Array[], rows: number): ColumnSource {
  return {
    rows,
    columns: values.length + 1,
    isPlain: () => true,
    fill(j, start, count, out, offset) {
      if (j === 0) out.fill(1, offset, offset + count);
      else out.set(values[j - 1]!.subarray(start, start + count), offset);
    },
  };
}

/** Cosines of columns 1 … p - 1 of R without its first row, row-major; null for a constant column. */
function cosines(r: Float64Array, p: number, constant: readonly boolean[]): (number | null)[] {
  const lengths = Array.from({ length: p }, (_, j) => Math.sqrt(dot(r, p, j, j)));
  const values: (number | null)[] = [];
  for (let i = 1; i < p; i++)
    for (let j = 1; j < p; j++) {
      if (constant[i - 1] || constant[j - 1]) values.push(null);
      else if (i === j) values.push(1);
      else {
        const cosine = dot(r, p, i, j) / (lengths[i]! * lengths[j]!);
        values.push(Math.max(-1, Math.min(1, cosine)));
      }
    }
  return values;
}

function dot(r: Float64Array, p: number, i: number, j: number): number {
  let sum = 0;
  for (let k = 1; k <= Math.min(i, j); k++) sum += r[i * p + k]! * r[j * p + k]!;
  return sum;
}
