/** Rows of cells in columns: the first to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => [...row[column]!].length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column]! - [...cell].length);
        return column === 0 ? cell + padding : padding + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A figure with some digits; a dash where there is none. */
export function number(value: number | string | null, digits = 6): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value.replace('Infinity', '∞');
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e7 || magnitude < 1e-4) return value.toExponential(digits - 1);
  return String(Number(value.toPrecision(digits)));
}

/** A p value with three digits. */
export function probability(p: number | null): string {
  if (p === null) return '–';
  if (p < 1e-300) return '< 1e-300';
  return p < 1e-4 ? p.toExponential(1) : String(Number(p.toPrecision(3)));
}
