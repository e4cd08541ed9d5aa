/**
 * The k largest entries of each row. A heap holds the best k so far with the worst at its root; sixteen
 * entries at a time are held against the root, and few of a row get past it (about k log(columns / k)
 * for entries in random order). Ties go to the smaller column: an entry that equals the root comes
 * later in the row, and so stays out.
 */
import { WORD, words } from './vector';

/** The value that entries are ranked by: NaN ranks with -infinity. */
// @ts-ignore: decorator
@inline
function rank(value: f32): f32 {
  return value == value ? value : -Infinity;
}

/** True where entry (value, column) a is worse than b. */
// @ts-ignore: decorator
@inline
function worse(a: f32, columnA: i32, b: f32, columnB: i32): bool {
  return a < b || (a == b && columnA > columnB);
}

/** Puts (value, column) at place `hole` of a heap of `size` and lets it sink. */
function sink(values: usize, indices: usize, hole: i32, size: i32, value: f32, column: i32): void {
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= size) break;
    let childValue = load<f32>(values + words(child));
    let childColumn = load<i32>(indices + words(child));
    if (child + 1 < size) {
      const rightValue = load<f32>(values + words(child + 1));
      const rightColumn = load<i32>(indices + words(child + 1));
      if (worse(rightValue, rightColumn, childValue, childColumn)) {
        child++;
        childValue = rightValue;
        childColumn = rightColumn;
      }
    }
    if (!worse(childValue, childColumn, value, column)) break;
    store<f32>(values + words(hole), childValue);
    store<i32>(indices + words(hole), childColumn);
    hole = child;
  }
  store<f32>(values + words(hole), value);
  store<i32>(indices + words(hole), column);
}

function replaceRoot(values: usize, indices: usize, k: i32, x: usize, column: i32): void {
  const value = load<f32>(x + words(column));
  if (value > load<f32>(values)) sink(values, indices, 0, k, value, column);
}

/** Task: rows. `values` and `indices` are [rows, k]; k is from 1 to columns. */
export function topK(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  values: usize,
  indices: usize,
  columns: i32,
  k: i32,
): void {
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    const best = values + <usize>row * words(k);
    const places = indices + <usize>row * words(k);
    for (let i = 0; i < k; i++) {
      store<f32>(best + words(i), rank(load<f32>(from + words(i))));
      store<i32>(places + words(i), i);
    }
    for (let i = (k >> 1) - 1; i >= 0; i--)
      sink(best, places, i, k, load<f32>(best + words(i)), load<i32>(places + words(i)));

    let column = k;
    for (; column + 16 <= columns; column += 16) {
      const at = from + words(column);
      const least = v128.load32_splat(best);
      const above = v128.or(
        v128.or(f32x4.gt(v128.load(at), least), f32x4.gt(v128.load(at, 16), least)),
        v128.or(f32x4.gt(v128.load(at, 32), least), f32x4.gt(v128.load(at, 48), least)),
      );
      if (!v128.any_true(above)) continue;
      for (let i = 0; i < 16; i++) replaceRoot(best, places, k, from, column + i);
    }
    for (; column < columns; column++) replaceRoot(best, places, k, from, column);

    // The worst goes to the end, again and again: the row is then in order, the best first.
    for (let size = k - 1; size > 0; size--) {
      const worstColumn = load<i32>(places);
      const worst = load<f32>(best);
      const value = load<f32>(best + words(size));
      sink(best, places, 0, size, value, load<i32>(places + words(size)));
      store<f32>(best + words(size), worst);
      store<i32>(places + words(size), worstColumn);
    }
    for (let i = 0; i < k; i++) {
      const place = load<i32>(places + words(i));
      store<f32>(best + words(i), load<f32>(from + words(place)));
    }
  }
}
