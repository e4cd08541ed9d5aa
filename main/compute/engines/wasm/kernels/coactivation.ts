/**
 * Tokens that features of two dictionaries share: one feature's tokens are walked, and each feature of
 * the other dictionary that is active there is counted in a row of counters, which stays in the cache.
 * The counts are integers, so no order of the work shows in them.
 */
import { WORD, words } from './vector';

/** Tokens whose rows are asked for together before any is walked: they lie far apart in memory. */
const BATCH: i32 = 16;
const LINE: usize = 64;

/** Reads a byte of each line of the rows of some tokens, all at once. The sum keeps the reading alive. */
// @ts-ignore: decorator
@inline
function askFor<P>(begin: i32, end: i32, tokens: usize, starts: usize, partners: usize): i32 {
  let touched = 0;
  for (let i = begin; i < end; i++) {
    const start = starts + (<usize>load<i32>(tokens + words(i)) << 3);
    const last = partners + <usize>load<u32>(start, 4) * sizeof<P>();
    for (let at = partners + <usize>load<u32>(start) * sizeof<P>(); at < last; at += LINE)
      touched += load<u8>(at);
  }
  return touched;
}

/** Partners are numbered by P, counters are C. */
// @ts-ignore: decorator
@inline
function count<P, C>(
  begin: i32,
  end: i32,
  tokens: usize,
  starts: usize,
  partners: usize,
  row: usize,
): i32 {
  let touched = 0;
  for (let batch = begin; batch < end; batch += BATCH) {
    const stop = min(end, batch + BATCH);
    touched += askFor<P>(batch, stop, tokens, starts, partners);
    for (let i = batch; i < stop; i++) {
      const start = starts + (<usize>load<i32>(tokens + words(i)) << 3);
      const last = partners + <usize>load<u32>(start, 4) * sizeof<P>();
      let at = partners + <usize>load<u32>(start) * sizeof<P>();
      for (; at + 4 * sizeof<P>() <= last; at += 4 * sizeof<P>()) {
        raise<C>(row + <usize>load<P>(at) * sizeof<C>());
        raise<C>(row + <usize>load<P>(at, sizeof<P>()) * sizeof<C>());
        raise<C>(row + <usize>load<P>(at, 2 * sizeof<P>()) * sizeof<C>());
        raise<C>(row + <usize>load<P>(at, 3 * sizeof<P>()) * sizeof<C>());
      }
      for (; at < last; at += sizeof<P>()) raise<C>(row + <usize>load<P>(at) * sizeof<C>());
    }
  }
  return touched;
}

// @ts-ignore: decorator
@inline
function raise<C>(at: usize): void {
  store<C>(at, <C>(load<C>(at) + 1));
}

/**
 * Task: entries of a list of `tokens`. Adds to row[j] how many of them partner j is active on; partners
 * of token t are those at starts[2 t] up to starts[2 t + 1], best from the beginning of a line on. 16-bit partners and counters: for lists of
 * fewer than 2^16 tokens.
 */
export function countShared16(
  thread: i32,
  begin: i32,
  end: i32,
  tokens: usize,
  starts: usize,
  partners: usize,
  row: usize,
  touched: usize,
): void {
  store<i32>(touched, count<u16, u16>(begin, end, tokens, starts, partners, row));
}

/** As countShared16, with 32-bit counters. */
export function countShared32(
  thread: i32,
  begin: i32,
  end: i32,
  tokens: usize,
  starts: usize,
  partners: usize,
  row: usize,
  touched: usize,
): void {
  store<i32>(touched, count<u16, u32>(begin, end, tokens, starts, partners, row));
}

/** As countShared16, with 32-bit counters and 32-bit partners. */
export function countSharedWide(
  thread: i32,
  begin: i32,
  end: i32,
  tokens: usize,
  starts: usize,
  partners: usize,
  row: usize,
  touched: usize,
): void {
  store<i32>(touched, count<u32, u32>(begin, end, tokens, starts, partners, row));
}

/** Partners are numbered by P. */
// @ts-ignore: decorator
@inline
function add<P>(
  begin: i32,
  end: i32,
  tokens: usize,
  values: usize,
  starts: usize,
  partners: usize,
  partnerValues: usize,
  row: usize,
  smaller: usize,
  products: usize,
): i32 {
  let touched = 0;
  for (let batch = begin; batch < end; batch += BATCH) {
    const stop = min(end, batch + BATCH);
    touched += askFor<P>(batch, stop, tokens, starts, partners);
    touched += askFor<u32>(batch, stop, tokens, starts, partnerValues);
    for (let i = batch; i < stop; i++) {
      const start = starts + (<usize>load<i32>(tokens + words(i)) << 3);
      const own = <f64>load<f32>(values + words(i));
      const last = load<u32>(start, 4);
      for (let entry = load<u32>(start); entry < last; entry++) {
        const partner = <i32>load<P>(partners + <usize>entry * sizeof<P>());
        const other = <f64>load<f32>(partnerValues + words(entry));
        raise<u32>(row + words(partner));
        const place = <usize>partner << 3;
        const less = own < other ? own : other;
        store<f64>(smaller + place, load<f64>(smaller + place) + less);
        store<f64>(products + place, load<f64>(products + place) + own * other);
      }
    }
  }
  return touched;
}

