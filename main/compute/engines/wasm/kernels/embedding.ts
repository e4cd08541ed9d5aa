/** Rows of a table by their numbers, which the host has checked, and rotations by position. */
import { addScaledAll } from './elementwise';
import { loadOne, multiplyAdd, negativeMultiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

/** Task: rows of the result. */
export function gatherRows(
  thread: i32,
  begin: i32,
  end: i32,
  table: usize,
  ids: usize,
  out: usize,
  columns: i32,
): void {
  const size = words(columns);
  for (let i = begin; i < end; i++)
    memory.copy(out + <usize>i * size, table + <usize>load<u32>(ids + words(i)) * size, size);
}

/** Task: columns, so that ids may repeat: each column is summed by one thread, in the order of ids. */
export function scatterAddColumns(
  thread: i32,
  begin: i32,
  end: i32,
  out: usize,
  ids: usize,
  x: usize,
  count: i32,
  columns: i32,
): void {
  const size = words(columns);
  const at = words(begin);
  for (let i = 0; i < count; i++)
    addScaledAll(
      out + <usize>load<u32>(ids + words(i)) * size + at,
      x + <usize>i * size + at,
      end - begin,
      1,
    );
}

/**
 * Task: rows. Turns columns j and j + half of each head by the angle of entry j in the row's line of
 * the tables; `sign` is -1 for the other way. Columns from 2 half on are copied.
 */
export function rotateRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  cosines: usize,
  sines: usize,
  out: usize,
  length: i32,
  heads: i32,
  width: i32,
  half: i32,
  sign: f32,
): void {
  const size = words(width);
  const apart = words(half);
  const whole = words(half & -4);
  const signs = f32x4.splat(sign);
  for (let row = begin; row < end; row++) {
    const line = <usize>(row % length) * apart;
    const cosine = cosines + line;
    const sine = sines + line;
    for (let head = 0; head < heads; head++) {
      const low = x + <usize>(row * heads + head) * size;
      const to = out + <usize>(row * heads + head) * size;
      const high = low + apart;
      let at: usize = 0;
      for (; at < whole; at += VECTOR) {
        const c = v128.load(cosine + at);
        const s = f32x4.mul(v128.load(sine + at), signs);
        const a = v128.load(low + at);
        const b = v128.load(high + at);
        v128.store(to + at, negativeMultiplyAdd(b, s, f32x4.mul(a, c)));
        v128.store(to + apart + at, multiplyAdd(a, s, f32x4.mul(b, c)));
      }
      for (; at < apart; at += WORD) {
        const c = loadOne(cosine + at);
        const s = f32x4.mul(loadOne(sine + at), signs);
        const a = loadOne(low + at);
        const b = loadOne(high + at);
        storeOne(to + at, negativeMultiplyAdd(b, s, f32x4.mul(a, c)));
        storeOne(to + apart + at, multiplyAdd(a, s, f32x4.mul(b, c)));
      }
      memory.copy(to + 2 * apart, low + 2 * apart, size - 2 * apart);
    }
  }
}
