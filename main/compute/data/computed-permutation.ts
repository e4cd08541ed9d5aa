import { philox } from '../random.ts';

const rounds = 6;

/**
 * A permutation of 0 … count - 1 that takes no memory: a Feistel network of six rounds of Philox on the
 * smallest even number of bits that holds `count`, walked until it falls inside (Black and Rogaway
 * 2002, "Ciphers with arbitrary finite domains", cycle walking). Not every permutation can come up, as
 * with a full shuffle, but each is fixed by its key and looks like none.
 */
export class ComputedPermutation {
  readonly #count: number;
  readonly #half: number;
  readonly #key: readonly [number, number];
  readonly #substream: number;
  readonly #words = new Uint32Array(4);

  /** @param count from 1 up to 2^48 */
  constructor(count: number, seed: number, stream: number, substream: number) {
    this.#count = count;
    this.#half = 2 ** Math.max(1, Math.ceil(Math.log2(count) / 2));
    this.#key = [seed >>> 0, stream >>> 0];
    this.#substream = substream >>> 0;
  }

  at(position: number): number {
    let value = position;
    do value = this.#encrypt(value);
    while (value >= this.#count);
    return value;
  }

  #encrypt(value: number): number {
    let left = Math.floor(value / this.#half);
    let right = value % this.#half;
    for (let round = 0; round < rounds; round++) {
      philox([right, round, this.#substream, 1], this.#key, this.#words);
      const mixed = (left + (this.#words[0]! % this.#half)) % this.#half;
      left = right;
      right = mixed;
    }
    return left * this.#half + right;
  }
}