/**
 * As countShared32, and adds the smaller of the two activations and their product to float64 sums, in
 * the order of the tokens. `values` are those of the list, `partnerValues` those of the partners.
 */
export function addShared(
  thread: i32,
  begin: i32,
  end: i32,
  tokens: usize,
  values: usize,
  starts: usize,
  partners: usize,
  partnerValues: usize,
  row: usize,
  smaller: usize,
  products: usize,
  touched: usize,
): void {
  const sum = add<u16>(
    begin,
    end,
    tokens,
    values,
    starts,
    partners,
    partnerValues,
    row,
    smaller,
    products,
  );
  store<i32>(touched, sum);
}

/** As addShared, with 32-bit partners. */
export function addSharedWide(
  thread: i32,
  begin: i32,
  end: i32,
  tokens: usize,
  values: usize,
  starts: usize,
  partners: usize,
  partnerValues: usize,
  row: usize,
  smaller: usize,
  products: usize,
  touched: usize,
): void {
  const sum = add<u32>(
    begin,
    end,
    tokens,
    values,
    starts,
    partners,
    partnerValues,
    row,
    smaller,
    products,
  );
  store<i32>(touched, sum);
}

/** True in the lanes whose Jaccard, both / (own + other - both), may reach the smaller threshold. */
// @ts-ignore: decorator
@inline
function reaches(counts: v128, own: v128, least: v128, others: usize, best: usize): v128 {
  const both = f32x4.convert_i32x4_u(counts);
  const either = f32x4.sub(f32x4.add(own, v128.load(others)), both);
  return f32x4.ge(both, f32x4.mul(f32x4.min(least, v128.load(best)), either));
}

// @ts-ignore: decorator
@inline
function find<C>(
  begin: i32,
  end: i32,
  row: usize,
  others: usize,
  best: usize,
  found: usize,
  own: f32,
  least: f32,
): void {
  const owns = f32x4.splat(own);
  const leasts = f32x4.splat(least);
  const zero = i32x4.splat(0);
  let to = found + 2 * WORD;
  let j = begin;
  for (; j + 8 <= end; j += 8) {
    const at = row + <usize>j * sizeof<C>();
    const float = words(j);
    let low: v128;
    let high: v128;
    if (sizeof<C>() == 2) {
      const counts = v128.load(at);
      low = i32x4.extend_low_i16x8_u(counts);
      high = i32x4.extend_high_i16x8_u(counts);
      v128.store(at, zero);
    } else {
      low = v128.load(at);
      high = v128.load(at, 16);
      v128.store(at, zero);
      v128.store(at, zero, 16);
    }
    const inLow = i32x4.bitmask(reaches(low, owns, leasts, others + float, best + float));
    const inHigh = i32x4.bitmask(
      reaches(high, owns, leasts, others + float + 16, best + float + 16),
    );
    let mask = inLow | (inHigh << 4);
    if (!mask) continue;
    v128.store(found + 2 * WORD + words(2 * (end - begin)), low);
    v128.store(found + 2 * WORD + words(2 * (end - begin)), high, 16);
    for (; mask; mask &= mask - 1) {
      const lane = ctz(mask);
      store<i32>(to, j + lane);
      store<i32>(to, load<i32>(found + 2 * WORD + words(2 * (end - begin) + lane)), WORD);
      to += 2 * WORD;
    }
  }
  for (; j < end; j++) {
    const at = row + <usize>j * sizeof<C>();
    const both = <u32>load<C>(at);
    store<C>(at, 0);
    const either = own + load<f32>(others + words(j)) - <f32>both;
    if (<f32>both < min(least, load<f32>(best + words(j))) * either) continue;
    store<i32>(to, j);
    store<u32>(to, both, WORD);
    to += 2 * WORD;
  }
  store<i32>(found, <i32>((to - found) >> 3) - 1);
}

/**
 * Task: columns of a row of counters, which are set back to 0. Writes the columns whose Jaccard may
 * reach `least`, or their own threshold in `best`, with their counts as pairs of integers behind the
 * number of them: found[0], then found[2], found[3] and so on. Thresholds are above 0 and lie below
 * those meant by more than float32 rounds. `own` and `others` are numbers of tokens as floats. `found` has
 * room for 2 (end - begin) + 10 integers.
 */
export function findShared16(
  thread: i32,
  begin: i32,
  end: i32,
  row: usize,
  others: usize,
  best: usize,
  found: usize,
  own: f32,
  least: f32,
): void {
  find<u16>(begin, end, row, others, best, found, own, least);
}

/** As findShared16, with 32-bit counters. */
export function findShared32(
  thread: i32,
  begin: i32,
  end: i32,
  row: usize,
  others: usize,
  best: usize,
  found: usize,
  own: f32,
  least: f32,
): void {
  find<u32>(begin, end, row, others, best, found, own, least);
}
