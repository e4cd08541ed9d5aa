/** Activations and their derivatives. Tasks: elements. */
import { exponential, gaussian, normalCdf, sigmoid } from './special';
import { loadOne, multiplyAdd, negativeMultiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

const RELU: i32 = 0;
const GELU: i32 = 1;
const GELU_NEW: i32 = 2;
const SILU: i32 = 3;

// Spread over the lanes as they are loaded; see special.ts.
const ONE = memory.data<f32>([1]);
/** 2 sqrt(2 / pi): (1 + tanh u) / 2 = sigmoid(2 u) turns the tanh of gelu_new into a sigmoid. */
const DOUBLED = memory.data<f32>([1.5957691216057308]);
const CUBIC = memory.data<f32>([0.044715]);
const THREE_CUBIC = memory.data<f32>([0.134145]);
/** 1 / sqrt(2 pi). */
const DENSITY = memory.data<f32>([0.3989422804014327]);

// @ts-ignore: decorator
@inline
function doubledArgument(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return f32x4.mul(multiplyAdd(cube, v128.load32_splat(CUBIC), x), v128.load32_splat(DOUBLED));
}

// @ts-ignore: decorator
@inline
function value(activation: i32, x: v128): v128 {
  // Greater of 0 and x; a NaN stays.
  if (activation == RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (activation == GELU) return f32x4.mul(x, normalCdf(x, gaussian(x)));
  if (activation == GELU_NEW) return f32x4.mul(x, sigmoid(doubledArgument(x)));
  return f32x4.mul(x, sigmoid(x));
}

/** s + x s (1 - s) slope, the derivative of x s(u(x)) for the sigmoid s. */
// @ts-ignore: decorator
@inline
function sigmoidProductSlope(x: v128, s: v128, slope: v128): v128 {
  const curve = negativeMultiplyAdd(s, s, s);
  return multiplyAdd(f32x4.mul(x, curve), slope, s);
}

// @ts-ignore: decorator
@inline
function gradient(activation: i32, x: v128, dy: v128): v128 {
  if (activation == RELU) return v128.and(dy, f32x4.gt(x, f32x4.splat(0)));
  if (activation == GELU) {
    const gauss = gaussian(x);
    const density = f32x4.mul(gauss, v128.load32_splat(DENSITY));
    return f32x4.mul(dy, multiplyAdd(x, density, normalCdf(x, gauss)));
  }
  if (activation == GELU_NEW) {
    const square = f32x4.mul(f32x4.mul(x, x), v128.load32_splat(THREE_CUBIC));
    const slope = f32x4.mul(f32x4.add(square, v128.load32_splat(ONE)), v128.load32_splat(DOUBLED));
    return f32x4.mul(dy, sigmoidProductSlope(x, sigmoid(doubledArgument(x)), slope));
  }
  return f32x4.mul(dy, sigmoidProductSlope(x, sigmoid(x), v128.load32_splat(ONE)));
}

// @ts-ignore: decorator
@inline
function activateAll(activation: i32, x: usize, out: usize, count: i32): void {
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    v128.store(out, value(activation, v128.load(x)));
    x += VECTOR;
    out += VECTOR;
  }
  while (x < end) {
    storeOne(out, value(activation, loadOne(x)));
    x += WORD;
    out += WORD;
  }
}

// @ts-ignore: decorator
@inline
function differentiateAll(activation: i32, x: usize, dy: usize, out: usize, count: i32): void {
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    v128.store(out, gradient(activation, v128.load(x), v128.load(dy)));
    x += VECTOR;
    dy += VECTOR;
    out += VECTOR;
  }
  while (x < end) {
    storeOne(out, gradient(activation, loadOne(x), loadOne(dy)));
    x += WORD;
    dy += WORD;
    out += WORD;
  }
}

/** `activation` is one of the constants above, in the order of the host's table. */
export function activate(
  thread: i32,
  begin: i32,
  end: i32,
  activation: i32,
  x: usize,
  out: usize,
): void {
  const count = end - begin;
  x += words(begin);
  out += words(begin);
  if (activation == RELU) activateAll(RELU, x, out, count);
  else if (activation == GELU) activateAll(GELU, x, out, count);
  else if (activation == GELU_NEW) activateAll(GELU_NEW, x, out, count);
  else activateAll(SILU, x, out, count);
}

export function activateGradient(
  thread: i32,
  begin: i32,
  end: i32,
  activation: i32,
  x: usize,
  dy: usize,
  out: usize,
): void {
  const count = end - begin;
  x += words(begin);
  dy += words(begin);
  out += words(begin);
  if (activation == RELU) differentiateAll(RELU, x, dy, out, count);
  else if (activation == GELU) differentiateAll(GELU, x, dy, out, count);
  else if (activation == GELU_NEW) differentiateAll(GELU_NEW, x, dy, out, count);
  else differentiateAll(SILU, x, dy, out, count);
}
