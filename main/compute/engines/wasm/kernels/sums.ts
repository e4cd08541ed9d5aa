/**
 * Sums over contiguous numbers, accumulated in float64 in two vectors of two, so that they carry
 * float32's full precision at any length. The order of the additions is fixed.
 */
import { VECTOR, WORD, words } from './vector';

/** The lower and upper two lanes of x, widened. */
// @ts-ignore: decorator
@inline
export function lowDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
export function highDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

// @ts-ignore: decorator
@inline
export function sumDoubles(low: v128, high: v128): f64 {
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

export function sumOf(x: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    const value = v128.load(x);
    low = f64x2.add(low, lowDoubles(value));
    high = f64x2.add(high, highDoubles(value));
    x += VECTOR;
  }
  let sum = sumDoubles(low, high);
  while (x < end) {
    sum += <f64>load<f32>(x);
    x += WORD;
  }
  return sum;
}

/** <x, y>; products are exact in float64. */
export function dotOf(x: usize, y: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    const a = v128.load(x);
    const b = v128.load(y);
    low = f64x2.add(low, f64x2.mul(lowDoubles(a), lowDoubles(b)));
    high = f64x2.add(high, f64x2.mul(highDoubles(a), highDoubles(b)));
    x += VECTOR;
    y += VECTOR;
  }
  let sum = sumDoubles(low, high);
  while (x < end) {
    sum += <f64>load<f32>(x) * <f64>load<f32>(y);
    x += WORD;
    y += WORD;
  }
  return sum;
}

/** Sum of (x - center)^2. */
export function squaresAround(x: usize, center: f64, count: i32): f64 {
  const centers = f64x2.splat(center);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    const value = v128.load(x);
    const a = f64x2.sub(lowDoubles(value), centers);
    const b = f64x2.sub(highDoubles(value), centers);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    x += VECTOR;
  }
  let sum = sumDoubles(low, high);
  while (x < end) {
    const value = <f64>load<f32>(x) - center;
    sum += value * value;
    x += WORD;
  }
  return sum;
}

/** Sum of |x|. */
export function absoluteSumOf(x: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    const value = f32x4.abs(v128.load(x));
    low = f64x2.add(low, lowDoubles(value));
    high = f64x2.add(high, highDoubles(value));
    x += VECTOR;
  }
  let sum = sumDoubles(low, high);
  while (x < end) {
    sum += <f64>abs(load<f32>(x));
    x += WORD;
  }
  return sum;
}

/** Number of entries that are not 0. */
export function nonzeroIn(x: usize, count: i32): i32 {
  let found = i32x4.splat(0);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    // A comparison is -1 where it holds.
    found = i32x4.sub(found, f32x4.ne(v128.load(x), f32x4.splat(0)));
    x += VECTOR;
  }
  let total =
    i32x4.extract_lane(found, 0) +
    i32x4.extract_lane(found, 1) +
    i32x4.extract_lane(found, 2) +
    i32x4.extract_lane(found, 3);
  while (x < end) {
    if (load<f32>(x) != 0) total++;
    x += WORD;
  }
  return total;
}
