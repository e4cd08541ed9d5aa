/** Which entries of a matrix become codes: counted, and then written as compressed rows. */
import { WORD, words } from './vector';

/** Four limits of columns from `column` on; zeros where there are none. */
// @ts-ignore: decorator
@inline
function limitsAt(limits: usize, column: i32): v128 {
  return limits ? v128.load(limits + words(column)) : f32x4.splat(0);
}

/** Task: rows. counts[i] is the number of entries of row i that are above their column's limit, or NaN. */
export function countAbove(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  limits: usize,
  counts: usize,
  columns: i32,
): void {
  const whole = columns & -4;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    // A comparison is -1 where it holds, and does not hold for NaN.
    let below = i32x4.splat(0);
    for (let column = 0; column < whole; column += 4)
      below = i32x4.add(below, f32x4.le(v128.load(from + words(column)), limitsAt(limits, column)));
    let count =
      whole +
      i32x4.extract_lane(below, 0) +
      i32x4.extract_lane(below, 1) +
      i32x4.extract_lane(below, 2) +
      i32x4.extract_lane(below, 3);
    for (let column = whole; column < columns; column++) {
      const limit = limits ? load<f32>(limits + words(column)) : 0;
      if (!(load<f32>(from + words(column)) <= limit)) count++;
    }
    store<i32>(counts + words(row), count);
  }
}

/** Task: rows. Writes the entries that countAbove counts from pointers[row] on. */
export function compressAbove(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  limits: usize,
  pointers: usize,
  indices: usize,
  values: usize,
  columns: i32,
): void {
  const whole = columns & -4;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    let at = words(load<i32>(pointers + words(row)));
    for (let column = 0; column < whole; column += 4) {
      const below = f32x4.le(v128.load(from + words(column)), limitsAt(limits, column));
      let found = i32x4.bitmask(below) ^ 15;
      while (found) {
        const here = column + ctz(found);
        store<i32>(indices + at, here);
        store<f32>(values + at, load<f32>(from + words(here)));
        at += WORD;
        found &= found - 1;
      }
    }
    for (let column = whole; column < columns; column++) {
      const value = load<f32>(from + words(column));
      const limit = limits ? load<f32>(limits + words(column)) : 0;
      if (value <= limit) continue;
      store<i32>(indices + at, column);
      store<f32>(values + at, value);
      at += WORD;
    }
  }
}

/**
 * Task: blocks of `blockEntries` entries. Counts those from `low` to `high`, which are above 0, by the
 * bits of their float from `shift` on, which order them; each block has `bins` counters of its own.
 */
export function histogram(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  entries: i32,
  blockEntries: i32,
  low: f32,
  high: f32,
  shift: i32,
  bins: i32,
  counters: usize,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  for (let block = begin; block < end; block++) {
    const mine = counters + <usize>block * words(bins);
    memory.fill(mine, 0, words(bins));
    const last = min(entries, (block + 1) * blockEntries);
    let entry = block * blockEntries;
    for (; entry + 4 <= last; entry += 4) {
      const four = v128.load(x + words(entry));
      let found = i32x4.bitmask(v128.and(f32x4.ge(four, lows), f32x4.le(four, highs)));
      while (found) {
        countBits(x + words(entry + ctz(found)), shift, bins, mine);
        found &= found - 1;
      }
    }
    for (; entry < last; entry++) {
      const value = load<f32>(x + words(entry));
      if (value >= low && value <= high) countBits(x + words(entry), shift, bins, mine);
    }
  }
}

// @ts-ignore: decorator
@inline
function countBits(at: usize, shift: i32, bins: i32, counters: usize): void {
  const counter = counters + words((load<i32>(at) >>> shift) & (bins - 1));
  store<i32>(counter, load<i32>(counter) + 1);
}

/** Task: rows. The number of entries of each row above `cut`, and of those equal to it. */
export function countFrom(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  cut: f32,
  above: usize,
  equal: usize,
  columns: i32,
): void {
  const cuts = f32x4.splat(cut);
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    let greater = 0;
    let same = 0;
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const four = v128.load(from + words(column));
      const found = i32x4.bitmask(f32x4.ge(four, cuts));
      if (!found) continue;
      const over = i32x4.bitmask(f32x4.gt(four, cuts));
      greater += popcnt(over);
      same += popcnt(found ^ over);
    }
    for (; column < columns; column++) {
      const value = load<f32>(from + words(column));
      if (value > cut) greater++;
      else if (value == cut) same++;
    }
    store<i32>(above + words(row), greater);
    store<i32>(equal + words(row), same);
  }
}

/**
 * Task: rows. Writes the entries above `cut` from pointers[row] on, and as many of those equal to it,
 * the first ones, as the pointers leave room for.
 */
export function compressFrom(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  cut: f32,
  above: usize,
  pointers: usize,
  indices: usize,
  values: usize,
  columns: i32,
): void {
  const cuts = f32x4.splat(cut);
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    const first = load<i32>(pointers + words(row));
    let ties = load<i32>(pointers + words(row + 1)) - first - load<i32>(above + words(row));
    let at = words(first);
    for (let column = 0; column < columns; column += 4) {
      const left = columns - column;
      let found = left < 4 ? (1 << left) - 1 : i32x4.bitmask(f32x4.ge(v128.load(from + words(column)), cuts));
      while (found) {
        const here = column + ctz(found);
        const value = load<f32>(from + words(here));
        found &= found - 1;
        if (value > cut || (value == cut && ties-- > 0)) {
          store<i32>(indices + at, here);
          store<f32>(values + at, value);
          at += WORD;
        }
      }
    }
  }
}

/** Task: rows. The number of entries above 0 of each row of k values in falling order, as topK writes them. */
export function countRanked(
  thread: i32,
  begin: i32,
  end: i32,
  ranked: usize,
  counts: usize,
  k: i32,
): void {
  for (let row = begin; row < end; row++) {
    const from = ranked + <usize>row * words(k);
    let count = 0;
    while (count < k && load<f32>(from + words(count)) > 0) count++;
    store<i32>(counts + words(row), count);
  }
}

/** Task: rows. Writes the first entries of what topK wrote from pointers[row] on, in the order of columns. */
export function orderRanked(
  thread: i32,
  begin: i32,
  end: i32,
  ranked: usize,
  places: usize,
  pointers: usize,
  indices: usize,
  values: usize,
  k: i32,
): void {
  for (let row = begin; row < end; row++) {
    const first = load<i32>(pointers + words(row));
    const count = load<i32>(pointers + words(row + 1)) - first;
    const columns = indices + words(first);
    const numbers = values + words(first);
    for (let i = 0; i < count; i++) {
      const column = load<i32>(places + words(row * k + i));
      let at = i;
      for (; at > 0 && load<i32>(columns + words(at - 1)) > column; at--) {
        store<i32>(columns + words(at), load<i32>(columns + words(at - 1)));
        store<f32>(numbers + words(at), load<f32>(numbers + words(at - 1)));
      }
      store<i32>(columns + words(at), column);
      store<f32>(numbers + words(at), load<f32>(ranked + words(row * k + i)));
    }
  }
}
