import { extname } from 'node:path';
import type { Column, Table } from '../../shared/domain/table.ts';
import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { ColumnBuilder } from './column-builder.ts';
import { readJsonTable } from './json-table.ts';
import { readParquetTable } from './parquet-table.ts';
import { readTableHead } from './table-head.ts';
import { readRecords, type TableReading } from './table-records.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** What messages call the file; its path unless given. */
  readonly source?: string;
  /** Told often: bytes read so far, and all of the file. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Endings of files that are read as tables. */
export const tableFormats = ['.csv', '.tsv', '.jsonl', '.ndjson', '.parquet'] as const;

/**
 * Reads a table file into typed columns: Parquet and JSON Lines by the ending of its name, anything
 * else as delimited text.
 * @throws AppError as readDelimited, readJsonTable and readParquetTable do
 */
export function readTable(path: string, options: ReadOptions = {}): Promise<Table> {
  const { signal, source = path, onProgress } = options;
  const reading = { source, signal, onProgress };
  const ending = extname(path).toLowerCase();
  if (ending === '.parquet') return readParquetTable(path, reading);
  if (ending === '.jsonl' || ending === '.ndjson') return readJsonTable(path, reading);
  return readDelimited(path, reading);
}

/**
 * Reads a CSV or TSV file into typed columns, as a stream: memory holds the columns, not the text.
 * RFC 4180 with the usual liberties: any of \r\n, \n, \r ends a record, blank lines are passed over,
 * spaces around cells are dropped, quotes inside an unquoted cell are ordinary characters.
 * A column's type is that of all its cells; see shared/domain/table.ts for missing values.
 *
 * @throws AppError `ragged-table`, `corrupt`, `unsupported`, `too-large`, `not-found`, `not-readable`
 */
async function readDelimited(path: string, file: TableReading): Promise<Table> {
  const { source } = file;
  const head = readTableHead(path, source);
  const reading = new Reading(source);
  const sha256 = await readRecords(path, head, file, (cells, line) => reading.add(cells, line));
  const builders = reading.builders;
  const mixed = builders.flatMap((builder, index) => (builder.isMixed ? [index] : []));
  if (mixed.length > 0) {
    for (const index of mixed) builders[index] = new ColumnBuilder(builders[index]!.name, true);
    const again = new Reading(source, builders, new Set(mixed));
    const second = await readRecords(path, head, file, (cells, line) => again.add(cells, line));
    if (second !== sha256)
      throw new AppError('corrupt', `${source} changed while it was read. Try again.`, {
        file: source,
      });
  }
  return {
    source,
    rows: reading.rows,
    columns: builders.map((builder): Column => builder.finish()),
    unnamed: reading.unnamed,
    delimiter: head.delimiter,
    sha256,
    note: head.note,
  };
}

/** Turns records into columns, checking their shape on the way. */
class Reading {
  readonly builders: ColumnBuilder[];
  readonly unnamed = new Set<string>();
  readonly #path: string;
  /** In a second reading: the columns to fill. */
  readonly #only: ReadonlySet<number> | undefined;
  #width = 0;
  rows = 0;

  constructor(path: string, builders: ColumnBuilder[] = [], only?: ReadonlySet<number>) {
    this.#path = path;
    this.builders = builders;
    this.#only = only;
  }

  add(cells: readonly string[], line: number): void {
    if (this.#width === 0) return this.#header(cells, line);
    if (cells.length === 1 && cells[0] === '' && this.#width >= 1) return;
    if (cells.length !== this.#width) throw raggedRow(this.#path, line, cells.length, this.#width);
    this.rows++;
    if (this.rows * this.#width > limits.tableCells)
      throw new AppError(
        'too-large',
        `${this.#path} has more than ${limits.tableCells} cells. Take a part of its rows or columns.`,
        { file: this.#path, limit: limits.tableCells },
      );
    if (this.#only) {
      for (const column of this.#only) this.#cell(column, cells[column]!, line);
      return;
    }
    for (let column = 0; column < cells.length; column++) this.#cell(column, cells[column]!, line);
  }

  #cell(column: number, cell: string, line: number): void {
    if (cell.length > limits.cellBytes) throw cellTooLong(this.#path, line, column);
    this.builders[column]!.add(trimCell(cell), this.rows, line);
  }

  #header(cells: readonly string[], line: number): void {
    if (cells.length === 1 && cells[0]!.trim() === '') return;
    this.#width = cells.length;
    if (this.#only) return;
    if (cells.length > limits.tableColumns)
      throw new AppError(
        'too-large',
        `${this.#path} has ${cells.length} columns, more than ${limits.tableColumns}. Take a part of them.`,
        { file: this.#path, columns: cells.length, limit: limits.tableColumns },
      );
    const names = cells.map((cell) => cell.trim());
    this.#checkNames(names, line);
    for (const [index, name] of names.entries()) {
      const unnamed = name === '' ? freeName(`column ${index + 1}`, names) : undefined;
      if (unnamed !== undefined) this.unnamed.add(unnamed);
      this.builders.push(new ColumnBuilder(unnamed ?? name));
    }
  }

  #checkNames(names: readonly string[], line: number): void {
    const seen = new Map<string, number>();
    for (const [index, name] of names.entries()) {
      if (name === '') continue;
      const before = seen.get(name);
      const file = this.#path;
      if (before !== undefined)
        throw new AppError(
          'corrupt',
          `The header of ${file} names '${shorten(name)}' twice, in columns ${before + 1} and ${index + 1}. Rename one of them.`,
          { file, place: `line ${line}`, column: shorten(name) },
        );
      if (name.length > 1000)
        throw new AppError(
          'too-large',
          `The name of column ${index + 1} of ${file} is longer than 1000 characters. Is the first line a header?`,
          { file, place: `line ${line}` },
        );
      seen.set(name, index);
    }
  }
}

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  while (taken.includes(name)) name += '.';
  return name;
}

/** Removes spaces around a cell, without a call where there are none. */
function trimCell(cell: string): string {
  if (cell === '') return cell;
  const outer = cell.charCodeAt(0) <= 32 || cell.charCodeAt(cell.length - 1) <= 32;
  return outer ? cell.trim() : cell;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function raggedRow(file: string, line: number, found: number, expected: number): AppError {
  const cells = found === 1 ? '1 cell' : `${found} cells`;
  const hint =
    found === expected + 1
      ? 'Is the header short of a name for the row names, or a comma in an unquoted text?'
      : 'Look for a missing or extra delimiter or quote.';
  return new AppError(
    'ragged-table',
    `Line ${line} of ${file} has ${cells}, and the header has ${expected}. ${hint}`,
    { file, place: `line ${line}`, line, found, expected },
  );
}

function cellTooLong(file: string, line: number, column: number): AppError {
  return new AppError(
    'too-large',
    `A cell of ${file}, line ${line}, column ${column + 1}, is longer than ${limits.cellBytes} characters. Is a quote never closed?`,
    { file, place: `line ${line}`, line, limit: limits.cellBytes },
  );
}
