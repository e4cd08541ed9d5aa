/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy
 * as 1, 2, 3"). The n-th number of a stream is a function of (seed, stream, n), so a job that resumes
 * needs no generator state, and replicates with other seeds are independent.
 */
const m0 = 0xd2511f53;
const m1 = 0xcd9e8d57;
const w0 = 0x9e3779b9;
const w1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/** Ten rounds on a counter of four words under a key of two; writes four words to `out`. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(m0, c0);
    const low0 = Math.imul(m0, c0) >>> 0;
    const high1 = multiplyHigh(m1, c2);
    const low1 = Math.imul(m1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c1 = low1;
    c3 = low0;
    k0 = (k0 + w0) >>> 0;
    k1 = (k1 + w1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** What a stream is for. Numbers are part of the format of stored seeds: never reuse one. */
export const streams = {
  encoderWeight: 1,
  encoderBias: 2,
  decoderWeight: 3,
  decoderBias: 4,
  sequenceOrder: 5,
  exampleSampling: 6,
  resampling: 7,
  comparison: 8,
  foldAssignment: 21,
  conditionBootstrap: 40,
} as const;

/** One stream of random numbers of a seed. `substream` tells apart, say, epochs or features. */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #substream: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #used = 4;

  constructor(seed: number, stream: number, substream = 0) {
    this.#key = [seed >>> 0, stream >>> 0];
    this.#substream = substream >>> 0;
  }

  /** A 32-bit word. */
  word(): number {
    if (this.#used === 4) {
      philox(
        [this.#block >>> 0, Math.floor(this.#block / 2 ** 32), this.#substream, 0],
        this.#key,
        this.#words,
      );
      this.#block++;
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }

  /** Uniform on (0, 1), 32 bits: never 0 or 1. */
  uniform(): number {
    return (this.word() + 0.5) / 2 ** 32;
  }

  /** A whole number from 0 up to `bound` (exclusive), without bias (Lemire's rejection). */
  below(bound: number): number {
    const threshold = 2 ** 32 % bound;
    for (;;) {
      const word = this.word();
      const low = Math.imul(word, bound) >>> 0;
      if (low >= threshold) return multiplyHigh(word, bound);
    }
  }

  /** Standard normal numbers by Box and Muller's method. */
  normals(count: number): Float64Array {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      out[i] = radius * Math.cos(angle);
      if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
    }
    return out;
  }

  /** Uniform numbers on (-bound, bound). */
  uniforms(count: number, bound: number): Float64Array {
    return Float64Array.from({ length: count }, () => bound * (2 * this.uniform() - 1));
  }

  /** 0 … count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  }
}
