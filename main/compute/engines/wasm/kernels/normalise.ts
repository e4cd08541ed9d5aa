/** Layer norm, RMS norm and unit rows, with their gradients. Tasks: rows. Statistics are float64. */
import { scaleAll } from './elementwise';
import { dotOf, highDoubles, lowDoubles, squaresAround, sumDoubles, sumOf } from './sums';
import { loadOne, multiplyAdd, negativeMultiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

/** Rows shorter than this are divided by this instead. */
const SMALLEST_NORM: f64 = 1e-12;

/** One vector of a normalised row: (x - mean) inverse gain + bias. */
// @ts-ignore: decorator
@inline
function normalised(x: v128, mean: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(x, mean), inverse);
}

/** y = (x - mean) inverseStd gain + bias; gain and bias are 0 where there are none. */
export function layerNorm(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  gain: usize,
  bias: usize,
  y: usize,
  means: usize,
  inverses: usize,
  columns: i32,
  epsilon: f64,
): void {
  const whole = words(columns & -4);
  const size = words(columns);
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * size;
    const to = y + <usize>row * size;
    const center = sumOf(from, columns) / <f64>columns;
    const variance = squaresAround(from, center, columns) / <f64>columns;
    const mean = <f32>center;
    const inverse = <f32>(1 / sqrt(variance + epsilon));
    store<f32>(means + words(row), mean);
    store<f32>(inverses + words(row), inverse);
    const meanLanes = f32x4.splat(mean);
    const inverseLanes = f32x4.splat(inverse);
    let at: usize = 0;
    for (; at < whole; at += VECTOR) {
      let value = normalised(v128.load(from + at), meanLanes, inverseLanes);
      if (gain) value = f32x4.mul(value, v128.load(gain + at));
      if (bias) value = f32x4.add(value, v128.load(bias + at));
      v128.store(to + at, value);
    }
    for (; at < size; at += WORD) {
      let value = normalised(loadOne(from + at), meanLanes, inverseLanes);
      if (gain) value = f32x4.mul(value, loadOne(gain + at));
      if (bias) value = f32x4.add(value, loadOne(bias + at));
      storeOne(to + at, value);
    }
  }
}

/**
 * With h = (x - mean) inverse and s = dy gain: dx = inverse (s - mean(s) - h mean(s h)). The first
 * pass takes the two means, the second writes.
 */
export function layerNormGradient(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  gain: usize,
  means: usize,
  inverses: usize,
  dy: usize,
  dx: usize,
  columns: i32,
): void {
  const whole = words(columns & -4);
  const size = words(columns);
  for (let row = begin; row < end; row++) {
    const xRow = x + <usize>row * size;
    const dyRow = dy + <usize>row * size;
    const to = dx + <usize>row * size;
    const mean = f32x4.splat(load<f32>(means + words(row)));
    const inverse = f32x4.splat(load<f32>(inverses + words(row)));
    let slopeLow = f64x2.splat(0);
    let slopeHigh = f64x2.splat(0);
    let alongLow = f64x2.splat(0);
    let alongHigh = f64x2.splat(0);
    let at: usize = 0;
    while (at < size) {
      const one = at >= whole;
      let s = one ? loadOne(dyRow + at) : v128.load(dyRow + at);
      if (gain) s = f32x4.mul(s, one ? loadOne(gain + at) : v128.load(gain + at));
      // Lanes beyond the row hold s = 0, and so add nothing.
      const h = normalised(one ? loadOne(xRow + at) : v128.load(xRow + at), mean, inverse);
      const product = f32x4.mul(s, h);
      slopeLow = f64x2.add(slopeLow, lowDoubles(s));
      slopeHigh = f64x2.add(slopeHigh, highDoubles(s));
      alongLow = f64x2.add(alongLow, lowDoubles(product));
      alongHigh = f64x2.add(alongHigh, highDoubles(product));
      at += one ? WORD : VECTOR;
    }
    const meanSlope = f32x4.splat(<f32>(sumDoubles(slopeLow, slopeHigh) / <f64>columns));
    const along = f32x4.splat(<f32>(sumDoubles(alongLow, alongHigh) / <f64>columns));
    at = 0;
    while (at < size) {
      const one = at >= whole;
      let s = one ? loadOne(dyRow + at) : v128.load(dyRow + at);
      if (gain) s = f32x4.mul(s, one ? loadOne(gain + at) : v128.load(gain + at));
      const h = normalised(one ? loadOne(xRow + at) : v128.load(xRow + at), mean, inverse);
      const value = f32x4.mul(negativeMultiplyAdd(h, along, f32x4.sub(s, meanSlope)), inverse);
      if (one) storeOne(to + at, value);
      else v128.store(to + at, value);
      at += one ? WORD : VECTOR;
    }
  }
}

