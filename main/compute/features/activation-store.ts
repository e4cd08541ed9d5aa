/**
 * Sparse activations of one dictionary over a set of tokens, collected row by row and then turned
 * feature-major, so that everything that concerns one feature is read without a second pass of the
 * model.
 */

/** Feature-major activations: entries of feature j are those at pointers[j] up to pointers[j + 1]. */
export interface FeatureMajor {
  readonly latents: number;
  /** Tokens seen, row-major over sequences: token = sequence * length + position. */
  readonly tokens: number;
  /** [latents + 1] */
  readonly pointers: Float64Array;
  /** Token of each entry, rising within a feature. */
  readonly token: Int32Array;
  readonly value: Float32Array;
}

/** Collects codes in token order. */
export class ActivationCollector {
  readonly #latents: number;
  readonly #chunks: { token: Int32Array; feature: Int32Array; value: Float32Array }[] = [];
  readonly #counts: Float64Array;
  #tokens = 0;
  #entries = 0;

  constructor(latents: number) {
    this.#latents = latents;
    this.#counts = new Float64Array(latents);
  }

  /** Activations added so far. */
  get entries(): number {
    return this.#entries;
  }

  /** Adds the codes of the next rows: compressed rows of active latents, values not 0. */
  add(pointers: Int32Array, indices: Int32Array, values: ArrayLike<number>): void {
    const rows = pointers.length - 1;
    const token = new Int32Array(indices.length);
    for (let row = 0; row < rows; row++)
      token.fill(this.#tokens + row, pointers[row], pointers[row + 1]);
    for (const feature of indices) this.#counts[feature]!++;
    this.#chunks.push({ token, feature: indices.slice(), value: Float32Array.from(values) });
    this.#tokens += rows;
    this.#entries += indices.length;
  }

  /** Sorts by feature, stably, by counting; chunks are dropped on the way. */
  finish(): FeatureMajor {
    const pointers = new Float64Array(this.#latents + 1);
    for (let j = 0; j < this.#latents; j++) pointers[j + 1] = pointers[j]! + this.#counts[j]!;
    const total = pointers[this.#latents]!;
    const token = new Int32Array(total);
    const value = new Float32Array(total);
    const next = pointers.slice(0, this.#latents);
    for (let chunk = this.#chunks.shift(); chunk; chunk = this.#chunks.shift()) {
      for (let i = 0; i < chunk.feature.length; i++) {
        const at = next[chunk.feature[i]!]!++;
        token[at] = chunk.token[i]!;
        value[at] = chunk.value[i]!;
      }
    }
    return { latents: this.#latents, tokens: this.#tokens, pointers, token, value };
  }
}
