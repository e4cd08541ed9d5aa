/**
 * Householder QR of a tall matrix that is given in blocks of rows, in column order without pivoting.
 *
 * Each block is folded into the triangle found so far by reflections that annihilate the block
 * below it (the flat-tree TSQR of Demmel, Grigori, Hoemmen & Langou 2012, SIAM J. Sci. Comput. 34;
 * Golub & Van Loan, section 6.5.3 on updating by rows). The result is as backward stable as
 * Householder QR of the whole matrix (Higham 2002, theorem 19.4), and memory holds one block.
 *
 * Notation: X [n, p], Y [n, q]; X = Q R with R [p, p] upper triangular; Q'Y = [effects; rest].
 * Matrices are column-major Float64Arrays.
 */
export class StreamedQr {
  readonly columns: number;
  readonly responses: number;
  /** R [p, p]; entries below the diagonal are 0. Diagonal signs are as the reflections leave them. */
  readonly r: Float64Array;
  /** First p rows of Q'Y, [p, q]. */
  readonly effects: Float64Array;
  /** Sum of squares of the remaining rows of Q'Y, [q]: the residual sum of squares of each response. */
  readonly residualSquares: Float64Array;
  #rows = 0;

  constructor(columns: number, responses: number) {
    this.columns = columns;
    this.responses = responses;
    this.r = new Float64Array(columns * columns);
    this.effects = new Float64Array(columns * responses);
    this.residualSquares = new Float64Array(responses);
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Folds in rows of [X | Y].
   * @param block [rows, p + q], column-major with leading dimension `rows`; destroyed
   */
  add(block: Float64Array, rows: number): void {
    const { columns, responses, r, effects, residualSquares } = this;
    for (let j = 0; j < columns; j++) {
      const squares = sumOfSquares(block, j * rows, rows);
      if (squares === 0) continue;
      const alpha = r[j * columns + j]!;
      const norm = Math.sqrt(alpha * alpha + squares);
      const beta = alpha > 0 ? -norm : norm;
      const head = alpha - beta;
      // H = I - v v' / (-beta head) with v = [head; column j of the block].
      const factor = 1 / (beta * head);
      r[j * columns + j] = beta;
      for (let k = j + 1; k < columns; k += 4)
        reflect(
          block,
          rows,
          j,
          k,
          Math.min(4, columns - k),
          r,
          k * columns + j,
          columns,
          head,
          factor,
        );
      for (let k = 0; k < responses; k += 4)
        reflect(
          block,
          rows,
          j,
          columns + k,
          Math.min(4, responses - k),
          effects,
          k * columns + j,
          columns,
          head,
          factor,
        );
    }
    for (let k = 0; k < responses; k++)
      residualSquares[k]! += sumOfSquares(block, (columns + k) * rows, rows);
    this.#rows += rows;
  }
}

/** Rows of a block of `columns` columns that stay in a core's cache. */
export function blockRows(columns: number): number {
  return Math.max(64, Math.min(4096, Math.floor(32_768 / (columns + 1))));
}

function sumOfSquares(a: Float64Array, start: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = start + count;
  let i = start;
  for (; i + 3 < end; i += 4) {
    s0 += a[i]! * a[i]!;
    s1 += a[i + 1]! * a[i + 1]!;
    s2 += a[i + 2]! * a[i + 2]!;
    s3 += a[i + 3]! * a[i + 3]!;
  }
  for (; i < end; i++) s0 += a[i]! * a[i]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * Applies the reflection with vector [head; block column j] to `count` (at most 4) columns from k on,
 * whose upper parts are the entries top[at], top[at + step], …  Four columns share each load of v.
 */
function reflect(
  block: Float64Array,
  rows: number,
  j: number,
  k: number,
  count: number,
  top: Float64Array,
  at: number,
  step: number,
  head: number,
  factor: number,
): void {
  const v = j * rows;
  const a = k * rows;
  if (count < 4) {
    for (let c = 0; c < count; c++)
      reflectOne(block, rows, v, a + c * rows, top, at + c * step, head, factor);
    return;
  }
  const b = a + rows;
  const c = b + rows;
  const d = c + rows;
  let s0 = head * top[at]!;
  let s1 = head * top[at + step]!;
  let s2 = head * top[at + 2 * step]!;
  let s3 = head * top[at + 3 * step]!;
  for (let i = 0; i < rows; i++) {
    const w = block[v + i]!;
    s0 += w * block[a + i]!;
    s1 += w * block[b + i]!;
    s2 += w * block[c + i]!;
    s3 += w * block[d + i]!;
  }
  s0 *= factor;
  s1 *= factor;
  s2 *= factor;
  s3 *= factor;
  top[at]! += s0 * head;
  top[at + step]! += s1 * head;
  top[at + 2 * step]! += s2 * head;
  top[at + 3 * step]! += s3 * head;
  for (let i = 0; i < rows; i++) {
    const w = block[v + i]!;
    block[a + i]! += s0 * w;
    block[b + i]! += s1 * w;
    block[c + i]! += s2 * w;
    block[d + i]! += s3 * w;
  }
}

function reflectOne(
  block: Float64Array,
  rows: number,
  v: number,
  a: number,
  top: Float64Array,
  at: number,
  head: number,
  factor: number,
): void {
  let s = head * top[at]!;
  for (let i = 0; i < rows; i++) s += block[v + i]! * block[a + i]!;
  s *= factor;
  top[at]! += s * head;
  for (let i = 0; i < rows; i++) block[a + i]! += s * block[v + i]!;
}
