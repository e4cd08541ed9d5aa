/**
 * The dense product out = A B, out = A B + bias or out += A B, on packed blocks (see pack.ts).
 *
 * Three levels of blocking, each for one level of the memory:
 * - the micro-kernel keeps a 6 x 8 tile of the result in 12 registers, which with 2 for B and 1 for an
 *   element of A are the 15 that a compiler has of x86's 16; each step is 12 multiply-adds for 8 loads;
 * - a sliver of B (depth x 8) stays in the first-level cache while all slivers of A in the task pass by;
 * - the slivers of A in a task (its rows x depth) stay in the second-level cache.
 * The host chooses the depth and the tiles of a task, and walks over blocks of B that fit the last
 * level. Blocks depend on the shapes alone and tasks write apart, so that the result does not depend
 * on the number of threads.
 */
import { sliverBytes, TILE_COLUMNS, TILE_ROWS } from './pack';
import { multiplyAdd, words } from './vector';

/** Add to what is in the result instead of replacing it. */
const ACCUMULATE: i32 = 1;

/**
 * One tile: out (+)= A-sliver B-sliver + bias, `depth` steps. `stride` is the bytes between rows of
 * the result; `bias` is 0 for none.
 */
function multiplySlivers(
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  stride: usize,
  mode: i32,
  bias: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  if (bias) {
    c00 = v128.load(bias);
    c01 = v128.load(bias, 16);
  }
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  let c40 = c00;
  let c41 = c01;
  let c50 = c00;
  let c51 = c01;
  const end = b + (<usize>depth << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = multiplyAdd(x, b0, c40);
    c41 = multiplyAdd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = multiplyAdd(x, b0, c50);
    c51 = multiplyAdd(x, b1, c51);
    a += 24;
    b += 32;
  }
  writeRow(out, c00, c01, mode);
  writeRow(out + stride, c10, c11, mode);
  writeRow(out + 2 * stride, c20, c21, mode);
  writeRow(out + 3 * stride, c30, c31, mode);
  writeRow(out + 4 * stride, c40, c41, mode);
  writeRow(out + 5 * stride, c50, c51, mode);
}

// @ts-ignore: decorator
@inline
function writeRow(out: usize, left: v128, right: v128, mode: i32): void {
  if (mode & ACCUMULATE) {
    left = f32x4.add(left, v128.load(out));
    right = f32x4.add(right, v128.load(out, 16));
  }
  v128.store(out, left);
  v128.store(out, right, 16);
}

/** Moves the part of a tile that lies inside the result out of the scratch tile. */
function copyTile(
  tile: usize,
  out: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  mode: i32,
  bias: usize,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = words(column);
      let value = load<f32>(tile + at);
      if (bias) value += load<f32>(bias + at);
      if (mode & ACCUMULATE) value += load<f32>(out + at);
      store<f32>(out + at, value);
    }
    tile += 32;
    out += stride;
  }
}

/**
 * All tiles of a packed block of A (`rows` rows) with a packed block of B (`columns` columns).
 * `tile` is room for one tile of the result.
 */
export function multiplyBlocks(
  packedA: usize,
  packedB: usize,
  out: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  mode: i32,
  bias: usize,
  tile: usize,
): void {
  const sizeA = sliverBytes(TILE_ROWS, depth);
  const sizeB = sliverBytes(TILE_COLUMNS, depth);
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    const width = min(TILE_COLUMNS, columns - column);
    const biasHere = bias ? bias + words(column) : 0;
    let a = packedA;
    for (let row = 0; row < rows; row += TILE_ROWS) {
      const height = min(TILE_ROWS, rows - row);
      const to = out + <usize>row * stride + words(column);
      if (height == TILE_ROWS && width == TILE_COLUMNS)
        multiplySlivers(depth, a, packedB, to, stride, mode, biasHere);
      else {
        // A row must not depend on where in the result it stands: the bias comes first in whole columns
        // of tiles, as above.
        const first = width == TILE_COLUMNS ? biasHere : 0;
        multiplySlivers(depth, a, packedB, tile, 32, 0, first);
        copyTile(tile, to, stride, height, width, mode, first ? 0 : biasHere);
      }
      a += sizeA;
    }
    packedB += sizeB;
  }
}

/**
 * Task: tiles [begin, end) of the block, counted down its columns of tiles; a tile is `tileRows` by
 * `tileColumns` of the result, both multiples of a sliver. `scratch` is room of one micro-tile for
 * each thread, `scratchStride` bytes apart.
 */
export function matmulTiles(
  thread: i32,
  begin: i32,
  end: i32,
  packedA: usize,
  packedB: usize,
  out: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  mode: i32,
  bias: usize,
  tileRows: i32,
  tileColumns: i32,
  scratch: usize,
  scratchStride: usize,
): void {
  const down = (rows + tileRows - 1) / tileRows;
  for (let tile = begin; tile < end; tile++) {
    const column = (tile / down) * tileColumns;
    const row = (tile % down) * tileRows;
    multiplyBlocks(
      packedA + <usize>(row / TILE_ROWS) * sliverBytes(TILE_ROWS, depth),
      packedB + <usize>(column / TILE_COLUMNS) * sliverBytes(TILE_COLUMNS, depth),
      out + <usize>row * stride + words(column),
      stride,
      min(tileRows, rows - row),
      min(tileColumns, columns - column),
      depth,
      mode,
      bias ? bias + words(column) : 0,
      scratch + <usize>thread * scratchStride,
    );
  }
}
