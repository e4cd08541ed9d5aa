/**
 * Causal attention in blocks (Dao et al. 2022, "FlashAttention", algorithms 1 and 4): the scores of a
 * block of queries with a block of keys exist only in the scratch room of a thread. The products of
 * blocks are those of matmul.ts.
 *
 * Rows of q and y are sequence-major, [sequences * length, heads * width]; those of k and v are
 * [sequences * keyLength, keyHeads * width], each head shared by heads / keyHeads query heads. The
 * queries have the last positions of their sequence, and each sees the `window` positions up to its
 * own. Scores are bounded by `softCap` where it is not 0. Strides are in bytes.
 */
import { scaleAll } from './elementwise';
import { multiplyBlocks } from './matmul';
import { packSlivers, TILE_COLUMNS, TILE_ROWS } from './pack';
import { capAll, capSlope } from './soft-cap';
import { exponential, logarithm } from './special';
import { dotOf, highDoubles, lowDoubles, sumDoubles } from './sums';
import { maxLanes, VECTOR, WORD, words } from './vector';

/** Queries and keys of a block: multiples of both sides of a register tile. */
const BLOCK: i32 = 96;
const ACCUMULATE: i32 = 1;

// A thread's scratch room holds up to five packed blocks, four blocks of scores and some rows; the host
// (transformer-ops.ts) makes it large enough.

/** Room of one packed block: BLOCK rows by `width`, padded to whole slivers either way, and their gaps. */
function roomOfBlock(width: i32): usize {
  return words(BLOCK * ((width + TILE_COLUMNS - 1) & -TILE_COLUMNS)) + GAPS * <usize>(1 + width / BLOCK);
}

/** The lines between the slivers of a block, 16 of them for each BLOCK rows or columns. */
const GAPS: usize = 16 * 64;
/** Room of a block of scores, packed or not. */
const SCORES: usize = ((<usize>BLOCK * <usize>BLOCK) << 2) + GAPS;
const ROWS: usize = <usize>BLOCK << 2;
/** Packs rows as slivers of 6 for the left side of a product, contiguous along the inner axis. */
// @ts-ignore: decorator
@inline
function packLeft(from: usize, stride: usize, to: usize, rows: i32, depth: i32): void {
  packSlivers(0, 0, (rows + TILE_ROWS - 1) / TILE_ROWS, from, stride, WORD, to, TILE_ROWS, rows, depth);
}

/** The left side from the transpose: its rows are the columns of `from`. */
// @ts-ignore: decorator
@inline
function packLeftTransposed(from: usize, stride: usize, to: usize, rows: i32, depth: i32): void {
  packSlivers(0, 0, (rows + TILE_ROWS - 1) / TILE_ROWS, from, WORD, stride, to, TILE_ROWS, rows, depth);
}

/** The right side: its columns are the columns of `from`. */
// @ts-ignore: decorator
@inline
function packRight(from: usize, stride: usize, to: usize, columns: i32, depth: i32): void {
  const slivers = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  packSlivers(0, 0, slivers, from, WORD, stride, to, TILE_COLUMNS, columns, depth);
}

/** The right side from the transpose: its columns are the rows of `from`. */
// @ts-ignore: decorator
@inline
function packRightTransposed(from: usize, stride: usize, to: usize, columns: i32, depth: i32): void {
  const slivers = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  packSlivers(0, 0, slivers, from, stride, WORD, to, TILE_COLUMNS, columns, depth);
}

/** scale times the largest of the scores from `at` up to `count` (scale may be negative). */
function largestScore(row: usize, at: i32, count: i32, scale: f32): f32 {
  const factors = f32x4.splat(scale);
  let most = f32x4.splat(-Infinity);
  for (; at + 4 <= count; at += 4)
    most = f32x4.pmax(most, f32x4.mul(v128.load(row + words(at)), factors));
  let largest = maxLanes(most);
  for (; at < count; at++) largest = max(largest, load<f32>(row + words(at)) * scale);
  return largest;
}

/**
 * Replaces the scores of a row by exp(scale score - shift) for the keys from `first` up to `visible`
 * and 0 for the others up to `count` (a multiple of 4), and answers their sum.
 */
function exponentiate(
  row: usize,
  first: i32,
  visible: i32,
  count: i32,
  scale: f32,
  shift: f32,
): f64 {
  const factors = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at = 0; at < count; at += 4) {
    const place = row + words(at);
    let e = f32x4.splat(0);
    if (at < visible && at + 4 > first) {
      e = exponential(f32x4.sub(f32x4.mul(v128.load(place), factors), shifts));
      // Lanes before `first` have left the window; those from `visible` on are keys of the future, or
      // padding.
      const lanes = i32x4.add(i32x4.splat(at), i32x4(0, 1, 2, 3));
      const inside = i32x4.lt_s(lanes, i32x4.splat(visible));
      e = v128.and(e, v128.and(inside, i32x4.ge_s(lanes, i32x4.splat(first))));
    }
    v128.store(place, e);
    low = f64x2.add(low, lowDoubles(e));
    high = f64x2.add(high, highDoubles(e));
  }
  return sumDoubles(low, high);
}

