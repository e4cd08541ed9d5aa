/**
 * Rows of a study that one refit is made of, packed column by column: what a solver walks many times
 * lies together. The intercept is not a column.
 */
export interface RowSet {
  readonly rows: number;
  /** Sum of the weights: rows as drawn. */
  readonly total: number;
  /** [p, rows], column-major. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** How often each row was drawn; null where once. */
  readonly weight: Float64Array | null;
  /** 1 for a column that is the same in all rows: its coefficient is not determined. */
  readonly constant: Uint8Array;
}

/** All rows of a study. */
export interface StudyData {
  readonly rows: number;
  readonly columns: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export function wholeRowSet({ rows, columns, x, y }: StudyData): RowSet {
  return { rows, total: rows, x, y, weight: null, constant: findConstants(x, columns, rows) };
}

/** @param weight times each of `order` was drawn, or null for once each */
export function packRows(
  { rows: all, columns, x, y }: StudyData,
  order: Uint32Array,
  weight: Float64Array | null = null,
): RowSet {
  const rows = order.length;
  const packed = new Float64Array(columns * rows);
  for (let j = 0; j < columns; j++) {
    const from = j * all;
    const to = j * rows;
    for (let i = 0; i < rows; i++) packed[to + i] = x[from + order[i]!]!;
  }
  const outcome = new Float64Array(rows);
  for (let i = 0; i < rows; i++) outcome[i] = y[order[i]!]!;
  let total = rows;
  if (weight) {
    total = 0;
    for (let i = 0; i < rows; i++) total += weight[i]!;
  }
  const constant = findConstants(packed, columns, rows);
  return { rows, total, x: packed, y: outcome, weight, constant };
}

function findConstants(x: Float64Array, columns: number, rows: number): Uint8Array {
  const constant = new Uint8Array(columns).fill(1);
  for (let j = 0; j < columns; j++) {
    const first = x[j * rows];
    for (let i = 1; i < rows; i++)
      if (x[j * rows + i] !== first) {
        constant[j] = 0;
        break;
      }
  }
  return constant;
}
