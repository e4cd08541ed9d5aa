import type { Engine, Tensor } from '../engine.ts';
import type { TransformerConfig } from './config.ts';

/**
 * Keys and values of the earlier positions of one sequence, so that a pass over further positions
 * need not compute them again.
 */
export class KeyValueCache {
  readonly #engine: Engine;
  readonly #layers: readonly { readonly keys: Tensor; readonly values: Tensor }[];
  #length = 0;

  /** @param capacity positions that it has room for */
  constructor(engine: Engine, config: TransformerConfig, capacity: number) {
    const shape = [capacity, config.keyHeads * config.headWidth];
    this.#engine = engine;
    this.#layers = Array.from({ length: config.layers }, () => ({
      keys: engine.zeros(shape),
      values: engine.zeros(shape),
    }));
  }

  /** Positions that all layers have so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds keys and values of the next positions to a layer; answers all so far, which the caller frees. */
  append(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    const engine = this.#engine;
    const room = this.#layers[layer]!;
    const count = keys.shape[0]!;
    const places = engine.ints(
      Int32Array.from({ length: count }, (_, i) => this.#length + i),
      [count],
    );
    // The rows are 0 so far, so that adding is writing.
    engine.scatterAddInto(room.keys, places, keys);
    engine.scatterAddInto(room.values, places, values);
    engine.dispose(places);
    const end = this.#length + count;
    return { keys: engine.rows(room.keys, 0, end), values: engine.rows(room.values, 0, end) };
  }

  /** To be called when all layers have been given the keys and values of `count` further positions. */
  advance(count: number): void {
    this.#length += count;
  }

  dispose(): void {
    this.#engine.dispose(...this.#layers.flatMap(({ keys, values }) => [keys, values]));
  }
}
