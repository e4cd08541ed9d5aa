/** Rows in aligned columns; numbers to the right. The first row is the heading. */
export function textTable(rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => width(row[column]))));
  const isNumeric = rows[0]?.map((_, column) =>
    rows.slice(1).every((row) => typeof row[column] !== 'string'),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const padding = ' '.repeat(widths![column]! - width(cell));
          return isNumeric![column] ? padding + cell : cell + padding;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function width(cell: string | undefined): number {
  return [...(cell ?? '')].length;
}

/** Text from data may hold control characters, which a terminal would obey. */
function cellText(value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'number') return formatNumber(value);
  return value.replace(/\p{Cc}/gu, '�');
}

/** Four significant digits, and whole numbers whole. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}
