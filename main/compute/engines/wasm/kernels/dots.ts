/** Inner products of rows in float32. */
import { loadOne, multiplyAdd, sumLanes, VECTOR, WORD, words } from './vector';

/** <x, y> in two sums of four lanes. */
export function dot(x: usize, y: usize, width: i32): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  const size = words(width);
  const eights = words(width & -8);
  let at: usize = 0;
  for (; at < eights; at += 2 * VECTOR) {
    even = multiplyAdd(v128.load(x + at), v128.load(y + at), even);
    odd = multiplyAdd(v128.load(x + at, 16), v128.load(y + at, 16), odd);
  }
  for (; at < size; at += WORD) even = multiplyAdd(loadOne(x + at), loadOne(y + at), even);
  return sumLanes(f32x4.add(even, odd));
}

/**
 * out[t] = <x, row t> for four rows at once, in the order of `dot`: their reads wait for memory
 * together instead of one after the other.
 */
export function dotFour(x: usize, a: usize, b: usize, c: usize, d: usize, width: i32, out: usize): void {
  let evenA = f32x4.splat(0);
  let oddA = evenA;
  let evenB = evenA;
  let oddB = evenA;
  let evenC = evenA;
  let oddC = evenA;
  let evenD = evenA;
  let oddD = evenA;
  const size = words(width);
  const eights = words(width & -8);
  let at: usize = 0;
  for (; at < eights; at += 2 * VECTOR) {
    const even = v128.load(x + at);
    const odd = v128.load(x + at, 16);
    evenA = multiplyAdd(even, v128.load(a + at), evenA);
    oddA = multiplyAdd(odd, v128.load(a + at, 16), oddA);
    evenB = multiplyAdd(even, v128.load(b + at), evenB);
    oddB = multiplyAdd(odd, v128.load(b + at, 16), oddB);
    evenC = multiplyAdd(even, v128.load(c + at), evenC);
    oddC = multiplyAdd(odd, v128.load(c + at, 16), oddC);
    evenD = multiplyAdd(even, v128.load(d + at), evenD);
    oddD = multiplyAdd(odd, v128.load(d + at, 16), oddD);
  }
  for (; at < size; at += WORD) {
    const one = loadOne(x + at);
    evenA = multiplyAdd(one, loadOne(a + at), evenA);
    evenB = multiplyAdd(one, loadOne(b + at), evenB);
    evenC = multiplyAdd(one, loadOne(c + at), evenC);
    evenD = multiplyAdd(one, loadOne(d + at), evenD);
  }
  store<f32>(out, sumLanes(f32x4.add(evenA, oddA)));
  store<f32>(out, sumLanes(f32x4.add(evenB, oddB)), 4);
  store<f32>(out, sumLanes(f32x4.add(evenC, oddC)), 8);
  store<f32>(out, sumLanes(f32x4.add(evenD, oddD)), 12);
}
