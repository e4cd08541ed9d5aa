/** Exponentials, logarithms and the normal distribution, without tables. */
import { multiplyAdd, negativeMultiplyAdd } from './vector';

/** 1.5 * 2^23: adding it to a small float32 leaves the nearest whole number in the low bits. */
const ROUNDING: f32 = 12582912.0;

/**
 * exp of each lane, to 1.5e-7 relative; underflows through the subnormal numbers to 0, overflows to
 * infinity, and keeps NaN. x = n log 2 + r with |r| <= log(2) / 2; exp(r) = 1 + r + r^2 q(r) with the
 * minimax q of degree 4; 2^n is applied in two factors, so that neither leaves the exponent range.
 */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  // In this order a NaN passes through both.
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-110)), f32x4.splat(100));
  const shifted = multiplyAdd(x, f32x4.splat(1.44269504), f32x4.splat(ROUNDING));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  // log 2 in two parts, the first with few enough bits that its product with n is exact.
  let r = negativeMultiplyAdd(n, f32x4.splat(0.693359375), x);
  r = negativeMultiplyAdd(n, f32x4.splat(-2.12194440e-4), r);
  let q = f32x4.splat(0.0013901268830522895);
  q = multiplyAdd(q, r, f32x4.splat(0.008363140746951103));
  q = multiplyAdd(q, r, f32x4.splat(0.04166685417294502));
  q = multiplyAdd(q, r, f32x4.splat(0.16666577756404877));
  q = multiplyAdd(q, r, f32x4.splat(0.5));
  const p = f32x4.add(multiplyAdd(f32x4.mul(r, r), q, r), f32x4.splat(1));
  const whole = i32x4.sub(shifted, f32x4.splat(ROUNDING));
  const half = i32x4.shr_s(whole, 1);
  const one = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, one), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), one), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** 1 / (1 + exp(-x)), to 3e-7 relative. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** The smaller of Phi(|x|) and Phi(-|x|) for the standard normal Phi: see normalCdf. */
// @ts-ignore: decorator
@inline
function normalTail(x: v128, gauss: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678));
  const two = f32x4.splat(2);
  const t = f32x4.div(two, f32x4.add(two, z));
  let g = f32x4.splat(0.044251758605241776);
  g = multiplyAdd(g, t, f32x4.splat(-0.24003300070762634));
  g = multiplyAdd(g, t, f32x4.splat(0.5050016641616821));
  g = multiplyAdd(g, t, f32x4.splat(-0.4683341979980469));
  g = multiplyAdd(g, t, f32x4.splat(0.1417090892791748));
  g = multiplyAdd(g, t, f32x4.splat(-0.06340273469686508));
  g = multiplyAdd(g, t, f32x4.splat(0.09456826746463776));
  g = multiplyAdd(g, t, f32x4.splat(0.17515669763088226));
  g = multiplyAdd(g, t, f32x4.splat(0.2468937337398529));
  g = multiplyAdd(g, t, f32x4.splat(0.28209397196769714));
  g = multiplyAdd(g, t, f32x4.splat(0.2820947766304016));
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), gauss), f32x4.mul(g, t));
}

/** exp(-x^2 / 2). */
// @ts-ignore: decorator
@inline
export function gaussian(x: v128): v128 {
  return exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/**
 * Phi(x), given gaussian(x), to 4e-7 of itself over [-5, infinity). With z = |x| / sqrt(2) and
 * t = 2 / (2 + z), erfc(z) = exp(-z^2) t g(t), where g is the minimax polynomial of degree 10.
 */
// @ts-ignore: decorator
@inline
export function normalCdf(x: v128, gauss: v128): v128 {
  const tail = normalTail(x, gauss);
  const positive = f32x4.ge(x, f32x4.splat(0));
  return v128.bitselect(f32x4.sub(f32x4.splat(1), tail), tail, positive);
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
