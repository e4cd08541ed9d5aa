/**
 * Sparse columns of a design, never densified. Each column enters a fit centred and scaled, and both
 * only in the arithmetic: (x - centre) / scale is the sparse part plus a constant that all rows share.
 */
export interface SparseColumns {
  readonly rows: number;
  readonly columns: number;
  /** Entries of column j are those at pointers[j] up to pointers[j + 1]. [columns + 1] */
  readonly pointers: Float64Array;
  /** Row of each entry, rising within a column. */
  readonly row: Int32Array;
  readonly value: Float32Array;
}

/** Columns with what one fit does to them. */
export interface StandardisedColumns {
  readonly source: SparseColumns;
  /** Weights of the rows, which sum to 1; 0 for a row that is held out. [rows] */
  readonly weights: Float64Array;
  /** Weighted mean of each column. [columns] */
  readonly centres: Float64Array;
  /** Each column is divided by it: its deviation (with 1/n), or 1; 0 for a constant one. [columns] */
  readonly scales: Float64Array;
}

/**
 * Means and deviations (1/n, as in glmnet) of sparse columns under row weights that sum to 1. The
 * deviation is summed about the mean, zeros at once, so that it does not cancel.
 */
export function standardiseColumns(
  source: SparseColumns,
  weights: Float64Array,
  unitVariance: boolean,
): StandardisedColumns {
  const { columns, pointers, row, value } = source;
  const centres = new Float64Array(columns);
  const scales = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    const [from, to] = [pointers[j]!, pointers[j + 1]!];
    let mean = 0;
    let active = 0;
    let largest = 0;
    for (let e = from; e < to; e++) {
      const weight = weights[row[e]!]!;
      mean += weight * value[e]!;
      active += weight;
      if (weight > 0) largest = Math.max(largest, Math.abs(value[e]!));
    }
    let squares = Math.max(0, 1 - active) * mean * mean;
    for (let e = from; e < to; e++) squares += weights[row[e]!]! * (value[e]! - mean) ** 2;
    const deviation = Math.sqrt(squares);
    centres[j] = mean;
    scales[j] = deviation > 1e-7 * largest ? (unitVariance ? deviation : 1) : 0;
  }
  return { source, weights, centres, scales };
}

/** Adds slope (x - centre) / scale of the columns with a slope to `eta` [rows], after the intercept. */
export function linearPredictor(
  { source, centres, scales }: StandardisedColumns,
  slopes: Float64Array,
  intercept: number,
  eta: Float64Array,
): void {
  const { pointers, row, value } = source;
  let constant = intercept;
  for (let j = 0; j < slopes.length; j++)
    if (slopes[j] !== 0) constant -= (slopes[j]! * centres[j]!) / scales[j]!;
  eta.fill(constant);
  for (let j = 0; j < slopes.length; j++) {
    if (slopes[j] === 0) continue;
    const slope = slopes[j]! / scales[j]!;
    for (let e = pointers[j]!, to = pointers[j + 1]!; e < to; e++)
      eta[row[e]!]! += slope * value[e]!;
  }
}

/** Only the given columns, in that order. */
export function pickColumns(source: SparseColumns, picked: readonly number[]): SparseColumns {
  const pointers = new Float64Array(picked.length + 1);
  picked.forEach((j, k) => {
    pointers[k + 1] = pointers[k]! + source.pointers[j + 1]! - source.pointers[j]!;
  });
  const row = new Int32Array(pointers.at(-1)!);
  const value = new Float32Array(pointers.at(-1)!);
  picked.forEach((j, k) => {
    row.set(source.row.subarray(source.pointers[j], source.pointers[j + 1]), pointers[k]);
    value.set(source.value.subarray(source.pointers[j], source.pointers[j + 1]), pointers[k]);
  });
  return { rows: source.rows, columns: picked.length, pointers, row, value };
}
