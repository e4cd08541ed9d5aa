/** Sums, differences and products, element by element. Tasks: elements, or rows where it says so. */
import { loadOne, multiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;

// @ts-ignore: decorator
@inline
function combine(operation: i32, x: v128, y: v128): v128 {
  if (operation == ADD) return f32x4.add(x, y);
  if (operation == SUBTRACT) return f32x4.sub(x, y);
  return f32x4.mul(x, y);
}

/** out = x (operation) y over `count` elements; the operation is a constant at each call. */
// @ts-ignore: decorator
@inline
function combineAll(operation: i32, x: usize, y: usize, out: usize, count: i32): void {
  const end = x + words(count);
  const vectors = x + words(count & -8);
  while (x < vectors) {
    v128.store(out, combine(operation, v128.load(x), v128.load(y)));
    v128.store(out, combine(operation, v128.load(x, 16), v128.load(y, 16)), 16);
    x += 2 * VECTOR;
    y += 2 * VECTOR;
    out += 2 * VECTOR;
  }
  while (x < end) {
    storeOne(out, combine(operation, loadOne(x), loadOne(y)));
    x += WORD;
    y += WORD;
    out += WORD;
  }
}

export function add(thread: i32, begin: i32, end: i32, x: usize, y: usize, out: usize): void {
  const at = words(begin);
  combineAll(ADD, x + at, y + at, out + at, end - begin);
}

export function subtract(thread: i32, begin: i32, end: i32, x: usize, y: usize, out: usize): void {
  const at = words(begin);
  combineAll(SUBTRACT, x + at, y + at, out + at, end - begin);
}

export function multiply(thread: i32, begin: i32, end: i32, x: usize, y: usize, out: usize): void {
  const at = words(begin);
  combineAll(MULTIPLY, x + at, y + at, out + at, end - begin);
}

/** Task: rows. The row y is added to each row of x. */
export function addRow(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  y: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    combineAll(ADD, x + at, y, out + at, columns);
  }
}

export function subtractRow(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  y: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    combineAll(SUBTRACT, x + at, y, out + at, columns);
  }
}

export function multiplyRow(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  y: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    combineAll(MULTIPLY, x + at, y, out + at, columns);
  }
}

/** out = factor x over `count` elements. */
export function scaleAll(x: usize, out: usize, count: i32, factor: f32): void {
  const end = x + words(count);
  const vectors = x + words(count & -8);
  const factors = f32x4.splat(factor);
  while (x < vectors) {
    v128.store(out, f32x4.mul(v128.load(x), factors));
    v128.store(out, f32x4.mul(v128.load(x, 16), factors), 16);
    x += 2 * VECTOR;
    out += 2 * VECTOR;
  }
  while (x < end) {
    store<f32>(out, load<f32>(x) * factor);
    x += WORD;
    out += WORD;
  }
}

export function scale(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  out: usize,
  factor: f32,
): void {
  const at = words(begin);
  scaleAll(x + at, out + at, end - begin, factor);
}

/** Task: rows. Row i of x times w[i]. */
export function scaleRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  w: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const at = <usize>row * words(columns);
    scaleAll(x + at, out + at, columns, load<f32>(w + words(row)));
  }
}

/** out += factor x. */
export function addScaled(
  thread: i32,
  begin: i32,
  end: i32,
  out: usize,
  x: usize,
  factor: f32,
): void {
  addScaledAll(out + words(begin), x + words(begin), end - begin, factor);
}

export function addScaledAll(out: usize, x: usize, count: i32, factor: f32): void {
  const end = x + words(count);
  const vectors = x + words(count & -8);
  const factors = f32x4.splat(factor);
  while (x < vectors) {
    v128.store(out, multiplyAdd(v128.load(x), factors, v128.load(out)));
    v128.store(out, multiplyAdd(v128.load(x, 16), factors, v128.load(out, 16)), 16);
    x += 2 * VECTOR;
    out += 2 * VECTOR;
  }
  while (x < end) {
    storeOne(out, multiplyAdd(loadOne(x), factors, loadOne(out)));
    x += WORD;
    out += WORD;
  }
}

export function clear(thread: i32, begin: i32, end: i32, out: usize): void {
  memory.fill(out + words(begin), 0, words(end - begin));
}

export function copy(thread: i32, begin: i32, end: i32, x: usize, out: usize): void {
  memory.copy(out + words(begin), x + words(begin), words(end - begin));
}
