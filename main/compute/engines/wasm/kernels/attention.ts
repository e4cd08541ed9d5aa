/**
 * Causal attention in blocks (Dao et al. 2022, "FlashAttention", algorithms 1 and 4): the scores of a
 * block of queries with a block of keys exist only in the scratch room of a thread. The products of
 * blocks are those of matmul.ts.
 *
 * Rows of q and y are sequence-major, [sequences * length, heads * width]; those of k and v have
 * `keyHeads` heads, each shared by heads / keyHeads query heads. Strides are in bytes.
 */
import { scaleAll } from './elementwise';
import { multiplyBlocks } from './matmul';
import { packSlivers, TILE_COLUMNS, TILE_ROWS } from './pack';
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

/** scale times the largest of the first `count` scores (scale may be negative). */
function largestScore(row: usize, count: i32, scale: f32): f32 {
  const factors = f32x4.splat(scale);
  let most = f32x4.splat(-Infinity);
  let at = 0;
  for (; at + 4 <= count; at += 4)
    most = f32x4.pmax(most, f32x4.mul(v128.load(row + words(at)), factors));
  let largest = maxLanes(most);
  for (; at < count; at++) largest = max(largest, load<f32>(row + words(at)) * scale);
  return largest;
}

/**
 * Replaces the scores of a row by exp(scale score - shift) for the first `visible` keys and 0 for the
 * others up to `count` (a multiple of 4), and answers their sum.
 */
function exponentiate(row: usize, visible: i32, count: i32, scale: f32, shift: f32): f64 {
  const factors = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at = 0; at < count; at += 4) {
    const place = row + words(at);
    let e = f32x4.splat(0);
    if (at < visible) {
      e = exponential(f32x4.sub(f32x4.mul(v128.load(place), factors), shifts));
      // Lanes from `visible` on are keys of the future, or padding.
      const lanes = i32x4.add(i32x4.splat(at), i32x4(0, 1, 2, 3));
      e = v128.and(e, i32x4.lt_s(lanes, i32x4.splat(visible)));
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
  heads: i32,
  keyHeads: i32,
  width: i32,
  scale: f32,
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

  for (let task = begin; task < end; task++) {
    const block = task % blocks;
    const head = (task / blocks) % heads;
    const firstRow = (task / blocks / heads) * length;
    const query = block * BLOCK;
    const queries = min(BLOCK, length - query);
    const offset = <usize>(firstRow + query) * stride + words(head * width);
    const keyOffset = words((head / (heads / keyHeads)) * width);
    const out = y + offset;
    packLeft(q + offset, stride, packedQ, queries, width);
    for (let i = 0; i < queries; i++) {
      store<f32>(largest + words(i), -Infinity);
      store<f64>(totals + (<usize>i << 3), 0);
    }
    for (let key = 0; key < query + queries; key += BLOCK) {
      const keys = min(BLOCK, length - key);
      const from = <usize>(firstRow + key) * keyStride + keyOffset;
      packRightTransposed(k + from, keyStride, packedKV, keys, width);
      multiplyBlocks(packedQ, packedKV, scores, ROWS, queries, keys, width, 0, 0, tile);
      for (let i = 0; i < queries; i++) {
        const row = scores + <usize>i * ROWS;
        const visible = min(keys, query + i - key + 1);
        const before = load<f32>(largest + words(i));
        const now = visible > 0 ? max(before, largestScore(row, visible, scale)) : before;
        const total = totals + (<usize>i << 3);
        const sum = exponentiate(row, visible, (keys + 3) & -4, scale, now);
        if (key > 0 && now > before) {
          const shrink = f32x4.extract_lane(exponential(f32x4.splat(before - now)), 0);
          store<f64>(total, load<f64>(total) * <f64>shrink);
          scaleAll(out + <usize>i * stride, out + <usize>i * stride, width, shrink);
        }
        store<f64>(total, load<f64>(total) + sum);
        store<f32>(largest + words(i), now);
      }
      packLeft(scores, ROWS, packedP, queries, keys);
      packRight(v + from, keyStride, packedKV, width, keys);
      const mode = key > 0 ? ACCUMULATE : 0;
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
 * dV = P^T dY; dP = dY V^T; dS = P (dP - <dy, y>) scale; dQ = dS K; dK = dS^T Q. The host has cleared
 * the three gradients.
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
  heads: i32,
  keyHeads: i32,
  width: i32,
  scale: f32,
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
  const tile = packed + 2 * SCORES;
  const group = heads / keyHeads;
  const stride = words(heads * width);
  const keyStride = words(keyHeads * width);

  for (let task = begin; task < end; task++) {
    const keyHead = task % keyHeads;
    const firstRow = (task / keyHeads) * length;
    for (let key = 0; key < length; key += BLOCK) {
      const keys = min(BLOCK, length - key);
      const from = <usize>(firstRow + key) * keyStride + words(keyHead * width);
      packRightTransposed(k + from, keyStride, keysForScores, keys, width);
      packRight(k + from, keyStride, keysForQueries, width, keys);
      packRightTransposed(v + from, keyStride, valuesForShares, keys, width);
      for (let head = keyHead * group; head < (keyHead + 1) * group; head++)
        for (let query = key; query < length; query += BLOCK) {
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
            const visible = min(keys, query + i - key + 1);
            const count = (keys + 3) & -4;
            exponentiate(share, visible, count, scale, logTotal);
            const along = <f32>dotOf(dy + at, y + at, width);
            writeSlopes(share, slopes + <usize>i * ROWS, count, along, scale);
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
