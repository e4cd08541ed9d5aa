import type { RowSource } from './columns.ts';

interface Owner<Row> {
  readonly rows: RowSource<Row>;
  readonly multiple: boolean;
  key(row: Row): string;
  selection: string[];
  /** The row that is gone to is the one that the page shows. */
  chosen(row: Row, index: number): void;
}

interface Gesture {
  readonly toggle?: boolean;
  readonly extend?: boolean;
}

/** Which row is active and which are selected, by mouse and by keys. */
export class TableSelection<Row> {
  /** Index of the active row; -1 before there is one. */
  active = $state(-1);
  /** A row that was gone to before it was here: `go` again once it is. */
  pending = $state.raw<{ index: number; how: Gesture } | null>(null);
  #anchor = 0;
  readonly #owner: Owner<Row>;

  constructor(owner: Owner<Row>) {
    this.#owner = owner;
  }

  /** Goes to a row: alone, adding or removing it (`toggle`), or with all up to it (`extend`). */
  async go(index: number, how: Gesture = {}): Promise<void> {
    const { rows, multiple } = this.#owner;
    if (index < 0 || index >= rows.total) return;
    this.active = index;
    const row = rows.at(index);
    this.pending = row === undefined ? { index, how } : null;
    if (row === undefined) return;
    this.#owner.chosen(row, index);
    if (multiple && how.extend) return this.#extend(index);
    this.#anchor = index;
    if (multiple) this.#select(row, how.toggle === true);
  }

  async all(): Promise<void> {
    if (!this.#owner.multiple) return;
    const rows = await readRows(this.#owner.rows, 0, this.#owner.rows.total);
    this.#owner.selection = rows.map((row) => this.#owner.key(row));
  }

  #select(row: Row, toggle: boolean): void {
    const owner = this.#owner;
    const key = owner.key(row);
    if (!toggle) owner.selection = [key];
    else if (owner.selection.includes(key)) {
      owner.selection = owner.selection.filter((other) => other !== key);
    } else owner.selection = [...owner.selection, key];
  }

  async #extend(index: number): Promise<void> {
    const [from, to] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
    const rows = await readRows(this.#owner.rows, from, to + 1);
    this.#owner.selection = rows.map((row) => this.#owner.key(row));
  }
}

/** Rows from anywhere, fetched where they are not here. */
export async function readRows<Row>(
  source: RowSource<Row>,
  from: number,
  to: number,
): Promise<readonly Row[]> {
  if (source.range) return source.range(from, to);
  const rows: Row[] = [];
  for (let index = from; index < to; index++) {
    const row = source.at(index);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}
