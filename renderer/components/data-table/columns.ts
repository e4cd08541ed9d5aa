import type { Snippet } from 'svelte';

/** One column of a table: what it is called, means and shows. */
export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** Shown on hover of the header. */
  readonly definition?: string;
  /** Right-aligned. */
  readonly numeric?: boolean;
  /** Pixels, until the user chooses another width. */
  readonly width?: number;
  /** Takes what room the table has left, until then. */
  readonly grows?: boolean;
  /** Whether a click on the header asks for this order. */
  readonly sortable?: boolean;
  /** Not shown until the user chooses it. */
  readonly hidden?: boolean;
  /** What is shown, and copied as Markdown and LaTeX. */
  text(row: Row): string;
  /** Every digit: shown on hover and copied as TSV. */
  exact?(row: Row): string;
  /** What the column is sorted by, where that is not what it shows; null is missing. */
  value?(row: Row): number | string | null;
  /** Draws the cell in place of `text`; told the column, so that several can share one drawing. */
  readonly cell?: Snippet<[Row, Column<Row>]>;
}

/** Rows by index; those that are not here yet are undefined until `need` has brought them. */
export interface RowSource<Row> {
  readonly total: number;
  at(index: number): Row | undefined;
  /** Says which rows are on screen, `to` not included. */
  need?(from: number, to: number): void;
  /** Brings rows from anywhere, `to` not included: for copying and for ranges of a selection. */
  range?(from: number, to: number): Promise<readonly Row[]>;
  /** The first rows are on their way. */
  readonly loading?: boolean;
  readonly error?: unknown;
  /** Forgets and asks again. */
  reset?(): void;
}

/** Depth of a row in a tree; `expanded` is absent for one without children. */
export interface RowDepth {
  /** From 1. */
  readonly level: number;
  readonly expanded?: boolean | undefined;
}

export interface Sort {
  readonly key: string;
  readonly descending: boolean;
}

/** What the user chose about columns. */
export interface ColumnLayout {
  /** Keys in order; columns that are not named follow in their own order. */
  readonly order: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
  /** Shown or hidden by choice. */
  readonly shown: Readonly<Record<string, boolean>>;
}

export const emptyLayout: ColumnLayout = { order: [], widths: {}, shown: {} };
export const minimumWidth = 40;
const maximumWidth = 1200;

/** Columns in the user's order, with those that are new since then after their old neighbours. */
export function orderColumns<Row>(
  columns: readonly Column<Row>[],
  layout: ColumnLayout,
): Column<Row>[] {
  const byKey = new Map(columns.map((column) => [column.key, column]));
  const ordered = layout.order.flatMap((key) => byKey.get(key) ?? []);
  for (const [index, column] of columns.entries()) {
    if (layout.order.includes(column.key)) continue;
    const before = columns[index - 1];
    ordered.splice(before ? ordered.indexOf(before) + 1 : 0, 0, column);
  }
  return ordered;
}

/** The columns that are on screen: never none. */
export function shownColumns<Row>(
  columns: readonly Column<Row>[],
  layout: ColumnLayout,
): Column<Row>[] {
  const ordered = orderColumns(columns, layout);
  const shown = ordered.filter((column) => isShown(column, layout));
  return shown.length > 0 ? shown : ordered.slice(0, 1);
}

export function isShown<Row>(column: Column<Row>, layout: ColumnLayout): boolean {
  return layout.shown[column.key] ?? column.hidden !== true;
}

export function columnWidth<Row>(column: Column<Row>, layout: ColumnLayout): number {
  return layout.widths[column.key] ?? column.width ?? (column.numeric ? 84 : 168);
}

/** The widths of columns as tracks of a CSS grid; the last is for the menu, where no room is left. */
export function columnTracks<Row>(shown: readonly Column<Row>[], layout: ColumnLayout): string {
  const tracks = shown.map((column) => {
    const width = `${columnWidth(column, layout)}px`;
    return column.grows && layout.widths[column.key] === undefined
      ? `minmax(${width}, 1fr)`
      : width;
  });
  return [...tracks, '32px'].join(' ');
}

export function withWidth(layout: ColumnLayout, key: string, width: number): ColumnLayout {
  const clamped = Math.round(Math.min(maximumWidth, Math.max(minimumWidth, width)));
  return { ...layout, widths: { ...layout.widths, [key]: clamped } };
}

/** Puts one column in front of another, or last. Hidden columns keep their places. */
export function withColumnBefore<Row>(
  columns: readonly Column<Row>[],
  layout: ColumnLayout,
  key: string,
  before: string | null,
): ColumnLayout {
  if (key === before) return layout;
  const order = orderColumns(columns, layout)
    .map((column) => column.key)
    .filter((other) => other !== key);
  const place = before === null ? order.length : order.indexOf(before);
  order.splice(place < 0 ? order.length : place, 0, key);
  return { ...layout, order };
}

/** Reads a layout that was stored, perhaps by another version: what does not fit is left out. */
export function parseLayout(stored: string | null): ColumnLayout {
  try {
    const value = JSON.parse(stored ?? '{}') as Partial<Record<keyof ColumnLayout, unknown>> | null;
    const keep = <T>(part: unknown, fits: (item: unknown) => boolean): Record<string, T> =>
      Object.fromEntries(
        Object.entries(part && typeof part === 'object' ? part : {}).filter(([, item]) =>
          fits(item),
        ),
      ) as Record<string, T>;
    return {
      order: Array.isArray(value?.order)
        ? value.order.filter((key) => typeof key === 'string')
        : [],
      widths: keep<number>(value?.widths, (width) => Number.isFinite(width)),
      shown: keep<boolean>(value?.shown, (shown) => typeof shown === 'boolean'),
    };
  } catch {
    return emptyLayout;
  }
}
