/**
 * Products in which one operand has at most four rows (or columns): they read the other operand once,
 * as it lies, and packing it would cost more than the product. The few rows are `few` [count, depth];
 * the other operand has `items` rows or columns. Entry (row i of few, item j) of the result lies at
 * out + i fewStride + j itemStride, and its bias at bias + i biasFewStride + j biasItemStride.
 */
import { dotFour } from './dots';
import { multiplyAdd, VECTOR, WORD, words } from './vector';

const ACCUMULATE: i32 = 1;
const MOST: i32 = 4;
/** Items whose sums a task of fewSums keeps: four rows of them fill a quarter of a 32 kB cache. */
const CHUNK: i32 = 512;

// @ts-ignore: decorator
@inline
function write(at: usize, value: f32, mode: i32, bias: usize): void {
  if (bias) value += load<f32>(bias);
  if (mode & ACCUMULATE) value += load<f32>(at);
  store<f32>(at, value);
}

/** Copies a few rows, whatever their strides, so that each is contiguous. One task, [0, 1). */
export function gatherFew(
  thread: i32,
  begin: i32,
  end: i32,
  from: usize,
  rowStride: usize,
  stepStride: usize,
  few: usize,
  count: i32,
  depth: i32,
): void {
  for (let row = 0; row < count; row++)
    for (let step = 0; step < depth; step++) {
      const at = from + <usize>row * rowStride + <usize>step * stepStride;
      store<f32>(few + words(row * depth + step), load<f32>(at));
    }
}

/** Task: items, each a contiguous row of `depth` numbers in `items`. */
export function fewDots(
  thread: i32,
  begin: i32,
  end: i32,
  few: usize,
  items: usize,
  out: usize,
  count: i32,
  depth: i32,
  fewStride: usize,
  itemStride: usize,
  mode: i32,
  bias: usize,
  biasFewStride: usize,
  biasItemStride: usize,
  scratch: usize,
  scratchStride: usize,
): void {
  const dots = scratch + <usize>thread * scratchStride;
  const size = words(depth);
  // Missing rows repeat the last one; what they give is not used.
  const b = few + <usize>min(1, count - 1) * size;
  const c = few + <usize>min(2, count - 1) * size;
  const d = few + <usize>min(3, count - 1) * size;
  for (let item = begin; item < end; item++) {
    dotFour(items + <usize>item * size, few, b, c, d, depth, dots);
    const to = out + <usize>item * itemStride;
    const biasHere = bias + <usize>item * biasItemStride;
    for (let row = 0; row < count; row++) {
      const value = load<f32>(dots + words(row));
      const rowBias = bias ? biasHere + <usize>row * biasFewStride : 0;
      write(to + <usize>row * fewStride, value, mode, rowBias);
    }
  }
}

/** Task: items, each a column of `items` [depth, total]; at most CHUNK of them. */
export function fewSums(
  thread: i32,
  begin: i32,
  end: i32,
  few: usize,
  items: usize,
  out: usize,
  count: i32,
  depth: i32,
  fewStride: usize,
  itemStride: usize,
  mode: i32,
  bias: usize,
  biasFewStride: usize,
  biasItemStride: usize,
  scratch: usize,
  scratchStride: usize,
  total: i32,
): void {
  const sums = scratch + <usize>thread * scratchStride;
  for (let first = begin; first < end; first += CHUNK) {
    const width = min(CHUNK, end - first);
    memory.fill(sums, 0, words(MOST * CHUNK));
    addColumns(few, items + words(first), words(total), sums, count, depth, width);
    for (let row = 0; row < count; row++)
      for (let item = 0; item < width; item++) {
        const value = load<f32>(sums + words(row * CHUNK + item));
        const at = out + <usize>row * fewStride + <usize>(first + item) * itemStride;
        const place = <usize>row * biasFewStride + <usize>(first + item) * biasItemStride;
        write(at, value, mode, bias ? bias + place : 0);
      }
  }
}

/** sums[i] += few[i, step] times row `step` of the items, four steps at a time. */
function addColumns(
  few: usize,
  items: usize,
  stride: usize,
  sums: usize,
  count: i32,
  depth: i32,
  width: i32,
): void {
  const whole = words(width & -4);
  const size = words(width);
  for (let step = 0; step < depth; step += 4) {
    const steps = min(4, depth - step);
    const a = items + <usize>step * stride;
    for (let row = 0; row < count; row++) {
      const factors = few + words(row * depth + step);
      const out = sums + words(row * CHUNK);
      if (steps == 4) addFour(a, stride, factors, out, whole);
      else addSome(a, stride, factors, out, 0, whole, steps);
      addSome(a, stride, factors, out, whole, size, steps);
    }
  }
}

// @ts-ignore: decorator
@inline
function addFour(a: usize, stride: usize, factors: usize, out: usize, size: usize): void {
  const b = a + stride;
  const c = b + stride;
  const d = c + stride;
  const factorA = v128.load32_splat(factors);
  const factorB = v128.load32_splat(factors, 4);
  const factorC = v128.load32_splat(factors, 8);
  const factorD = v128.load32_splat(factors, 12);
  for (let at: usize = 0; at < size; at += VECTOR) {
    let sum = multiplyAdd(v128.load(a + at), factorA, v128.load(out + at));
    sum = multiplyAdd(v128.load(b + at), factorB, sum);
    sum = multiplyAdd(v128.load(c + at), factorC, sum);
    v128.store(out + at, multiplyAdd(v128.load(d + at), factorD, sum));
  }
}

/** The items and steps that are left over. */
function addSome(
  a: usize,
  stride: usize,
  factors: usize,
  out: usize,
  first: usize,
  last: usize,
  steps: i32,
): void {
  for (let at = first; at < last; at += WORD) {
    let sum = load<f32>(out + at);
    for (let step = 0; step < steps; step++)
      sum += load<f32>(a + <usize>step * stride + at) * load<f32>(factors + words(step));
    store<f32>(out + at, sum);
  }
}
