/** Widening of the two 16-bit float formats, exactly. */

const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);

/** IEEE 754 binary16 to float32. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16, the upper half of a float32. */
export function brainToFloat(brain: number): number {
  word[0] = brain << 16;
  return asFloat[0]!;
}
