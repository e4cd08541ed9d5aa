import {
  addDd,
  divideDd,
  multiplyDd,
  negateDd,
  sqrtDd,
  type DoubleDouble,
} from './double-double.ts';

/**
 * Least squares by Householder QR in double-double arithmetic, for problems small enough that its
 * price (about thirty times that of doubles) is not felt. Where the design is known to more than a
 * double's digits, as the powers of a polynomial are, that shows in the estimates: NIST's Filip gains
 * six digits, which no method that starts from rounded powers can have.
 */
export interface PreciseFit {
  /** [p] */
  readonly estimates: Float64Array;
  /** Diagonal of (X'X)^-1. [p] */
  readonly inverseDiagonal: Float64Array;
  readonly residualSquares: number;
  /** Rows of Q'y, rounded to double. [p] */
  readonly effects: Float64Array;
}

/** Multiply-add operations up to which a fit is made in double-double arithmetic. */
export const preciseLimit = 10_000_000;
/** The same where it was asked for: some seconds. */
export const exactLimit = 200_000_000;

/**
 * @param high, low [n, p + 1], column-major: the columns of X, then y, as hi + lo; destroyed.
 *   Columns are linearly independent and scaled to a magnitude near 1.
 */
export function preciseLeastSquares(
  high: Float64Array,
  low: Float64Array,
  n: number,
  p: number,
): PreciseFit {
  for (let j = 0; j < p; j++) eliminate(high, low, n, p, j);
  const at = (i: number, j: number): DoubleDouble => ({
    hi: high[j * n + i]!,
    lo: low[j * n + i]!,
  });
  const estimates = backSubstitute(at, p, (i) => at(i, p));
  const inverseDiagonal = new Float64Array(p);
  for (let k = 0; k < p; k++) {
    // Column k of R^-1 adds its squares to the diagonal of R^-1 R^-T.
    const column = backSubstitute(at, k + 1, (i) => ({ hi: i === k ? 1 : 0, lo: 0 }));
    column.forEach((value, i) => (inverseDiagonal[i]! += multiplyDd(value, value).hi));
  }
  let squares: DoubleDouble = { hi: 0, lo: 0 };
  for (let i = p; i < n; i++) squares = addDd(squares, multiplyDd(at(i, p), at(i, p)));
  return {
    estimates: Float64Array.from(estimates, (value) => value.hi),
    inverseDiagonal,
    residualSquares: squares.hi,
    effects: high.slice(p * n, p * n + p),
  };
}

/** One Householder reflection: column j below the diagonal to zero, applied to all later columns. */
function eliminate(high: Float64Array, low: Float64Array, n: number, p: number, j: number): void {
  const start = j * n;
  const squares = dot(high, low, start, start, j, n);
  const norm = sqrtDd(squares);
  if (norm.hi === 0) return;
  const alpha: DoubleDouble = { hi: high[start + j]!, lo: low[start + j]! };
  const beta = alpha.hi > 0 ? negateDd(norm) : norm;
  const head = addDd(alpha, negateDd(beta));
  const factor = divideDd({ hi: 1, lo: 0 }, multiplyDd(beta, head));
  high[start + j] = head.hi;
  low[start + j] = head.lo;
  for (let k = j + 1; k <= p; k++) {
    const s = multiplyDd(dot(high, low, start, k * n, j, n), factor);
    for (let i = j; i < n; i++) {
      const v: DoubleDouble = { hi: high[start + i]!, lo: low[start + i]! };
      const old: DoubleDouble = { hi: high[k * n + i]!, lo: low[k * n + i]! };
      const value = addDd(old, multiplyDd(s, v));
      high[k * n + i] = value.hi;
      low[k * n + i] = value.lo;
    }
  }
  high[start + j] = beta.hi;
  low[start + j] = beta.lo;
}

function dot(
  high: Float64Array,
  low: Float64Array,
  a: number,
  b: number,
  from: number,
  n: number,
): DoubleDouble {
  let total: DoubleDouble = { hi: 0, lo: 0 };
  for (let i = from; i < n; i++) {
    const x: DoubleDouble = { hi: high[a + i]!, lo: low[a + i]! };
    const y: DoubleDouble = { hi: high[b + i]!, lo: low[b + i]! };
    total = addDd(total, multiplyDd(x, y));
  }
  return total;
}

function backSubstitute(
  r: (i: number, j: number) => DoubleDouble,
  p: number,
  right: (i: number) => DoubleDouble,
): DoubleDouble[] {
  const x: DoubleDouble[] = Array.from({ length: p }, (_, i) => right(i));
  for (let j = p - 1; j >= 0; j--) {
    const value = divideDd(x[j]!, r(j, j));
    x[j] = value;
    for (let i = 0; i < j; i++) x[i] = addDd(x[i]!, negateDd(multiplyDd(r(i, j), value)));
  }
  return x;
}
