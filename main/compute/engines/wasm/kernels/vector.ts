/**
 * The few vector helpers that all kernels share. A vector is four float32 lanes.
 *
 * A kernel is an exported function whose first three arguments are the number of the thread that runs
 * it and the range [begin, end) of its task: rows, elements or tiles, as its comment says. Pointers are
 * byte addresses in the memory that all threads share. Kernels allocate nothing.
 */

/** Bytes of a float or an integer. */
export const WORD: usize = 4;
/** Bytes of a vector. */
export const VECTOR: usize = 16;

/** a b + c: fused and rounded once where the machine has relaxed SIMD, in two steps elsewhere. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a b. */
// @ts-ignore: decorator
@inline
export function negativeMultiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The byte offset of element `index`. */
// @ts-ignore: decorator
@inline
export function words(index: i32): usize {
  return <usize>index << 2;
}

/** One element in lane 0, so that what is left beside whole vectors runs through the same code. */
// @ts-ignore: decorator
@inline
export function loadOne(at: usize): v128 {
  return v128.load32_zero(at);
}

// @ts-ignore: decorator
@inline
export function storeOne(at: usize, x: v128): void {
  v128.store_lane<f32>(at, x, 0);
}

/** Sum of the four lanes, pairwise. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function maxLanes(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
