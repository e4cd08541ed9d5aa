import type { ColumnSummary, TableDescription } from '../../../shared/contract/statistics.ts';
import type { BooleanColumn, Column, Table, TextColumn } from '../../../shared/domain/table.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import { exactSummaryRows, summariseExactly } from './exact-summary.ts';
import { finiteOrNull } from './fit-result.ts';

/** Levels that a description lists for each column, and the characters shown of each. */
const listedLevels = 12;
const levelCharacters = 120;

/** Every column with its type, missing and distinct values, and moments or most frequent values. */
export function describeTable(table: Table): TableDescription {
  return {
    path: table.source,
    rows: table.rows,
    columns: table.columns.map((column) => summariseColumn(column, table.rows)),
    delimiter: table.delimiter,
    sha256: table.sha256,
    note: table.note,
  };
}

function summariseColumn(column: Column, rows: number): ColumnSummary {
  const { name, kind: type } = column;
  const nothing = { mean: null, sd: null, min: null, max: null, levels: [] };
  if (column.kind === 'empty') return { name, type, n: 0, missing: rows, distinct: 0, ...nothing };
  if (column.kind === 'number') {
    const { n, min, max, ...moments } = summarise(column.values);
    const isExact = n > 0 && n <= exactSummaryRows && Number.isFinite(min) && Number.isFinite(max);
    const { mean, sd } = isExact ? summariseExactly(column.values) : moments;
    return {
      name,
      type,
      n,
      missing: rows - n,
      distinct: countDistinct(column.values),
      mean: finiteOrNull(mean),
      sd: finiteOrNull(sd),
      min: finiteOrNull(min),
      max: finiteOrNull(max),
      levels: [],
    };
  }
  const levels = countLevels(column);
  const n = levels.reduce((sum, level) => sum + level.n, 0);
  const frequent = levels
    .sort((a, b) => b.n - a.n)
    .slice(0, listedLevels)
    .map(({ value, n: times }) => ({ value: value.slice(0, levelCharacters), n: times }));
  return {
    name,
    type,
    n,
    missing: rows - n,
    distinct: levels.length,
    ...nothing,
    levels: frequent,
  };
}

function countDistinct(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  return distinct;
}

function countLevels(column: TextColumn | BooleanColumn): { value: string; n: number }[] {
  const names = column.kind === 'text' ? column.levels : ['false', 'true'];
  const counts = new Float64Array(names.length);
  for (const code of column.codes) if (code >= 0) counts[code]!++;
  return names.map((value, code) => ({ value, n: counts[code]! })).filter(({ n }) => n > 0);
}

/** Text that a page of rows may hold together; a page of very wide rows is cut to fewer of them. */
const pageCharacters = 400_000;
const cellCharacters = 500;

/**
 * Rows of a table as text, for display: numbers as JavaScript prints them, missing cells null, long
 * texts cut. Gives fewer rows than asked for where they would not fit in one message.
 */
export function pageRows(table: Table, offset: number, limit: number): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let characters = 0;
  for (let i = offset; i < Math.min(table.rows, offset + limit); i++) {
    const row = table.columns.map((column) => cellText(column, i));
    characters += row.reduce((sum, cell) => sum + (cell?.length ?? 0) + 3, 0);
    if (rows.length > 0 && characters > pageCharacters) break;
    rows.push(row);
  }
  return rows;
}

function cellText(column: Column, row: number): string | null {
  if (column.kind === 'empty') return null;
  if (column.kind === 'number') {
    const value = column.values[row]!;
    return Number.isNaN(value) ? null : String(value);
  }
  const code = column.codes[row]!;
  if (code < 0) return null;
  if (column.kind === 'boolean') return code === 1 ? 'true' : 'false';
  const text = column.levels[code]!;
  return text.length > cellCharacters ? `${text.slice(0, cellCharacters)}…` : text;
}
