/**
 * A data table in memory, column by column. `main/formats/table.ts` reads one from a file;
 * `main/compute/regression` computes with it and never touches a path.
 */

/** Where the first cell of a column stands that is not of the kind that most of its cells are. */
export interface OffendingCell {
  readonly text: string;
  /** Row of the data, from 1. */
  readonly row: number;
  /** Line of the file, from 1. */
  readonly line: number;
}

export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  /** NaN where the cell is missing; infinities as they stand in the file. */
  readonly values: Float64Array;
}

export interface BooleanColumn {
  readonly kind: 'boolean';
  readonly name: string;
  /** 1 for true, 0 for false, -1 where the cell is missing. */
  readonly codes: Int8Array;
}

export interface TextColumn {
  readonly kind: 'text';
  readonly name: string;
  /** Index into `levels` for each row; -1 where the cell is missing. */
  readonly codes: Int32Array;
  /** The distinct texts, in the order in which they first occur. */
  readonly levels: readonly string[];
  /** How many cells read as numbers. */
  readonly numericCells: number;
  /** The first cell that does not. */
  readonly firstText: OffendingCell;
}

/** A column in which every cell is missing. */
export interface EmptyColumn {
  readonly kind: 'empty';
  readonly name: string;
}

export type Column = NumberColumn | BooleanColumn | TextColumn | EmptyColumn;

export interface Table {
  /** Path or name of the source, for messages. */
  readonly source: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Columns whose header cell is empty, as in R's row names; `.` in a formula passes over them. */
  readonly unnamed: ReadonlySet<string>;
  readonly delimiter: string;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Text of the comment lines above the header, without their `#`. */
  readonly note: string | null;
}

/**
 * Texts that stand for a missing value in every column. `.` does so too, but only in a column whose
 * other cells are numbers.
 */
export const missingTexts: ReadonlySet<string> = new Set([
  '',
  'NA',
  'N/A',
  'NaN',
  'nan',
  'null',
  'NULL',
]);

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinityPattern = /^([+-]?)(?:inf|infinity)$/i;

/** The number that a cell's text denotes, or undefined. Decimal point only; no thousands separators. */
export function parseNumber(text: string): number | undefined {
  if (numberPattern.test(text)) return Number(text);
  const infinity = infinityPattern.exec(text);
  return infinity ? (infinity[1] === '-' ? -Infinity : Infinity) : undefined;
}

const trueTexts: ReadonlySet<string> = new Set(['TRUE', 'true', 'True', 'T']);
const falseTexts: ReadonlySet<string> = new Set(['FALSE', 'false', 'False', 'F']);

/** The truth value that a cell's text denotes, as in R and pandas, or undefined. */
export function parseBoolean(text: string): boolean | undefined {
  if (trueTexts.has(text)) return true;
  if (falseTexts.has(text)) return false;
  return undefined;
}
