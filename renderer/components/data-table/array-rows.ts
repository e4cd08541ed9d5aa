import type { RowSource } from './columns.ts';

/** Rows that are all here. */
export class ArrayRows<Row> implements RowSource<Row> {
  readonly rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.rows = rows;
  }

  get total(): number {
    return this.rows.length;
  }

  at(index: number): Row | undefined {
    return this.rows[index];
  }

  range(from: number, to: number): Promise<readonly Row[]> {
    return Promise.resolve(this.rows.slice(from, to));
  }
}
