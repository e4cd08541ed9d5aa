import type { Table, TextColumn } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';

/** Edit distance, for guessing what a mistyped name meant; stops counting beyond `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + same));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** A name that no column has. `position` is its character in the formula or filter. */
export function unknownColumnError(table: Table, name: string, position?: number): AppError {
  const limit = Math.max(1, Math.floor(name.length / 3));
  const near = table.columns
    .map((column) => ({
      name: column.name,
      far: distance(name.toLowerCase(), column.name.toLowerCase(), limit),
    }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)[0];
  const columns = table.columns.map((column) => column.name);
  const listed = columns.slice(0, 12).join(', ') + (columns.length > 12 ? ', …' : '');
  const advice = near ? `Did you mean '${near.name}'?` : `Its columns are ${listed}.`;
  return new AppError('unknown-column', `${table.source} has no column '${name}'. ${advice}`, {
    file: table.source,
    column: name,
    ...(position === undefined ? {} : { place: `character ${position + 1}`, position }),
    ...(near ? { suggestion: near.name } : {}),
  });
}

/** A column that must be numeric and holds text; names the first such cell. */
export function notNumericError(table: Table, column: TextColumn, position?: number): AppError {
  const { text, row, line } = column.firstText;
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  const cells = column.codes.length;
  const mostly = column.numericCells > 0;
  const advice = mostly
    ? 'Correct that cell, or use NA for a missing value.'
    : `Use it as groups, as in factor(${column.name}), or choose a numeric column.`;
  return new AppError(
    'not-numeric',
    `Column '${column.name}' of ${table.source} must be numeric, but row ${row} (line ${line}) holds '${shown}'. ${advice}`,
    {
      file: table.source,
      column: column.name,
      row,
      line,
      text: shown,
      numericCells: column.numericCells,
      cells,
      place: `row ${row} (line ${line}), column ${column.name}`,
      ...(position === undefined ? {} : { position }),
    },
  );
}
