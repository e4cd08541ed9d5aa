import type { TensorData } from '../../../shared/domain/tensors.ts';

/**
 * Which latents have fired in the current window of training tokens. Windows follow one another
 * without overlap; at the end of each, the number of latents that fired in it is reported.
 */
export class AliveWindow {
  readonly #windowTokens: number;
  readonly #fired: Uint8Array;
  #tokens = 0;

  constructor(latents: number, windowTokens: number) {
    this.#windowTokens = windowTokens;
    this.#fired = new Uint8Array(latents);
  }

  /**
   * @param firing sum of each latent's codes over the batch
   * @returns the number of latents that fired, where the batch completed a window
   */
  add(firing: ArrayLike<number>, tokens: number): number | undefined {
    for (let j = 0; j < firing.length; j++) if (firing[j] !== 0) this.#fired[j] = 1;
    this.#tokens += tokens;
    if (this.#tokens < this.#windowTokens) return undefined;
    const alive = this.#fired.reduce((sum, bit) => sum + bit, 0);
    this.#fired.fill(0);
    this.#tokens = 0;
    return alive;
  }

  /** What a checkpoint must keep. */
  state(name: string): { tensor: TensorData; tokens: number } {
    const data = this.#fired.slice();
    return { tensor: { name, shape: [data.length], data }, tokens: this.#tokens };
  }

  restore(fired: ArrayLike<number>, tokens: number): void {
    this.#fired.set(fired);
    this.#tokens = tokens;
  }
}
