import { RandomStream } from './random.ts';

/**
 * xoshiro128** (Blackman & Vigna 2018), started from a Philox stream: for resampling, where hundreds of
 * millions of draws are made and none has to be found again by its number.
 */
export class FastRandom {
  readonly #state: Uint32Array;

  constructor(seed: number, stream: number, substream = 0) {
    const source = new RandomStream(seed, stream, substream);
    this.#state = Uint32Array.from({ length: 4 }, () => source.word());
    if (this.#state.every((part) => part === 0)) this.#state[0] = 1;
  }

  /** A 32-bit word. */
  word(): number {
    const s = this.#state;
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** An integer from 0 up to `end`, end < 2^32, by multiplication (bias below end / 2^32). */
  below(end: number): number {
    return Math.floor((this.word() / 4294967296) * end);
  }
}
