import * as v from 'valibot';
import type { Correlation, TableDescription } from '../../../../shared/contract/statistics.ts';
import { count, shortText, text } from '../../../../shared/domain/schemas.ts';
import { limits } from '../../../../shared/limits.ts';
import { correlate } from '../../../compute/regression/correlation.ts';
import { describeTable, pageRows } from '../../../compute/regression/describe-table.ts';
import { drive } from '../../../compute/steps.ts';
import type { QueryContext } from './handler.ts';
import { openTable } from './open-table.ts';
import { parseInput } from './parse-input.ts';

const inTable = { projectPath: v.pipe(v.string(), v.minLength(1)), table: shortText };

const describeInput = v.object(inTable);

/** `tables.describe`: every column of a table with its type and summary. */
export async function describe(
  input: unknown,
  { signal }: QueryContext,
): Promise<TableDescription> {
  const { projectPath, table } = parseInput('tables.describe', describeInput, input);
  return describeTable(await openTable(projectPath, table, signal));
}

const rowsInput = v.object({
  ...inTable,
  offset: count,
  limit: v.pipe(count, v.maxValue(limits.pageRows)),
});

/** `tables.rows`: one page of rows as text. */
export async function rows(
  input: unknown,
  { signal }: QueryContext,
): Promise<{ total: number; rows: (string | null)[][] }> {
  const { projectPath, table, offset, limit } = parseInput('tables.rows', rowsInput, input);
  const opened = await openTable(projectPath, table, signal);
  return { total: opened.rows, rows: pageRows(opened, offset, limit) };
}

const correlationInput = v.object({
  ...inTable,
  columns: v.pipe(v.array(shortText), v.minLength(2), v.maxLength(200)),
  filter: v.optional(text),
  method: v.optional(v.picklist(['pearson', 'spearman'])),
});

/** `tables.correlation`: correlations over complete rows, with exact dependencies. */
export async function correlation(
  input: unknown,
  { signal, report }: QueryContext,
): Promise<Correlation> {
  const asked = parseInput('tables.correlation', correlationInput, input);
  const table = await openTable(asked.projectPath, asked.table, signal);
  return drive(
    correlate(table, asked.columns, asked.filter, asked.method),
    signal,
    ({ done, total }) => report?.(done, total),
  );
}
