const WORD: usize = 4;
const VECTOR: usize = 16;

/** The L2 norm of so many numbers, in float64. */
export function norm(values: usize, length: i32): f64 {
  return sqrt(sumOfSquares(values, values + <usize>length * WORD));
}

/** Divides each row of `values` [rows, columns] by max(its L2 norm, 1e-12). */
export function unitRows(values: usize, rows: i32, columns: i32): void {
  let start = values;
  for (let row = 0; row < rows; row++) {
    const end = start + <usize>columns * WORD;
    scale(start, end, 1 / max(sqrt(sumOfSquares(start, end)), 1e-12));
    start = end;
  }
}

/** Four sums beside each other: the parts of one would have to wait for each other. */
function sumOfSquares(start: usize, end: usize): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  let at = start;
  for (; at + 2 * VECTOR <= end; at += 2 * VECTOR) {
    const x = v128.load(at);
    const y = v128.load(at, VECTOR);
    a = addSquare(a, f64x2.promote_low_f32x4(x));
    b = addSquare(b, f64x2.promote_low_f32x4(upper(x)));
    c = addSquare(c, f64x2.promote_low_f32x4(y));
    d = addSquare(d, f64x2.promote_low_f32x4(upper(y)));
  }
  const sums = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; at < end; at += WORD) {
    const x = <f64>load<f32>(at);
    sum += x * x;
  }
  return sum;
}

function scale(start: usize, end: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  let at = start;
  for (; at + VECTOR <= end; at += VECTOR) {
    const x = v128.load(at);
    const low = f64x2.mul(f64x2.promote_low_f32x4(x), factors);
    const high = f64x2.mul(f64x2.promote_low_f32x4(upper(x)), factors);
    const first = f32x4.demote_f64x2_zero(low);
    const second = f32x4.demote_f64x2_zero(high);
    v128.store(at, v128.shuffle<f32>(first, second, 0, 1, 4, 5));
  }
  for (; at < end; at += WORD) store<f32>(at, <f32>(<f64>load<f32>(at) * factor));
}

// @ts-ignore: decorator
@inline
function addSquare(sum: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, x));
}

/** The upper two lanes, as the lower ones. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 0, 1);
}
