/** Exponentials, logarithms and the normal distribution. */
import { multiplyAdd } from './vector';

// Constants of the loops below lie in memory, one float each, and are spread over the lanes as they are
// loaded: one instruction, where the engines build a constant vector anew in every turn with four.

// @ts-ignore: decorator
@inline
function lanes(constant: usize): v128 {
  return v128.load32_splat(constant);
}

const ONE = memory.data<f32>([1]);
const TWO = memory.data<f32>([2]);
const MINUS_HALF = memory.data<f32>([-0.5]);
const SMALLEST_EXPONENT = memory.data<f32>([-110]);
const LARGEST_EXPONENT = memory.data<f32>([100]);
const LOG2_E = memory.data<f32>([1.44269504]);
/** 1.5 * 2^23: adding it to a small float32 leaves the nearest whole number in the low bits. */
const ROUNDING = memory.data<f32>([12582912]);
/** -log 2 in two parts, the first with few enough bits that its product with n is exact. */
const MINUS_LOG2_HIGH = memory.data<f32>([-0.693359375]);
const MINUS_LOG2_LOW = memory.data<f32>([2.1219444e-4]);
/** Bits of 2^0 in the exponent field, before they are shifted there. */
const EXPONENT_BIAS = memory.data<i32>([127]);
/** q with exp(r) = 1 + r + r^2 q(r) for |r| <= log(2) / 2, from its highest power down. */
const EXP_4 = memory.data<f32>([0.0013901268830522895]);
const EXP_3 = memory.data<f32>([0.008363140746951103]);
const EXP_2 = memory.data<f32>([0.04166685417294502]);
const EXP_1 = memory.data<f32>([0.16666577756404877]);
const EXP_0 = memory.data<f32>([0.5]);

/**
 * exp of each lane, to 1.5e-7 relative; underflows through the subnormal numbers to 0, overflows to
 * infinity, and keeps NaN. x = n log 2 + r; 2^n is applied in two factors, so that neither leaves the
 * exponent range.
 */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  // In this order a NaN passes through both.
  x = f32x4.pmin(f32x4.pmax(x, lanes(SMALLEST_EXPONENT)), lanes(LARGEST_EXPONENT));
  const shifted = multiplyAdd(x, lanes(LOG2_E), lanes(ROUNDING));
  const n = f32x4.sub(shifted, lanes(ROUNDING));
  let r = multiplyAdd(n, lanes(MINUS_LOG2_HIGH), x);
  r = multiplyAdd(n, lanes(MINUS_LOG2_LOW), r);
  let q = multiplyAdd(lanes(EXP_4), r, lanes(EXP_3));
  q = multiplyAdd(q, r, lanes(EXP_2));
  q = multiplyAdd(q, r, lanes(EXP_1));
  q = multiplyAdd(q, r, lanes(EXP_0));
  const p = f32x4.add(multiplyAdd(f32x4.mul(r, r), q, r), lanes(ONE));
  const whole = i32x4.sub(shifted, lanes(ROUNDING));
  const half = i32x4.shr_s(whole, 1);
  const first = i32x4.shl(i32x4.add(half, lanes(EXPONENT_BIAS)), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), lanes(EXPONENT_BIAS)), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/**
 * exp(x) - 1 of each lane for |x| <= 80, to 3e-7 relative: as above, with
 * exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), where the second term is exact.
 */
// @ts-ignore: decorator
@inline
export function exponentialMinusOne(x: v128): v128 {
  const shifted = multiplyAdd(x, lanes(LOG2_E), lanes(ROUNDING));
  const n = f32x4.sub(shifted, lanes(ROUNDING));
  let r = multiplyAdd(n, lanes(MINUS_LOG2_HIGH), x);
  r = multiplyAdd(n, lanes(MINUS_LOG2_LOW), r);
  let q = multiplyAdd(lanes(EXP_4), r, lanes(EXP_3));
  q = multiplyAdd(q, r, lanes(EXP_2));
  q = multiplyAdd(q, r, lanes(EXP_1));
  q = multiplyAdd(q, r, lanes(EXP_0));
  const p = multiplyAdd(f32x4.mul(r, r), q, r);
  const whole = i32x4.sub(shifted, lanes(ROUNDING));
  const power = i32x4.shl(i32x4.add(whole, lanes(EXPONENT_BIAS)), 23);
  return multiplyAdd(p, power, f32x4.sub(power, lanes(ONE)));
}

