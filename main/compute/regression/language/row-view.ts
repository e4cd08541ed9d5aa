import type { Column, Table } from '../../../../shared/domain/table.ts';

/** Some rows of a table, in order. Columns are copied out when they are first asked for. */
export class RowView {
  readonly table: Table;
  /** Index in the table of each row of the view; undefined where the view holds all rows. */
  readonly rows: Int32Array | undefined;
  readonly #byName: ReadonlyMap<string, Column>;
  readonly #cache = new Map<string, Column>();

  constructor(table: Table, rows?: Int32Array) {
    this.table = table;
    this.rows = rows;
    this.#byName = new Map(table.columns.map((column) => [column.name, column]));
  }

  get count(): number {
    return this.rows?.length ?? this.table.rows;
  }

  /** Row of the table's data, from 1, for messages. */
  rowNumber(index: number): number {
    return (this.rows ? this.rows[index]! : index) + 1;
  }

  /** A column restricted to the view's rows, or undefined where the table has none of that name. */
  column(name: string): Column | undefined {
    const known = this.#cache.get(name);
    if (known) return known;
    const whole = this.#byName.get(name);
    if (!whole) return undefined;
    const column = this.rows ? gather(whole, this.rows) : whole;
    this.#cache.set(name, column);
    return column;
  }
}

function gather(column: Column, rows: Int32Array): Column {
  switch (column.kind) {
    case 'number':
      return { ...column, values: take(column.values, rows, new Float64Array(rows.length)) };
    case 'boolean':
      return { ...column, codes: take(column.codes, rows, new Int8Array(rows.length)) };
    case 'text':
      return { ...column, codes: take(column.codes, rows, new Int32Array(rows.length)) };
    case 'empty':
      return column;
  }
}

/** Copies the given rows of an array into another. */
export function take<T extends Float64Array | Int32Array | Int8Array>(
  from: T,
  rows: Int32Array,
  to: T,
): T {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!;
  return to;
}
