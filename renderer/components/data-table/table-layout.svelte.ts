import {
  columnTracks,
  columnWidth,
  emptyLayout,
  isShown,
  orderColumns,
  parseLayout,
  shownColumns,
  withColumnBefore,
  withWidth,
  type Column,
  type ColumnLayout,
} from './columns.ts';

/** The user's choice of columns, remembered under a key; without one, while the table stands. */
export class TableLayout<Row> {
  readonly #columns: () => readonly Column<Row>[];
  readonly #storageKey: () => string | undefined;
  #layout = $state.raw<ColumnLayout>(emptyLayout);

  readonly shown: Column<Row>[] = $derived.by(() => shownColumns(this.#columns(), this.#layout));
  readonly ordered: Column<Row>[] = $derived.by(() => orderColumns(this.#columns(), this.#layout));

  constructor(columns: () => readonly Column<Row>[], storageKey: () => string | undefined) {
    this.#columns = columns;
    this.#storageKey = storageKey;
    $effect.pre(() => {
      const key = storageKey();
      if (key !== undefined) this.#layout = parseLayout(localStorage.getItem(`table:${key}`));
    });
  }

  get template(): string {
    return columnTracks(this.shown, this.#layout);
  }

  get totalWidth(): number {
    return this.shown.reduce((sum, column) => sum + this.width(column), 0);
  }

  width(column: Column<Row>): number {
    return columnWidth(column, this.#layout);
  }

  isShown(column: Column<Row>): boolean {
    return isShown(column, this.#layout);
  }

  resize(key: string, width: number): void {
    this.#set(withWidth(this.#layout, key, width));
  }

  moveBefore(key: string, before: string | null): void {
    this.#set(withColumnBefore(this.#columns(), this.#layout, key, before));
  }

  /** Moves a column one place among those in sight. */
  moveBy(key: string, step: -1 | 1): void {
    const at = this.shown.findIndex((column) => column.key === key);
    const neighbour = this.shown[at + step];
    if (at < 0 || !neighbour) return;
    if (step < 0) this.moveBefore(key, neighbour.key);
    else this.moveBefore(neighbour.key, key);
  }

  toggle(column: Column<Row>): void {
    const shown = { ...this.#layout.shown, [column.key]: !this.isShown(column) };
    this.#set({ ...this.#layout, shown });
  }

  reset(): void {
    this.#set(emptyLayout);
  }

  #set(layout: ColumnLayout): void {
    this.#layout = layout;
    const key = this.#storageKey();
    if (key === undefined) return;
    try {
      localStorage.setItem(`table:${key}`, JSON.stringify(layout));
    } catch {
      // A full store only means that the choice is not remembered.
    }
  }
}
