/** Sums, norms and counts. */
import { addScaledAll } from './elementwise';
import { power } from './special';
import { absoluteSumOf, dotOf, highDoubles, lowDoubles, nonzeroIn, sumOf } from './sums';
import { loadOne, storeOne, VECTOR, WORD, words } from './vector';

/**
 * Tasks of the three sums below: blocks of `block` elements; block i writes its sum to partials[i]
 * (float64), and the host adds these in order.
 */
export function blockSums(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  count: i32,
  block: i32,
  partials: usize,
): void {
  for (let i = begin; i < end; i++)
    store<f64>(partials + (<usize>i << 3), sumOf(x + words(i * block), min(block, count - i * block)));
}

export function blockSquares(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  count: i32,
  block: i32,
  partials: usize,
): void {
  for (let i = begin; i < end; i++) {
    const from = x + words(i * block);
    store<f64>(partials + (<usize>i << 3), dotOf(from, from, min(block, count - i * block)));
  }
}

export function blockNonzeros(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  count: i32,
  block: i32,
  partials: usize,
): void {
  for (let i = begin; i < end; i++)
    store<f64>(
      partials + (<usize>i << 3),
      <f64>nonzeroIn(x + words(i * block), min(block, count - i * block)),
    );
}

/** Task: rows. */
export function sumRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++)
    store<f32>(out + words(row), <f32>sumOf(x + <usize>row * words(columns), columns));
}

/** Task: rows. */
export function dotRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  y: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    store<f32>(out + words(row), <f32>dotOf(x + at, y + at, columns));
  }
}

/**
 * First half of a sum over rows. Tasks: blocks of `blockRows` rows by chunks of `chunk` columns,
 * counted along the columns; each writes its part of row `block` of the partials [blocks, columns].
 */
export function partialColumnSums(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  partials: usize,
  rows: i32,
  columns: i32,
  blockRows: i32,
  chunk: i32,
): void {
  const chunks = (columns + chunk - 1) / chunk;
  const stride = words(columns);
  for (let task = begin; task < end; task++) {
    const block = task / chunks;
    const column = (task % chunks) * chunk;
    const width = min(chunk, columns - column);
    const out = partials + <usize>block * stride + words(column);
    const from = x + <usize>(block * blockRows) * stride + words(column);
    memory.fill(out, 0, words(width));
    addRowsUp(out, from, stride, min(blockRows, rows - block * blockRows), width);
  }
}

/** out += each of `count` rows, four at a time, so that the sum itself passes by a quarter as often. */
function addRowsUp(out: usize, x: usize, stride: usize, count: i32, width: i32): void {
  const size = words(width);
  const whole = words(width & -4);
  let row = 0;
  for (; row + 4 <= count; row += 4) {
    const b = x + stride;
    const c = b + stride;
    const d = c + stride;
    let at: usize = 0;
    for (; at < whole; at += VECTOR) {
      const first = f32x4.add(v128.load(x + at), v128.load(b + at));
      const second = f32x4.add(v128.load(c + at), v128.load(d + at));
      v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.add(first, second)));
    }
    for (; at < size; at += WORD) {
      const first = f32x4.add(loadOne(x + at), loadOne(b + at));
      const second = f32x4.add(loadOne(c + at), loadOne(d + at));
      storeOne(out + at, f32x4.add(loadOne(out + at), f32x4.add(first, second)));
    }
    x = d + stride;
  }
  for (; row < count; row++) {
    addScaledAll(out, x, width, 1);
    x += stride;
  }
}

/** Second half. Task: columns. Adds the blocks of each column in order, in float64. */
export function combineColumnSums(
  thread: i32,
  begin: i32,
  end: i32,
  partials: usize,
  out: usize,
  blocks: i32,
  columns: i32,
): void {
  const stride = words(columns);
  let column = begin;
  for (; column + 4 <= end; column += 4) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let from = partials + words(column);
    for (let block = 0; block < blocks; block++) {
      const x = v128.load(from);
      low = f64x2.add(low, lowDoubles(x));
      high = f64x2.add(high, highDoubles(x));
      from += stride;
    }
    const sums = v128.shuffle<f32>(
      f32x4.demote_f64x2_zero(low),
      f32x4.demote_f64x2_zero(high),
      0,
      1,
      4,
      5,
    );
    v128.store(out + words(column), sums);
  }
  for (; column < end; column++) {
    let sum: f64 = 0;
    for (let block = 0; block < blocks; block++)
      sum += <f64>load<f32>(partials + <usize>block * stride + words(column));
    store<f32>(out + words(column), <f32>sum);
  }
}

/** The p-norm of `count` numbers, in float64. */
export function normOf(x: usize, count: i32, p: f64): f32 {
  if (p == 1) return <f32>absoluteSumOf(x, count);
  if (p == 2) return <f32>sqrt(dotOf(x, x, count));
  let sum: f64 = 0;
  const end = x + words(count);
  for (; x < end; x += WORD) {
    const value = load<f32>(x);
    if (value != 0) sum += power(<f64>abs(value), p);
  }
  return <f32>power(sum, 1 / p);
}

/** Derivative of a p-norm with respect to an entry x: sign(x) (|x| / norm)^(p - 1), 0 at 0. */
// @ts-ignore: decorator
@inline
function normSlope(x: f32, norm: f64, p: f64): f64 {
  if (x == 0) return 0;
  if (p == 1) return x > 0 ? 1 : -1;
  if (p == 2) return <f64>x / norm;
  const ratio = <f64>abs(x) / norm;
  const size = p > 1 ? power(ratio, p - 1) : 1 / power(ratio, 1 - p);
  return x > 0 ? size : -size;
}

/** out = weight times the slope of the norm at each of `count` entries. */
export function normSlopes(
  x: usize,
  out: usize,
  count: i32,
  norm: f32,
  p: f64,
  weight: f32,
): void {
  const end = x + words(count);
  while (x < end) {
    store<f32>(out, <f32>(<f64>weight * normSlope(load<f32>(x), <f64>norm, p)));
    x += WORD;
    out += WORD;
  }
}

/** Task: rows. */
export function normRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  out: usize,
  columns: i32,
  p: f64,
): void {
  for (let row = begin; row < end; row++)
    store<f32>(out + words(row), normOf(x + <usize>row * words(columns), columns, p));
}

/** Task: rows. */
export function normRowsGradient(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  norms: usize,
  weight: usize,
  out: usize,
  columns: i32,
  p: f64,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    const norm = load<f32>(norms + words(row));
    normSlopes(x + at, out + at, columns, norm, p, load<f32>(weight + words(row)));
  }
}
