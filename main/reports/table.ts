import { html, type Fragment, type Markup } from './viewer/html.ts';

export type CellValue = string | number | boolean | null;

/** A table of plain values at full precision: what is sorted, and what CSV and JSON hold. */
export interface TableData {
  /** File name of its download, without an extension. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
}

export interface ShownColumn {
  readonly title: Fragment;
  /** Shown on hover over the heading. */
  readonly definition?: string | undefined;
  readonly align: 'left' | 'right';
  /** The column of the data that sorts this one: its name, or its place. */
  readonly key: string | number;
}

export interface ShownTable {
  readonly id: string;
  readonly caption: Fragment;
  readonly columns: readonly ShownColumn[];
  /** Cells as shown, one row for each row of the data, in its order. */
  readonly rows: readonly (readonly Fragment[])[];
  readonly data: TableData;
  readonly className?: string;
}

/**
 * A table of the report. The first cell of a row is its heading. `data-key` binds a column to the
 * table of the same id in the embedded data, which the page's script sorts by and downloads.
 */
export function renderTable(table: ShownTable): Markup {
  const head = table.columns.map(
    (column) =>
      html`<th
        scope="col"
        class="${column.align}"
        data-key="${typeof column.key === 'number' ? column.key : table.data.columns.indexOf(column.key)}"
        ${column.definition === undefined ? null : html`title="${column.definition}"`}
      >
        ${column.title}
      </th>`,
  );
  const body = table.rows.map(
    (cells) =>
      html`<tr>
        ${cells.map((cell, index) => renderCell(cell, table.columns[index]?.align ?? 'left', index === 0))}
      </tr> `,
  );
  const caption = `${table.id}-caption`;
  return html`<div class="table ${table.className ?? ''}" id="${table.id}">
    <div class="table-head"><p class="caption" id="${caption}">${table.caption}</p></div>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="${caption}">
      <table aria-labelledby="${caption}">
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
  </div> `;
}

function renderCell(cell: Fragment, align: 'left' | 'right', isHeading: boolean): Markup {
  return isHeading
    ? html`<th scope="row" class="${align}">${cell}</th>`
    : html`<td class="${align}">${cell}</td>`;
}
