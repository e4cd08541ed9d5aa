/**
 * Small dense algebra on upper triangular matrices. R [p, p] is column-major; only its upper part is
 * read. A zero on the diagonal gives infinities: callers remove dependent columns first.
 */

/** Solves R x = b by back substitution. */
export function solveUpper(r: Float64Array, p: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let j = p - 1; j >= 0; j--) {
    const value = x[j]! / r[j * p + j]!;
    x[j] = value;
    for (let i = 0; i < j; i++) x[i]! -= r[j * p + i]! * value;
  }
  return x;
}

/** R^-1, upper triangular, column-major [p, p]. */
export function invertUpper(r: Float64Array, p: number): Float64Array {
  const inverse = new Float64Array(p * p);
  for (let k = 0; k < p; k++) {
    const column = inverse.subarray(k * p, k * p + p);
    column[k] = 1 / r[k * p + k]!;
    for (let j = k; j >= 0; j--) {
      const value = j === k ? column[k]! : column[j]! / r[j * p + j]!;
      column[j] = value;
      for (let i = 0; i < j; i++) column[i]! -= r[j * p + i]! * value;
    }
  }
  return inverse;
}

/** The diagonal of (R'R)^-1: sums of squares of the rows of R^-1. [p] */
export function inverseDiagonal(inverse: Float64Array, p: number): Float64Array {
  const diagonal = new Float64Array(p);
  for (let j = 0; j < p; j++) for (let i = 0; i <= j; i++) diagonal[i]! += inverse[j * p + i]! ** 2;
  return diagonal;
}

/**
 * Householder QR of a small matrix A [rows, columns], rows >= columns, column-major, in place: the
 * upper part becomes R, what lies below is left over and has no meaning. Further columns (`extra`)
 * behind the first `columns` are transformed along with them.
 */
export function triangularise(a: Float64Array, rows: number, columns: number, extra = 0): void {
  for (let j = 0; j < columns; j++) {
    const start = j * rows;
    let squares = 0;
    for (let i = j + 1; i < rows; i++) squares += a[start + i]! ** 2;
    if (squares === 0) continue;
    const alpha = a[start + j]!;
    const norm = Math.sqrt(alpha * alpha + squares);
    const beta = alpha > 0 ? -norm : norm;
    const head = alpha - beta;
    const factor = 1 / (beta * head);
    a[start + j] = head;
    for (let k = j + 1; k < columns + extra; k++) {
      const other = k * rows;
      let s = 0;
      for (let i = j; i < rows; i++) s += a[start + i]! * a[other + i]!;
      s *= factor;
      for (let i = j; i < rows; i++) a[other + i]! += s * a[start + i]!;
    }
    a[start + j] = beta;
  }
}

export interface Triangle {
  /** R of the kept columns, [k, k]. */
  readonly r: Float64Array;
  /** Q'y for them, [k]. */
  readonly effects: Float64Array;
  /** What leaving columns out adds to the residual sum of squares. */
  readonly addedSquares: number;
}

/**
 * The factorisation of X with only some of its columns, from the one with all of them: R without
 * the others is triangular but for a few entries, and is made triangular again by reflections.
 */
export function keepColumns(
  r: Float64Array,
  effects: Float64Array,
  p: number,
  kept: readonly number[],
): Triangle {
  const k = kept.length;
  const work = new Float64Array(p * (k + 1));
  kept.forEach((column, index) => {
    for (let i = 0; i <= column; i++) work[index * p + i] = r[column * p + i]!;
  });
  work.set(effects.subarray(0, p), k * p);
  triangularise(work, p, k, 1);
  const small = new Float64Array(k * k);
  for (let j = 0; j < k; j++) for (let i = 0; i <= j; i++) small[j * k + i] = work[j * p + i]!;
  let addedSquares = 0;
  for (let i = k; i < p; i++) addedSquares += work[k * p + i]! ** 2;
  return { r: small, effects: work.slice(k * p, k * p + k), addedSquares };
}
