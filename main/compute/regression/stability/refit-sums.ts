/**
 * Sums over the rows of a refit, four columns or rows side by side. Columns lie one after the other in x,
 * [rows] each; places count the intercept as 0, so that the column of place j begins at (j - 1) rows.
 */

/**
 * out += X beta over the columns whose coefficient is not zero, four at a time: each pass over `out` costs
 * as much as one over a column.
 * @param used work array of k places
 */
export function addColumns(
  out: Float64Array,
  x: Float64Array,
  rows: number,
  beta: Float64Array,
  places: Int32Array,
  used: Int32Array,
): void {
  let count = 0;
  for (let j = 1; j < beta.length; j++) if (beta[j] !== 0) used[count++] = j;
  let at = 0;
  for (; at + 3 < count; at += 4) {
    const [j0, j1, j2, j3] = [used[at]!, used[at + 1]!, used[at + 2]!, used[at + 3]!];
    const [b0, b1, b2, b3] = [beta[j0]!, beta[j1]!, beta[j2]!, beta[j3]!];
    const f0 = (places[j0]! - 1) * rows;
    const f1 = (places[j1]! - 1) * rows;
    const f2 = (places[j2]! - 1) * rows;
    const f3 = (places[j3]! - 1) * rows;
    for (let i = 0; i < rows; i++)
      out[i]! += b0 * x[f0 + i]! + b1 * x[f1 + i]! + (b2 * x[f2 + i]! + b3 * x[f3 + i]!);
  }
  for (; at < count; at++) {
    const from = (places[used[at]!]! - 1) * rows;
    const slope = beta[used[at]!]!;
    for (let i = 0; i < rows; i++) out[i]! += slope * x[from + i]!;
  }
}

/** score_j = residual . column j for all columns of a refit, four at a time. */
export function scoreColumns(
  residual: Float64Array,
  x: Float64Array,
  rows: number,
  places: Int32Array,
  k: number,
  score: Float64Array,
): void {
  let j = 1;
  for (; j + 3 < k; j += 4) {
    const f0 = (places[j]! - 1) * rows;
    const f1 = (places[j + 1]! - 1) * rows;
    const f2 = (places[j + 2]! - 1) * rows;
    const f3 = (places[j + 3]! - 1) * rows;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0; i < rows; i++) {
      const r = residual[i]!;
      s0 += r * x[f0 + i]!;
      s1 += r * x[f1 + i]!;
      s2 += r * x[f2 + i]!;
      s3 += r * x[f3 + i]!;
    }
    score[j] = s0;
    score[j + 1] = s1;
    score[j + 2] = s2;
    score[j + 3] = s3;
  }
  for (; j < k; j++) score[j] = dot(residual, x, (places[j]! - 1) * rows, rows);
}

/** Four sums side by side: the processor need not wait for one addition before the next. */
export function dot(a: Float64Array, x: Float64Array, from: number, rows: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    s0 += a[i]! * x[from + i]!;
    s1 += a[i + 1]! * x[from + i + 1]!;
    s2 += a[i + 2]! * x[from + i + 2]!;
    s3 += a[i + 3]! * x[from + i + 3]!;
  }
  for (; i < rows; i++) s0 += a[i]! * x[from + i]!;
  return s0 + s1 + (s2 + s3);
}
