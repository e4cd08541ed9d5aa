import type { RandomStream } from '../random.ts';

/** Draws before a short list of silent tokens is searched through instead. */
const drawsPerMiss = 20;

/** The places of each token id: those of id v are tokens[pointers[v]] up to tokens[pointers[v + 1]]. */
export interface TokensById {
  /** [vocabulary + 1] */
  readonly pointers: Int32Array;
  readonly tokens: Int32Array;
}

/** Sorts tokens by their id, by counting; of one id they rise. */
export function tokensById(ids: Int32Array, vocabulary: number): TokensById {
  const pointers = new Int32Array(vocabulary + 1);
  for (const id of ids) pointers[id + 1]!++;
  for (let id = 0; id < vocabulary; id++) pointers[id + 1]! += pointers[id]!;
  const next = pointers.slice(0, vocabulary);
  const tokens = new Int32Array(ids.length);
  for (let token = 0; token < ids.length; token++) tokens[next[ids[token]!]!++] = token;
  return { pointers, tokens };
}

/**
 * Tokens with an id that a feature's strongest examples have, on which the feature is silent: they tell
 * a feature of a token from a feature of its context.
 */
export class NearMisses {
  readonly #ids: Int32Array;
  readonly #byId: TokensById;

  constructor(ids: Int32Array, vocabulary: number) {
    this.#ids = ids;
    this.#byId = tokensById(ids, vocabulary);
  }

  /**
   * @param active tokens on which the feature is active, rising
   * @returns how many tokens of the id are silent, and at most `count` of them, drawn, rising
   */
  draw(
    id: number,
    active: Int32Array,
    count: number,
    random: RandomStream,
  ): { count: number; tokens: number[] } {
    const { pointers, tokens } = this.#byId;
    const all = tokens.subarray(pointers[id], pointers[id + 1]);
    let silent = all.length;
    for (const token of active) if (this.#ids[token] === id) silent--;
    const wanted = Math.min(count, silent);
    const chosen = new Set<number>();
    for (let draw = 0; draw < wanted * drawsPerMiss && chosen.size < wanted; draw++) {
      const token = all[random.below(all.length)]!;
      if (!contains(active, token)) chosen.add(token);
    }
    // Few are silent among many: those that are left, from the first on.
    for (let i = 0; i < all.length && chosen.size < wanted; i++)
      if (!contains(active, all[i]!)) chosen.add(all[i]!);
    return { count: silent, tokens: [...chosen].sort((a, b) => a - b) };
  }
}

/** Whether a rising array holds a value. */
function contains(rising: Int32Array, value: number): boolean {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return rising[low] === value;
}
