/**
 * Packing of matrix blocks for the product (Goto & van de Geijn 2008, "Anatomy of high-performance
 * matrix multiplication"). A block is cut into slivers of `width` rows of A or columns of B; within a
 * sliver, the `width` numbers of each step along the inner axis lie side by side, in the order in
 * which the micro-kernel reads them. So all four layouts of a product cost the same from here on, and
 * the micro-kernel runs through memory without gaps. What is missing in the last sliver is 0.
 */
import { VECTOR, WORD, words } from './vector';

/** Rows of A in a sliver, and of a tile that the micro-kernel keeps in registers. */
export const TILE_ROWS: i32 = 6;
/** Columns of B in a sliver. */
export const TILE_COLUMNS: i32 = 8;

/**
 * Bytes from one packed sliver to the next: its numbers and one cache line. Without that line, slivers
 * of common depths lie a multiple of 4 kB apart, where caches take their lines for each other's.
 */
// @ts-ignore: decorator
@inline
export function sliverBytes(width: i32, depth: i32): usize {
  return words(width * depth) + 64;
}

/**
 * Task: slivers [begin, end) of a block with `count` items along the sliver axis and `depth` steps
 * along the inner axis. `itemStride` and `stepStride` are the bytes between neighbours along either
 * axis in `source`; one of them is a word.
 */
export function packSlivers(
  thread: i32,
  begin: i32,
  end: i32,
  source: usize,
  itemStride: usize,
  stepStride: usize,
  packed: usize,
  width: i32,
  count: i32,
  depth: i32,
): void {
  const size = sliverBytes(width, depth);
  const whole = min(end, count / width);
  const from = source + <usize>(begin * width) * itemStride;
  const to = packed + <usize>begin * size;
  if (itemStride == WORD) {
    if (width == TILE_COLUMNS) packEightTogether(from, stepStride, to, size, whole - begin, depth);
    else packSixTogether(from, stepStride, to, size, whole - begin, depth);
  } else {
    for (let sliver = begin; sliver < whole; sliver++) {
      const first = source + <usize>(sliver * width) * itemStride;
      if (width == TILE_COLUMNS) packEightApart(first, itemStride, packed + <usize>sliver * size, depth);
      else packSixApart(first, itemStride, packed + <usize>sliver * size, depth);
    }
  }
  if (whole < end) {
    const first = whole * width;
    const rest = source + <usize>first * itemStride;
    const edge = packed + <usize>whole * size;
    packPartial(rest, itemStride, stepStride, edge, width, count - first, depth);
  }
}

/** A sliver at the edge: element by element, padded with 0. */
function packPartial(
  from: usize,
  itemStride: usize,
  stepStride: usize,
  to: usize,
  width: i32,
  items: i32,
  depth: i32,
): void {
  for (let step = 0; step < depth; step++) {
    for (let item = 0; item < width; item++) {
      const value: f32 = item < items ? load<f32>(from + <usize>item * itemStride) : 0;
      store<f32>(to, value);
      to += WORD;
    }
    from += stepStride;
  }
}

/**
 * Slivers of eight items that lie side by side in the source. Each step of all slivers is read in one
 * run, since memory delivers long runs faster than many short ones.
 */
function packEightTogether(
  from: usize,
  stepStride: usize,
  to: usize,
  size: usize,
  slivers: i32,
  depth: i32,
): void {
  for (let step = 0; step < depth; step++) {
    let source = from;
    let target = to;
    for (let sliver = 0; sliver < slivers; sliver++) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      source += 32;
      target += size;
    }
    from += stepStride;
    to += 32;
  }
}

function packSixTogether(
  from: usize,
  stepStride: usize,
  to: usize,
  size: usize,
  slivers: i32,
  depth: i32,
): void {
  for (let step = 0; step < depth; step++) {
    let source = from;
    let target = to;
    for (let sliver = 0; sliver < slivers; sliver++) {
      v128.store(target, v128.load(source));
      v128.store_lane<u64>(target, v128.load64_zero(source, 16), 0, 16);
      source += 24;
      target += size;
    }
    from += stepStride;
    to += 24;
  }
}

// A 4 x 4 transpose is two rounds of interleaving; these are the pairs of its first and second round.

// @ts-ignore: decorator
@inline
function interleaveLow(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function interleaveHigh(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 3, 6, 7);
}

/** Four steps of four items, `stride` bytes apart in the source, to four steps `gap` bytes apart. */
// @ts-ignore: decorator
@inline
function transposeFour(from: usize, stride: usize, to: usize, gap: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + stride);
  const c = v128.load(from + 2 * stride);
  const d = v128.load(from + 3 * stride);
  const ab = interleaveLow(a, b);
  const cd = interleaveLow(c, d);
  const abHigh = interleaveHigh(a, b);
  const cdHigh = interleaveHigh(c, d);
  v128.store(to, lowPairs(ab, cd));
  v128.store(to + gap, highPairs(ab, cd));
  v128.store(to + 2 * gap, lowPairs(abHigh, cdHigh));
  v128.store(to + 3 * gap, highPairs(abHigh, cdHigh));
}

/** Four steps of two items. */
// @ts-ignore: decorator
@inline
function transposeTwo(from: usize, stride: usize, to: usize, gap: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + stride);
  const low = interleaveLow(a, b);
  const high = interleaveHigh(a, b);
  v128.store_lane<u64>(to, low, 0);
  v128.store_lane<u64>(to + gap, low, 1);
  v128.store_lane<u64>(to + 2 * gap, high, 0);
  v128.store_lane<u64>(to + 3 * gap, high, 1);
}

/** Eight items that lie `stride` bytes apart, each contiguous along the inner axis. */
function packEightApart(from: usize, stride: usize, to: usize, depth: i32): void {
  let step = 0;
  for (; step + 4 <= depth; step += 4) {
    transposeFour(from, stride, to, 32);
    transposeFour(from + 4 * stride, stride, to + VECTOR, 32);
    from += VECTOR;
    to += 128;
  }
  packPartial(from, stride, WORD, to, 8, 8, depth - step);
}

function packSixApart(from: usize, stride: usize, to: usize, depth: i32): void {
  let step = 0;
  for (; step + 4 <= depth; step += 4) {
    transposeFour(from, stride, to, 24);
    transposeTwo(from + 4 * stride, stride, to + VECTOR, 24);
    from += VECTOR;
    to += 96;
  }
  packPartial(from, stride, WORD, to, 6, 6, depth - step);
}
