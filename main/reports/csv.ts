import { csvCell } from '../../shared/text.ts';
import type { TableData } from './table.ts';
import { writeFileAtomically, type WrittenFile } from './write-file.ts';

export type Delimiter = ',' | ';' | '\t';

/**
 * A table as CSV (RFC 4180): numbers at full precision, text made harmless for spreadsheets by
 * `csvCell`, missing values empty, CRLF line ends.
 */
export function* csvLines(table: TableData, delimiter: Delimiter = ','): Generator<string> {
  yield csvLine(table.columns, delimiter);
  for (const row of table.rows) yield csvLine(row, delimiter);
}

function csvLine(cells: TableData['rows'][number], delimiter: Delimiter): string {
  const texts = cells.map((cell) =>
    csvCell(typeof cell === 'boolean' ? String(cell) : cell, delimiter),
  );
  return `${texts.join(delimiter)}\r\n`;
}

/** Writes a table as CSV; the path holds all of it or what it held before. */
export function writeCsv(
  path: string,
  table: TableData,
  delimiter: Delimiter = ',',
): Promise<WrittenFile> {
  return writeFileAtomically(path, csvLines(table, delimiter));
}
