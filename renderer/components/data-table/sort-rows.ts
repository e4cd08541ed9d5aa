import type { Column, Sort } from './columns.ts';

const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * Rows in the order of one column, stable; what is missing comes last in either direction. For tables
 * whose rows are all here; the host sorts the others.
 */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | null | undefined,
): readonly Row[] {
  const column = columns.find((candidate) => candidate.key === sort?.key);
  if (!sort || !column) return rows;
  const sign = sort.descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: sortValue(column, row) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null)
      return Number(a.value === null) - Number(b.value === null);
    return sign * compare(a.value, b.value);
  });
  return keyed.map(({ row }) => row);
}

/** The order that a click on a header asks for: numbers from the largest, words from A. */
export function nextSort<Row>(column: Column<Row>, sort: Sort | null | undefined): Sort {
  if (sort?.key === column.key) return { key: column.key, descending: !sort.descending };
  return { key: column.key, descending: column.numeric === true };
}

function sortValue<Row>(column: Column<Row>, row: Row): number | string | null {
  if (column.value) return column.value(row);
  const text = column.exact?.(row) ?? column.text(row);
  if (text === '' || text === '–') return null;
  if (!column.numeric) return text;
  const plain = text.replaceAll('−', '-').replaceAll('∞', 'Infinity').replaceAll(',', '');
  const number = Number(plain);
  return Number.isNaN(number) ? Number.parseFloat(plain) || null : number;
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return words.compare(String(a), String(b));
}
