/**
 * Losses between next-token distributions, one row of logits at a time. A row of a large vocabulary
 * is read from memory once and from the second-level cache after that. Sums of exponentials, and
 * what is added up over the vocabulary, are float64. Tasks: rows.
 */
import { exponential, logarithm } from './special';
import { highDoubles, lowDoubles, sumDoubles } from './sums';
import { loadOne, maxLanes, multiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

/** Largest entry; NaN entries are passed over (they show in the sums instead). */
function largestIn(x: usize, count: i32): f32 {
  let most = f32x4.splat(-Infinity);
  const end = x + words(count);
  const vectors = x + words(count & -4);
  while (x < vectors) {
    most = f32x4.pmax(most, v128.load(x));
    x += VECTOR;
  }
  let largest = maxLanes(most);
  while (x < end) {
    const value = load<f32>(x);
    if (value > largest) largest = value;
    x += WORD;
  }
  return largest;
}

/** First position of `value`, or 0. */
function positionOf(x: usize, count: i32, value: f32): i32 {
  for (let i = 0; i < count; i++) if (load<f32>(x + words(i)) == value) return i;
  return 0;
}

/** Vector or single element at `x`: what is beyond the row reads as -infinity, so its exponential is 0. */
// @ts-ignore: decorator
@inline
function loadLogits(x: usize, one: bool): v128 {
  if (!one) return v128.load(x);
  return f32x4.replace_lane(f32x4.splat(-Infinity), 0, load<f32>(x));
}

/** sum exp(x - shift). */
function sumExponentials(x: usize, count: i32, shift: f32): f64 {
  const shifts = f32x4.splat(shift);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const whole = words(count & -4);
  const size = words(count);
  let at: usize = 0;
  while (at < size) {
    const one = at >= whole;
    const e = exponential(f32x4.sub(loadLogits(x + at, one), shifts));
    low = f64x2.add(low, lowDoubles(e));
    high = f64x2.add(high, highDoubles(e));
    at += one ? WORD : VECTOR;
  }
  return sumDoubles(low, high);
}

/** out[i] = log sum exp(row) - row[target]; 0 where the target is negative. */
export function crossEntropy(
  thread: i32,
  begin: i32,
  end: i32,
  logits: usize,
  targets: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const target = load<i32>(targets + words(row));
    let loss: f64 = 0;
    if (target >= 0) {
      const x = logits + <usize>row * words(columns);
      const largest = largestIn(x, columns);
      const total = sumExponentials(x, columns, largest);
      loss = logarithm(total) + (<f64>largest - <f64>load<f32>(x + words(target)));
    }
    store<f32>(out + words(row), <f32>loss);
  }
}

/** out = factor exp(x - shift) over a row. */
function writeExponentials(x: usize, out: usize, count: i32, shift: f32, factor: f32): void {
  const shifts = f32x4.splat(shift);
  const factors = f32x4.splat(factor);
  const vectors = x + words(count & -4);
  const end = x + words(count);
  while (x < vectors) {
    v128.store(out, f32x4.mul(exponential(f32x4.sub(v128.load(x), shifts)), factors));
    x += VECTOR;
    out += VECTOR;
  }
  while (x < end) {
    storeOne(out, f32x4.mul(exponential(f32x4.sub(loadOne(x), shifts)), factors));
    x += WORD;
    out += WORD;
  }
}

/** out = weight (softmax(row) - onehot(target)); a zero row without a target. */
export function crossEntropyGradient(
  thread: i32,
  begin: i32,
  end: i32,
  logits: usize,
  targets: usize,
  weights: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const target = load<i32>(targets + words(row));
    const x = logits + <usize>row * words(columns);
    const to = out + <usize>row * words(columns);
    if (target < 0) {
      memory.fill(to, 0, words(columns));
      continue;
    }
    const weight = load<f32>(weights + words(row));
    const largest = largestIn(x, columns);
    const factor = <f32>(<f64>weight / sumExponentials(x, columns, largest));
    writeExponentials(x, to, columns, largest, factor);
    const at = to + words(target);
    store<f32>(at, load<f32>(at) - weight);
  }
}

/** What one walk over a pair of rows leaves: two totals and two weighted sums, float64 each. */
const TOTAL_P: usize = 0;
const TOTAL_Q: usize = 8;
/** sum_v exp(p_v - shiftP) (p_v - q_v), over the entries whose exponential is not 0. */
const ALONG_P: usize = 16;
/** sum_v exp(q_v - shiftQ) (q_v - p_v). */
const ALONG_Q: usize = 24;

// @ts-ignore: decorator
@inline
function storeSum(at: usize, low: v128, high: v128): void {
  store<f64>(at, sumDoubles(low, high));
}

