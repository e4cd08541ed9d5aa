/**
 * Solves A x = b for a symmetric positive definite A [k, k] by Cholesky factorisation, with one step
 * of iterative refinement. A is kept.
 * @returns undefined where A is not positive definite to rounding
 */
export function solveCholesky(
  a: Float64Array,
  k: number,
  b: Float64Array,
): Float64Array | undefined {
  const factor = cholesky(a, k);
  if (!factor) return undefined;
  const x = solveFactored(factor, k, b);
  const rest = b.slice();
  for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) rest[i]! -= a[j * k + i]! * x[j]!;
  const correction = solveFactored(factor, k, rest);
  for (let i = 0; i < k; i++) x[i]! += correction[i]!;
  return x;
}

/**
 * The upper triangle R with R'R = A, column-major [k, k]; undefined where A is not positive definite
 * to rounding (a pivot below 1e-13 of its diagonal entry).
 */
export function cholesky(a: Float64Array, k: number): Float64Array | undefined {
  const r = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < j; i++) {
      let sum = a[j * k + i]!;
      for (let m = 0; m < i; m++) sum -= r[i * k + m]! * r[j * k + m]!;
      r[j * k + i] = sum / r[i * k + i]!;
    }
    let pivot = a[j * k + j]!;
    for (let m = 0; m < j; m++) pivot -= r[j * k + m]! ** 2;
    if (!(pivot > 1e-13 * a[j * k + j]!)) return undefined;
    r[j * k + j] = Math.sqrt(pivot);
  }
  return r;
}

function solveFactored(r: Float64Array, k: number, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let j = 0; j < k; j++) {
    for (let m = 0; m < j; m++) x[j]! -= r[j * k + m]! * x[m]!;
    x[j]! /= r[j * k + j]!;
  }
  for (let j = k - 1; j >= 0; j--) {
    for (let m = j + 1; m < k; m++) x[j]! -= r[m * k + j]! * x[m]!;
    x[j]! /= r[j * k + j]!;
  }
  return x;
}
