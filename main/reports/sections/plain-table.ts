import type { ReportContext } from '../context.ts';
import { renderTable, type CellValue, type ShownColumn } from '../table.ts';
import { formatNumber } from '../viewer/format.ts';
import type { Fragment, Markup } from '../viewer/html.ts';

/** A table whose cells are shown as they are stored. */
export function plainTable(
  id: string,
  caption: Fragment,
  columns: readonly string[],
  rows: readonly (readonly CellValue[])[],
  context: ReportContext,
): Markup {
  const tableId = context.addTable(id, { name: id, columns, rows });
  const shown = columns.map((title, place): ShownColumn => ({
    title,
    align: place === 0 ? 'left' : 'right',
    key: place,
  }));
  return renderTable({
    id: tableId,
    caption: context.tableCaption(caption),
    columns: shown,
    data: context.tables[tableId]!,
    rows: rows.map((row) => row.map(cell)),
  });
}

function cell(value: CellValue): Fragment {
  if (value === null) return '–';
  return typeof value === 'number' ? formatNumber(value, 4) : String(value);
}