/**
 * Forward. Tasks: blocks of queries, counted along the sequence, then heads, then sequences. A block
 * walks over the keys that it may see and keeps the largest score and the sum of exponentials of
 * each query up to date; the result so far is rescaled when the largest grows.
 */
export function attention(
  thread: i32,
  begin: i32,
  end: i32,
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  logSum: usize,
  length: i32,
  keyLength: i32,
  heads: i32,
  keyHeads: i32,
  width: i32,
  scale: f32,
  window: i32,
  softCap: f32,
  scratch: usize,
  scratchStride: usize,
): void {
  const room = roomOfBlock(width);
  const packedQ = scratch + <usize>thread * scratchStride;
  const packedKV = packedQ + room;
  const scores = packedKV + room;
  const packedP = scores + SCORES;
  const largest = packedP + SCORES;
  const totals = largest + ROWS;
  const tile = totals + 2 * ROWS;
  const blocks = (length + BLOCK - 1) / BLOCK;
  const stride = words(heads * width);
  const keyStride = words(keyHeads * width);
  const factor: f32 = softCap > 0 ? 1 : scale;

  for (let task = begin; task < end; task++) {
    const block = task % blocks;
    const head = (task / blocks) % heads;
    const sequence = task / blocks / heads;
    const firstRow = sequence * length;
    const query = block * BLOCK;
    // Position of the block's first query, and the first block of keys that it sees.
    const position = keyLength - length + query;
    const start = (max(0, position - window + 1) / BLOCK) * BLOCK;
    const queries = min(BLOCK, length - query);
    const offset = <usize>(firstRow + query) * stride + words(head * width);
    const keyOffset = words((head / (heads / keyHeads)) * width);
    const out = y + offset;
    packLeft(q + offset, stride, packedQ, queries, width);
    for (let i = 0; i < queries; i++) {
      store<f32>(largest + words(i), -Infinity);
      store<f64>(totals + (<usize>i << 3), 0);
    }
    for (let key = start; key < position + queries; key += BLOCK) {
      const keys = min(BLOCK, keyLength - key);
      const from = <usize>(sequence * keyLength + key) * keyStride + keyOffset;
      packRightTransposed(k + from, keyStride, packedKV, keys, width);
      multiplyBlocks(packedQ, packedKV, scores, ROWS, queries, keys, width, 0, 0, tile);
      for (let i = 0; i < queries; i++) {
        const row = scores + <usize>i * ROWS;
        const visible = min(keys, position + i - key + 1);
        const first = max(0, position + i - window + 1 - key);
        const before = load<f32>(largest + words(i));
        if (softCap > 0) capAll(row, row, keys, scale, softCap);
        const now = first < visible ? max(before, largestScore(row, first, visible, factor)) : before;
        const total = totals + (<usize>i << 3);
        const sum = exponentiate(row, first, visible, (keys + 3) & -4, factor, now);
        if (key > start && now > before) {
          const shrink = f32x4.extract_lane(exponential(f32x4.splat(before - now)), 0);
          store<f64>(total, load<f64>(total) * <f64>shrink);
          scaleAll(out + <usize>i * stride, out + <usize>i * stride, width, shrink);
        }
        store<f64>(total, load<f64>(total) + sum);
        store<f32>(largest + words(i), now);
      }
      packLeft(scores, ROWS, packedP, queries, keys);
      packRight(v + from, keyStride, packedKV, width, keys);
      const mode = key > start ? ACCUMULATE : 0;
      multiplyBlocks(packedP, packedKV, out, stride, queries, width, keys, mode, 0, tile);
    }
    for (let i = 0; i < queries; i++) {
      const total = load<f64>(totals + (<usize>i << 3));
      const row = out + <usize>i * stride;
      scaleAll(row, row, width, <f32>(1 / total));
      const sum = logarithm(total) + <f64>load<f32>(largest + words(i));
      store<f32>(logSum + words((firstRow + query + i) * heads + head), <f32>sum);
    }
  }
}

/**
 * Backward. Tasks: key heads, then sequences; a task writes dk and dv of its key head and dq of the
 * query heads that share it, so that nothing is written twice. With P the attention shares:
 * dV = P^T dY; dP = dY V^T; dS = P (dP - <dy, y>) scale, times the slope of the cap where there is one;
 * dQ = dS K; dK = dS^T Q. The host has cleared the three gradients.
 */
