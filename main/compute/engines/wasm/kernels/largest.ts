/** The largest entry of each column. NaN never wins; ties go to the smaller row. */
import { VECTOR, WORD, words } from './vector';

/**
 * First half. Tasks: blocks of `blockRows` rows by chunks of `chunk` columns, counted along the columns;
 * each writes its part of row `block` of `values` (float32) and `places` (int32), both [blocks, columns].
 */
export function largestOfBlocks(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  values: usize,
  places: usize,
  rows: i32,
  columns: i32,
  blockRows: i32,
  chunk: i32,
): void {
  const chunks = (columns + chunk - 1) / chunk;
  const stride = words(columns);
  for (let task = begin; task < end; task++) {
    const firstRow = (task / chunks) * blockRows;
    const column = (task % chunks) * chunk;
    const width = min(chunk, columns - column);
    const at = <usize>(task / chunks) * stride + words(column);
    for (let i = 0; i < width; i++) {
      store<f32>(values + at + words(i), -Infinity);
      store<i32>(places + at + words(i), firstRow);
    }
    const lastRow = min(rows, firstRow + blockRows);
    for (let row = firstRow; row < lastRow; row++)
      raise(x + <usize>row * stride + words(column), values + at, places + at, width, row);
  }
}

/** Puts `row` where its entry is larger than the value that stands there. */
function raise(x: usize, values: usize, places: usize, width: i32, row: i32): void {
  const whole = words(width & -4);
  const size = words(width);
  const number = i32x4.splat(row);
  let at: usize = 0;
  for (; at < whole; at += VECTOR) {
    const entry = v128.load(x + at);
    const held = v128.load(values + at);
    const above = f32x4.gt(entry, held);
    if (!v128.any_true(above)) continue;
    v128.store(values + at, v128.bitselect(entry, held, above));
    v128.store(places + at, v128.bitselect(number, v128.load(places + at), above));
  }
  for (; at < size; at += WORD) {
    const entry = load<f32>(x + at);
    if (!(entry > load<f32>(values + at))) continue;
    store<f32>(values + at, entry);
    store<i32>(places + at, row);
  }
}

/** Second half. Task: columns. Holds the blocks of each column against each other in order. */
export function largestOfColumns(
  thread: i32,
  begin: i32,
  end: i32,
  blockValues: usize,
  blockPlaces: usize,
  values: usize,
  places: usize,
  blocks: i32,
  columns: i32,
): void {
  for (let column = begin; column < end; column++) {
    let best = load<f32>(blockValues + words(column));
    let place = load<i32>(blockPlaces + words(column));
    for (let block = 1; block < blocks; block++) {
      const at = words(block * columns + column);
      const value = load<f32>(blockValues + at);
      if (!(value > best)) continue;
      best = value;
      place = load<i32>(blockPlaces + at);
    }
    store<f32>(values + words(column), best);
    store<i32>(places + words(column), place);
  }
}