/** y = x inverseRms gain; gain is 0 where there is none. */
export function rmsNorm(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  gain: usize,
  y: usize,
  inverses: usize,
  columns: i32,
  epsilon: f64,
): void {
  const whole = words(columns & -4);
  const size = words(columns);
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * size;
    const to = y + <usize>row * size;
    const inverse = <f32>(1 / sqrt(dotOf(from, from, columns) / <f64>columns + epsilon));
    store<f32>(inverses + words(row), inverse);
    scaleAll(from, to, columns, inverse);
    if (!gain) continue;
    let at: usize = 0;
    for (; at < whole; at += VECTOR)
      v128.store(to + at, f32x4.mul(v128.load(to + at), v128.load(gain + at)));
    for (; at < size; at += WORD)
      storeOne(to + at, f32x4.mul(loadOne(to + at), loadOne(gain + at)));
  }
}

/** With h = x inverse and s = dy gain: dx = inverse (s - h mean(s h)). */
export function rmsNormGradient(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  gain: usize,
  inverses: usize,
  dy: usize,
  dx: usize,
  columns: i32,
): void {
  const whole = words(columns & -4);
  const size = words(columns);
  for (let row = begin; row < end; row++) {
    const xRow = x + <usize>row * size;
    const dyRow = dy + <usize>row * size;
    const to = dx + <usize>row * size;
    const inverse = f32x4.splat(load<f32>(inverses + words(row)));
    // First s goes to the place of dx, then the rest is taken off it.
    let at: usize = 0;
    for (; at < whole; at += VECTOR) {
      const s = v128.load(dyRow + at);
      v128.store(to + at, gain ? f32x4.mul(s, v128.load(gain + at)) : s);
    }
    for (; at < size; at += WORD) {
      const s = loadOne(dyRow + at);
      storeOne(to + at, gain ? f32x4.mul(s, loadOne(gain + at)) : s);
    }
    const scale = <f64>load<f32>(inverses + words(row));
    const along = f32x4.splat(<f32>((scale * scale * dotOf(to, xRow, columns)) / <f64>columns));
    at = 0;
    for (; at < whole; at += VECTOR) {
      const rest = negativeMultiplyAdd(v128.load(xRow + at), along, v128.load(to + at));
      v128.store(to + at, f32x4.mul(rest, inverse));
    }
    for (; at < size; at += WORD) {
      const rest = negativeMultiplyAdd(loadOne(xRow + at), along, loadOne(to + at));
      storeOne(to + at, f32x4.mul(rest, inverse));
    }
  }
}

/** y = x / max(|x|, smallest norm). */
export function normaliseRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  y: usize,
  norms: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    const norm = sqrt(dotOf(x + at, x + at, columns));
    store<f32>(norms + words(row), <f32>norm);
    scaleAll(x + at, y + at, columns, <f32>(1 / max(norm, SMALLEST_NORM)));
  }
}

/** dx = (dy - y <y, dy>) / norm. */
export function normaliseRowsGradient(
  thread: i32,
  begin: i32,
  end: i32,
  y: usize,
  norms: usize,
  dy: usize,
  dx: usize,
  columns: i32,
): void {
  const whole = words(columns & -4);
  const size = words(columns);
  for (let row = begin; row < end; row++) {
    const yRow = y + <usize>row * size;
    const dyRow = dy + <usize>row * size;
    const to = dx + <usize>row * size;
    const along = f32x4.splat(<f32>dotOf(yRow, dyRow, columns));
    const norm = max(<f64>load<f32>(norms + words(row)), SMALLEST_NORM);
    const inverse = f32x4.splat(<f32>(1 / norm));
    let at: usize = 0;
    for (; at < whole; at += VECTOR) {
      const rest = negativeMultiplyAdd(v128.load(yRow + at), along, v128.load(dyRow + at));
      v128.store(to + at, f32x4.mul(rest, inverse));
    }
    for (; at < size; at += WORD) {
      const rest = negativeMultiplyAdd(loadOne(yRow + at), along, loadOne(dyRow + at));
      storeOne(to + at, f32x4.mul(rest, inverse));
    }
  }
}
