const WORD: usize = 4;
const VECTOR: usize = 16;

/**
 * Rows and columns of the pieces in which a matrix is turned: what is read and what is written lies in the
 * first cache. More rows would lie in the same places of it where the width is a multiple of 1,024 bytes.
 */
const PIECE_ROWS: i32 = 16;
const PIECE_COLUMNS: i32 = 16;

/** out [end - start, columns] = the columns `start` up to `end` of `from` [columns, rows], as rows. */
export function turn(from: usize, rows: i32, columns: i32, start: i32, end: i32, out: usize): void {
  const wide = <usize>rows * WORD;
  const high = <usize>columns * WORD;
  for (let top = start; top < end; top += PIECE_ROWS) {
    const count = min(end - top, PIECE_ROWS);
    for (let left = 0; left < columns; left += PIECE_COLUMNS) {
      const right = min(columns, left + PIECE_COLUMNS);
      let column = left;
      let source = from + (<usize>left * rows + top) * WORD;
      let target = out + (<usize>(top - start) * columns + left) * WORD;
      for (; column + 4 <= right; column += 4) {
        turnFour(source, target, wide, high, count);
        source += 4 * wide;
        target += VECTOR;
      }
      for (; column < right; column++) {
        for (let i: usize = 0; i < <usize>count; i++)
          store<f32>(target + i * high, load<f32>(source + i * WORD));
        source += wide;
        target += WORD;
      }
    }
  }
}

/** `count` entries of four rows that lie `wide` bytes apart, as four columns of rows `high` bytes apart. */
// @ts-ignore: decorator
@inline
function turnFour(source: usize, target: usize, wide: usize, high: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    const a = v128.load(source);
    const b = v128.load(source + wide);
    const c = v128.load(source + 2 * wide);
    const d = v128.load(source + 3 * wide);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const abUpper = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdUpper = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
    v128.store(target + high, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
    v128.store(target + 2 * high, v128.shuffle<f32>(abUpper, cdUpper, 0, 1, 4, 5));
    v128.store(target + 3 * high, v128.shuffle<f32>(abUpper, cdUpper, 2, 3, 6, 7));
    source += VECTOR;
    target += 4 * high;
  }
  for (; count > 0; count--) {
    store<f32>(target, load<f32>(source));
    store<f32>(target, load<f32>(source + wide), 4);
    store<f32>(target, load<f32>(source + 2 * wide), 8);
    store<f32>(target, load<f32>(source + 3 * wide), 12);
    source += WORD;
    target += high;
  }
}