/** 1 / (1 + exp(-x)), to 3e-7 relative. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(lanes(ONE), f32x4.add(lanes(ONE), exponential(f32x4.neg(x))));
}

const ROOT_HALF = memory.data<f32>([0.70710678]);
/** g with erfc(z) = exp(-z^2) t g(t) for t = 2 / (2 + z), z >= 0, from its highest power down, halved. */
const TAIL = memory.data<f32>([
  0.022125879302620888, -0.12001650035381317, 0.25250083208084106, -0.23416709899902344,
  0.0708545446395874, -0.03170136734843254, 0.04728413373231888, 0.08757834881544113,
  0.1234468668699, 0.14104698598384857, 0.1410473883152008,
]);

/** Phi(-|x|) for the standard normal Phi: see normalCdf. */
// @ts-ignore: decorator
@inline
function normalTail(x: v128, gauss: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), lanes(ROOT_HALF));
  const t = f32x4.div(lanes(TWO), f32x4.add(lanes(TWO), z));
  let g = multiplyAdd(lanes(TAIL), t, lanes(TAIL + 4));
  g = multiplyAdd(g, t, lanes(TAIL + 8));
  g = multiplyAdd(g, t, lanes(TAIL + 12));
  g = multiplyAdd(g, t, lanes(TAIL + 16));
  g = multiplyAdd(g, t, lanes(TAIL + 20));
  g = multiplyAdd(g, t, lanes(TAIL + 24));
  g = multiplyAdd(g, t, lanes(TAIL + 28));
  g = multiplyAdd(g, t, lanes(TAIL + 32));
  g = multiplyAdd(g, t, lanes(TAIL + 36));
  g = multiplyAdd(g, t, lanes(TAIL + 40));
  return f32x4.mul(gauss, f32x4.mul(g, t));
}

/** exp(-x^2 / 2). */
// @ts-ignore: decorator
@inline
export function gaussian(x: v128): v128 {
  return exponential(f32x4.mul(f32x4.mul(x, x), lanes(MINUS_HALF)));
}

/**
 * Phi(x), given gaussian(x), to 8e-7 of itself from x = -5 on: half of erfc(-x / sqrt(2)), by the
 * minimax polynomial of degree 10 above. Further down, the rounding of x^2 adds to that.
 */
// @ts-ignore: decorator
@inline
export function normalCdf(x: v128, gauss: v128): v128 {
  const tail = normalTail(x, gauss);
  const positive = f32x4.ge(x, f32x4.splat(0));
  return v128.bitselect(f32x4.sub(lanes(ONE), tail), tail, positive);
}

/**
 * log in float64, to 1e-15 relative: x = m 2^e with m in [sqrt(1/2), sqrt(2)), and
 * log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) for s = (m - 1) / (m + 1).
 */
export function logarithm(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  let exponent: i32 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0; // 2^54: out of the subnormal numbers
    exponent = -54;
  }
  const bits = reinterpret<i64>(x);
  exponent += <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum: f64 = 0;
  for (let odd = 21; odd > 1; odd -= 2) sum = (sum + 1.0 / <f64>odd) * s2;
  return <f64>exponent * 0.6931471805599453 + 2 * s * (1 + sum);
}

/** exp in float64, to 1e-15 relative between the ends of float32's range. */
export function exponentialDouble(x: f64): f64 {
  if (x < -700) return 0;
  if (x > 700) return Infinity;
  const n = nearest(x * 1.4426950408889634);
  const r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10;
  let p: f64 = 1;
  for (let term = 14; term > 0; term--) p = 1 + (p * r) / <f64>term;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}

/** x^p for x >= 0 and p > 0, to about 1e-14 relative. */
export function power(x: f64, p: f64): f64 {
  if (x == 0) return 0;
  if (p == 1) return x;
  if (p == 2) return x * x;
  if (p == 0.5) return sqrt(x);
  if (p == 3) return x * x * x;
  return exponentialDouble(p * logarithm(x));
}
