import { invertUpper, triangularise } from '../linalg/triangular.ts';

/**
 * Variance inflation factors from the triangle of a QR factorisation; no correlation matrix is formed
 * or inverted.
 *
 * For a set S of columns, Fox & Monette's (1992, JASA 87) generalised factor is
 * det(X_S' X_S) det((X'X)^-1 restricted to S), X centred where there is an intercept: for one column
 * this is 1 / (1 - R_j^2). Both determinants are products of the diagonals of small triangles.
 *
 * @param r triangle [k, k] of the independent columns, the intercept first if there is one
 * @param sets for each term the indices of its columns
 * @returns one factor for each set; NaN for an empty one
 */
export function inflationFactors(
  r: Float64Array,
  k: number,
  intercept: boolean,
  sets: readonly (readonly number[])[],
): number[] {
  const inverse = invertUpper(r, k);
  const first = intercept ? 1 : 0;
  return sets.map((set) => {
    if (set.length === 0) return NaN;
    const centred = logDeterminant(
      set.map((column) => r.subarray(column * k + first, column * k + k)),
    );
    const rows = set.map((row) =>
      Float64Array.from({ length: k }, (_, j) => inverse[j * k + row]!),
    );
    return Math.exp(centred + logDeterminant(rows));
  });
}

/** log det(A'A) for the columns of A, by QR. */
function logDeterminant(columns: readonly Float64Array[]): number {
  const rows = columns[0]!.length;
  const work = new Float64Array(rows * columns.length);
  columns.forEach((column, j) => work.set(column, j * rows));
  triangularise(work, rows, columns.length);
  let total = 0;
  for (let j = 0; j < columns.length; j++) total += 2 * Math.log(Math.abs(work[j * rows + j]!));
  return total;
}