/** `both` asks for the sums along q as well. */
// @ts-ignore: decorator
@inline
function comparePair(
  p: usize,
  q: usize,
  count: i32,
  shiftP: f32,
  shiftQ: f32,
  sums: usize,
  both: bool,
): void {
  const shiftsP = f32x4.splat(shiftP);
  const shiftsQ = f32x4.splat(shiftQ);
  const zero = f32x4.splat(0);
  let totalP0 = f64x2.splat(0);
  let totalP1 = f64x2.splat(0);
  let totalQ0 = f64x2.splat(0);
  let totalQ1 = f64x2.splat(0);
  let alongP0 = f64x2.splat(0);
  let alongP1 = f64x2.splat(0);
  let alongQ0 = f64x2.splat(0);
  let alongQ1 = f64x2.splat(0);
  const whole = words(count & -4);
  const size = words(count);
  let at: usize = 0;
  while (at < size) {
    const one = at >= whole;
    const a = loadLogits(p + at, one);
    const b = loadLogits(q + at, one);
    const ea = exponential(f32x4.sub(a, shiftsP));
    const eb = exponential(f32x4.sub(b, shiftsQ));
    const difference = f32x4.sub(a, b);
    // 0 log 0 is 0, also where both logits are -infinity.
    const ap = v128.and(f32x4.mul(ea, difference), f32x4.ne(ea, zero));
    totalP0 = f64x2.add(totalP0, lowDoubles(ea));
    totalP1 = f64x2.add(totalP1, highDoubles(ea));
    totalQ0 = f64x2.add(totalQ0, lowDoubles(eb));
    totalQ1 = f64x2.add(totalQ1, highDoubles(eb));
    alongP0 = f64x2.add(alongP0, lowDoubles(ap));
    alongP1 = f64x2.add(alongP1, highDoubles(ap));
    if (both) {
      const aq = v128.and(f32x4.mul(eb, f32x4.neg(difference)), f32x4.ne(eb, zero));
      alongQ0 = f64x2.add(alongQ0, lowDoubles(aq));
      alongQ1 = f64x2.add(alongQ1, highDoubles(aq));
    }
    at += one ? WORD : VECTOR;
  }
  storeSum(sums + TOTAL_P, totalP0, totalP1);
  storeSum(sums + TOTAL_Q, totalQ0, totalQ1);
  storeSum(sums + ALONG_P, alongP0, alongP1);
  storeSum(sums + ALONG_Q, alongQ0, alongQ1);
}

/**
 * KL(p || q) = sum p (log p - log q). With logits a, b and totals A, B of exp(a - max a) and
 * exp(b - max b), log p - log q = a - b - (log A + max a - log B - max b). `scratch` is room for
 * four doubles per thread, `scratchStride` bytes apart.
 */
export function klDivergence(
  thread: i32,
  begin: i32,
  end: i32,
  p: usize,
  q: usize,
  out: usize,
  columns: i32,
  scratch: usize,
  scratchStride: usize,
): void {
  const sums = scratch + <usize>thread * scratchStride;
  for (let row = begin; row < end; row++) {
    const a = p + <usize>row * words(columns);
    const b = q + <usize>row * words(columns);
    const largestA = largestIn(a, columns);
    const largestB = largestIn(b, columns);
    comparePair(a, b, columns, largestA, largestB, sums, false);
    const logTotals =
      logarithm(load<f64>(sums + TOTAL_P)) - logarithm(load<f64>(sums + TOTAL_Q));
    // Differences of like terms, so that equal rows give exactly 0.
    const offset = logTotals + (<f64>largestA - <f64>largestB);
    const kl = load<f64>(sums + ALONG_P) / load<f64>(sums + TOTAL_P) - offset;
    store<f32>(out + words(row), <f32>kl);
  }
}

/** out = weight (softmax q - softmax p). */
export function klDivergenceGradient(
  thread: i32,
  begin: i32,
  end: i32,
  p: usize,
  q: usize,
  weights: usize,
  out: usize,
  columns: i32,
): void {
  const size = words(columns);
  const whole = words(columns & -4);
  for (let row = begin; row < end; row++) {
    const a = p + <usize>row * size;
    const b = q + <usize>row * size;
    const to = out + <usize>row * size;
    const weight = <f64>load<f32>(weights + words(row));
    const largestA = largestIn(a, columns);
    const largestB = largestIn(b, columns);
    const factorA = f32x4.splat(<f32>(weight / sumExponentials(a, columns, largestA)));
    const factorB = f32x4.splat(<f32>(weight / sumExponentials(b, columns, largestB)));
    const shiftA = f32x4.splat(largestA);
    const shiftB = f32x4.splat(largestB);
    let at: usize = 0;
    while (at < size) {
      const one = at >= whole;
      const ea = exponential(f32x4.sub(loadLogits(a + at, one), shiftA));
      const eb = exponential(f32x4.sub(loadLogits(b + at, one), shiftB));
      const slope = f32x4.sub(f32x4.mul(eb, factorB), f32x4.mul(ea, factorA));
      if (one) storeOne(to + at, slope);
      else v128.store(to + at, slope);
      at += one ? WORD : VECTOR;
    }
  }
}

