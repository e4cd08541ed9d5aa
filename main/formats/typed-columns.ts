import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Column } from '../../shared/domain/table.ts';
import { ColumnBuilder } from './column-builder.ts';

/**
 * The text of a typed value, so that a column's type is found as in a CSV file: numbers as JavaScript
 * prints them (which reads back exactly), dates as ISO 8601, nothing for null. Undefined for lists,
 * records and bytes, which no cell can hold.
 */
export function cellText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim();
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return '';
    default:
      if (value === null) return '';
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? value.toISOString()
        : undefined;
  }
}

/**
 * Columns that fill from typed values, row by row or column by column. Columns with lists or records
 * in them are left out and named.
 */
export class TypedColumns {
  readonly #source: string;
  readonly #builders = new Map<string, ColumnBuilder>();
  readonly #leftOut = new Set<string>();
  /** In a second reading: the columns to read as text. */
  readonly #only: ReadonlySet<string> | undefined;

  constructor(source: string, only?: ReadonlySet<string>) {
    this.#source = source;
    this.#only = only;
    for (const name of only ?? []) this.#builders.set(name, new ColumnBuilder(name, true));
  }

  get names(): Iterable<string> {
    return this.#builders.keys();
  }

  /** Names of columns that must be read once more, as text. */
  get mixed(): Set<string> {
    return new Set(
      [...this.#builders].flatMap(([name, builder]) => (builder.isMixed ? [name] : [])),
    );
  }

  /** What was left out, for the table's note; null where nothing was. */
  get note(): string | null {
    if (this.#leftOut.size === 0) return null;
    const names = [...this.#leftOut].slice(0, 20).join(', ');
    return `Left out, because they hold lists or records: ${names}.`;
  }

  /** @param row, line from 1; `rows` many came before it and lack a column that is new */
  add(name: string, value: unknown, row: number, line: number): void {
    if (this.#leftOut.has(name)) return;
    const builder = this.#builders.get(name) ?? this.#make(name, row);
    const text = cellText(value);
    if (!builder) return;
    if (text === undefined) {
      this.#leftOut.add(name);
      this.#builders.delete(name);
    } else if (text.length > limits.cellBytes)
      throw new AppError(
        'too-large',
        `'${name}' in row ${row} of ${this.#source} is longer than ${limits.cellBytes} characters.`,
        { file: this.#source, place: `row ${row}`, limit: limits.cellBytes },
      );
    else builder.add(text, row, line);
  }

  /** Takes the columns that were read as text in place of these. */
  replace(again: TypedColumns): void {
    for (const [name, builder] of again.#builders) this.#builders.set(name, builder);
  }

  finish(): Column[] {
    return [...this.#builders.values()].map((builder) => builder.finish());
  }

  checkCells(rows: number): void {
    if (rows * this.#builders.size <= limits.tableCells) return;
    throw new AppError(
      'too-large',
      `${this.#source} has more than ${limits.tableCells} cells. Take a part of its rows or columns.`,
      { file: this.#source, limit: limits.tableCells },
    );
  }

  #make(name: string, row: number): ColumnBuilder | undefined {
    if (this.#only) return undefined;
    if (this.#builders.size >= limits.tableColumns)
      throw new AppError(
        'too-large',
        `${this.#source} has more than ${limits.tableColumns} columns. Take a part of them.`,
        { file: this.#source, limit: limits.tableColumns },
      );
    const builder = new ColumnBuilder(name);
    for (let before = 1; before < row; before++) builder.add('', before, before);
    this.#builders.set(name, builder);
    return builder;
  }
}
