/** One fused step of Adam: four arrays are read and three written, once each. Tasks: elements. */
import { loadOne, multiplyAdd, negativeMultiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

/**
 * slope = gradientScale g; m = beta1 m + (1 - beta1) slope; v = beta2 v + (1 - beta2) slope^2;
 * w -= rate m / (sqrt(v) rootScale + epsilon), where the host has put the bias corrections into
 * rate = learning rate / (1 - beta1^t) and rootScale = 1 / sqrt(1 - beta2^t).
 */
export function adamStep(
  thread: i32,
  begin: i32,
  end: i32,
  parameter: usize,
  gradient: usize,
  first: usize,
  second: usize,
  gradientScale: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  rate: f32,
  rootScale: f32,
  epsilon: f32,
): void {
  const scales = f32x4.splat(gradientScale);
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat(rest1);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat(rest2);
  const rates = f32x4.splat(rate);
  const roots = f32x4.splat(rootScale);
  const epsilons = f32x4.splat(epsilon);
  const whole = begin + ((end - begin) & -4);
  for (let i = begin; i < end;) {
    const at = words(i);
    const one = i >= whole;
    const g = one ? loadOne(gradient + at) : v128.load(gradient + at);
    let m = one ? loadOne(first + at) : v128.load(first + at);
    let v = one ? loadOne(second + at) : v128.load(second + at);
    let w = one ? loadOne(parameter + at) : v128.load(parameter + at);
    const slope = f32x4.mul(g, scales);
    m = multiplyAdd(m, keep1, f32x4.mul(slope, take1));
    v = multiplyAdd(v, keep2, f32x4.mul(f32x4.mul(slope, slope), take2));
    const root = multiplyAdd(f32x4.sqrt(v), roots, epsilons);
    w = negativeMultiplyAdd(f32x4.div(m, root), rates, w);
    if (one) {
      storeOne(first + at, m);
      storeOne(second + at, v);
      storeOne(parameter + at, w);
      i += 1;
    } else {
      v128.store(first + at, m);
      v128.store(second + at, v);
      v128.store(parameter + at, w);
      i += 4;
    }
  }
}