export function attentionGradient(
  thread: i32,
  begin: i32,
  end: i32,
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  logSum: usize,
  dy: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  length: i32,
  keyLength: i32,
  heads: i32,
  keyHeads: i32,
  width: i32,
  scale: f32,
  window: i32,
  softCap: f32,
  scratch: usize,
  scratchStride: usize,
): void {
  const room = roomOfBlock(width);
  const keysForScores = scratch + <usize>thread * scratchStride;
  const keysForQueries = keysForScores + room;
  const valuesForShares = keysForQueries + room;
  const left = valuesForShares + room;
  const right = left + room;
  const shares = right + room;
  const slopes = shares + SCORES;
  const packed = slopes + SCORES;
  const capSlopes = packed + SCORES;
  const tile = packed + 2 * SCORES;
  const factor: f32 = softCap > 0 ? 1 : scale;
  const past = keyLength - length;
  const group = heads / keyHeads;
  const stride = words(heads * width);
  const keyStride = words(keyHeads * width);

  for (let task = begin; task < end; task++) {
    const keyHead = task % keyHeads;
    const firstRow = (task / keyHeads) * length;
    const firstKey = (task / keyHeads) * keyLength;
    for (let key = 0; key < keyLength; key += BLOCK) {
      const keys = min(BLOCK, keyLength - key);
      // Queries that see this block: from the one at its first key to the one that leaves it behind.
      const earliest = (max(0, key - past) / BLOCK) * BLOCK;
      const behind = <i32>min(<i64>length, <i64>key + <i64>keys - 1 + <i64>window - <i64>past);
      const from = <usize>(firstKey + key) * keyStride + words(keyHead * width);
      packRightTransposed(k + from, keyStride, keysForScores, keys, width);
      packRight(k + from, keyStride, keysForQueries, width, keys);
      packRightTransposed(v + from, keyStride, valuesForShares, keys, width);
      for (let head = keyHead * group; head < (keyHead + 1) * group; head++)
        for (let query = earliest; query < behind; query += BLOCK) {
          const queries = min(BLOCK, length - query);
          const row = firstRow + query;
          const offset = <usize>row * stride + words(head * width);
          packLeft(q + offset, stride, left, queries, width);
          multiplyBlocks(left, keysForScores, shares, ROWS, queries, keys, width, 0, 0, tile);
          packLeft(dy + offset, stride, left, queries, width);
          multiplyBlocks(left, valuesForShares, slopes, ROWS, queries, keys, width, 0, 0, tile);
          for (let i = 0; i < queries; i++) {
            const at = offset + <usize>i * stride;
            const logTotal = load<f32>(logSum + words((row + i) * heads + head));
            const share = shares + <usize>i * ROWS;
            const visible = min(keys, past + query + i - key + 1);
            const first = max(0, past + query + i - window + 1 - key);
            const count = (keys + 3) & -4;
            if (softCap > 0) {
              capAll(share, share, keys, scale, softCap);
              writeCapSlopes(share, capSlopes, count, softCap);
            }
            exponentiate(share, first, visible, count, factor, logTotal);
            const along = <f32>dotOf(dy + at, y + at, width);
            const slope = slopes + <usize>i * ROWS;
            writeSlopes(share, slope, count, along, scale);
            if (softCap > 0) multiplyInto(slope, capSlopes, count);
          }
          // Right sides with the queries along the inner axis: dY for dV, then Q for dK.
          packRight(dy + offset, stride, right, width, queries);
          packLeftTransposed(shares, ROWS, packed, keys, queries);
          multiplyBlocks(packed, right, dv + from, keyStride, keys, width, queries, 1, 0, tile);
          packRight(q + offset, stride, right, width, queries);
          packLeftTransposed(slopes, ROWS, packed, keys, queries);
          multiplyBlocks(packed, right, dk + from, keyStride, keys, width, queries, 1, 0, tile);
          packLeft(slopes, ROWS, packed, queries, keys);
          multiplyBlocks(packed, keysForQueries, dq + offset, stride, queries, width, keys, 1, 0, tile);
        }
    }
  }
}

/** slope = share (slope - along) scale, in place. */
function writeSlopes(share: usize, slope: usize, count: i32, along: f32, scale: f32): void {
  const center = f32x4.splat(along);
  const factors = f32x4.splat(scale);
  for (let at = 0; at < count; at += 4) {
    const p = f32x4.mul(v128.load(share), factors);
    v128.store(slope, f32x4.mul(p, f32x4.sub(v128.load(slope), center)));
    share += VECTOR;
    slope += VECTOR;
  }
}

/** The slope of the cap at each bounded score. */
function writeCapSlopes(score: usize, slope: usize, count: i32, cap: f32): void {
  const caps = f32x4.splat(cap);
  for (let at = 0; at < count; at += 4)
    v128.store(slope + words(at), capSlope(v128.load(score + words(at)), caps));
}

/** x = x y. */
function multiplyInto(x: usize, y: usize, count: i32): void {
  for (let at = 0; at < count; at += 4) {
    const place = x + words(at);
    v128.store(place, f32x4.mul(v128.load(place), v128.load(y + words(at))));
  }
}
