/** Soft caps, cap tanh(x / cap), and their slopes. Tasks: elements. */
import { exponentialMinusOne } from './special';
import { loadOne, storeOne, VECTOR, WORD, words } from './vector';

/** Beyond this tanh is 1 in float32. */
const LARGEST: f32 = 16;

/** tanh x = e / (e + 2) for e = exp(2 x) - 1, which keeps its digits near 0. */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const bound = f32x4.splat(LARGEST);
  const inside = f32x4.pmin(f32x4.pmax(x, f32x4.neg(bound)), bound);
  const e = exponentialMinusOne(f32x4.add(inside, inside));
  return f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
}

/** out = cap tanh(factor x / cap) over `count` elements; in place where out is x. */
export function capAll(x: usize, out: usize, count: i32, factor: f32, cap: f32): void {
  const caps = f32x4.splat(cap);
  const factors = f32x4.splat(factor / cap);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    v128.store(out, f32x4.mul(tanh(f32x4.mul(v128.load(x), factors)), caps));
    x += VECTOR;
    out += VECTOR;
  }
  while (x < end) {
    storeOne(out, f32x4.mul(tanh(f32x4.mul(loadOne(x), factors)), caps));
    x += WORD;
    out += WORD;
  }
}

/** 1 - (y / cap)^2. */
// @ts-ignore: decorator
@inline
export function capSlope(y: v128, cap: v128): v128 {
  const share = f32x4.div(y, cap);
  // As a product of differences, which loses nothing where the cap is near.
  return f32x4.mul(f32x4.sub(f32x4.splat(1), share), f32x4.add(f32x4.splat(1), share));
}

export function softCap(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  out: usize,
  cap: f32,
): void {
  capAll(x + words(begin), out + words(begin), end - begin, 1, cap);
}

export function softCapGradient(
  thread: i32,
  begin: i32,
  end: i32,
  y: usize,
  dy: usize,
  out: usize,
  cap: f32,
): void {
  const caps = f32x4.splat(cap);
  let at = words(begin);
  const last = words(end);
  const vectors = at + words((end - begin) & -4);
  for (; at < vectors; at += VECTOR)
    v128.store(out + at, f32x4.mul(v128.load(dy + at), capSlope(v128.load(y + at), caps)));
  for (; at < last; at += WORD)
    storeOne(out + at, f32x4.mul(loadOne(dy + at), capSlope(loadOne(y + at), caps)));
}