/** out = weight softmax p (p - q - <softmax p, p - q>): the gradient of KL(p || q) to the logits p. */
export function klDivergenceFirstGradient(
  thread: i32,
  begin: i32,
  end: i32,
  p: usize,
  q: usize,
  weights: usize,
  out: usize,
  columns: i32,
  scratch: usize,
  scratchStride: usize,
): void {
  const sums = scratch + <usize>thread * scratchStride;
  const size = words(columns);
  const whole = words(columns & -4);
  const zero = f32x4.splat(0);
  for (let row = begin; row < end; row++) {
    const a = p + <usize>row * size;
    const b = q + <usize>row * size;
    const to = out + <usize>row * size;
    const weight = <f64>load<f32>(weights + words(row));
    const largestA = largestIn(a, columns);
    comparePair(a, b, columns, largestA, largestIn(b, columns), sums, false);
    const total = load<f64>(sums + TOTAL_P);
    const mean = f32x4.splat(<f32>(load<f64>(sums + ALONG_P) / total));
    const factor = f32x4.splat(<f32>(weight / total));
    const shift = f32x4.splat(largestA);
    let at: usize = 0;
    while (at < size) {
      const one = at >= whole;
      const x = loadLogits(a + at, one);
      const e = exponential(f32x4.sub(x, shift));
      const beyond = f32x4.sub(f32x4.sub(x, loadLogits(b + at, one)), mean);
      // What has no probability has no slope, also where the difference is not a number.
      const slope = v128.and(f32x4.mul(f32x4.mul(e, factor), beyond), f32x4.ne(e, zero));
      if (one) storeOne(to + at, slope);
      else v128.store(to + at, slope);
      at += one ? WORD : VECTOR;
    }
  }
}

/** sum |p - q| for p = factorA exp(a - shiftA), q alike. */
function sumDifferences(
  a: usize,
  b: usize,
  count: i32,
  largestA: f32,
  largestB: f32,
  totalA: f64,
  totalB: f64,
): f64 {
  const shiftA = f32x4.splat(largestA);
  const shiftB = f32x4.splat(largestB);
  const factorA = f32x4.splat(<f32>(1 / totalA));
  const factorB = f32x4.splat(<f32>(1 / totalB));
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const whole = words(count & -4);
  const size = words(count);
  let at: usize = 0;
  while (at < size) {
    const one = at >= whole;
    const ea = exponential(f32x4.sub(loadLogits(a + at, one), shiftA));
    const eb = exponential(f32x4.sub(loadLogits(b + at, one), shiftB));
    const difference = f32x4.abs(f32x4.sub(f32x4.mul(ea, factorA), f32x4.mul(eb, factorB)));
    low = f64x2.add(low, lowDoubles(difference));
    high = f64x2.add(high, highDoubles(difference));
    at += one ? WORD : VECTOR;
  }
  return sumDoubles(low, high);
}

/** All six measures of a LogitComparison, one output each. */
export function compareLogits(
  thread: i32,
  begin: i32,
  end: i32,
  p: usize,
  q: usize,
  targets: usize,
  crossEntropyP: usize,
  crossEntropyQ: usize,
  klPQ: usize,
  klQP: usize,
  totalVariation: usize,
  sameTop: usize,
  columns: i32,
  scratch: usize,
  scratchStride: usize,
): void {
  const sums = scratch + <usize>thread * scratchStride;
  for (let row = begin; row < end; row++) {
    const a = p + <usize>row * words(columns);
    const b = q + <usize>row * words(columns);
    const at = words(row);
    const largestA = largestIn(a, columns);
    const largestB = largestIn(b, columns);
    comparePair(a, b, columns, largestA, largestB, sums, true);
    const totalA = load<f64>(sums + TOTAL_P);
    const totalB = load<f64>(sums + TOTAL_Q);
    const logTotalA = logarithm(totalA) + <f64>largestA;
    const logTotalB = logarithm(totalB) + <f64>largestB;
    const offset = logTotalA - logTotalB;
    store<f32>(klPQ + at, <f32>(load<f64>(sums + ALONG_P) / totalA - offset));
    store<f32>(klQP + at, <f32>(load<f64>(sums + ALONG_Q) / totalB + offset));
    const target = load<i32>(targets + at);
    const lossA = target < 0 ? 0 : logTotalA - <f64>load<f32>(a + words(target));
    const lossB = target < 0 ? 0 : logTotalB - <f64>load<f32>(b + words(target));
    store<f32>(crossEntropyP + at, <f32>lossA);
    store<f32>(crossEntropyQ + at, <f32>lossB);
    const variation = sumDifferences(a, b, columns, largestA, largestB, totalA, totalB) / 2;
    store<f32>(totalVariation + at, <f32>variation);
    const same = positionOf(a, columns, largestA) == positionOf(b, columns, largestB);
    store<f32>(sameTop + at, same ? 1 : 0);
  }
}
