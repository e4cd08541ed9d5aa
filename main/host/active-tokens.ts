import type { TensorReader } from '../../shared/domain/tensors.ts';

/** The tokens on which one feature is not 0, by their number (row * context + position), rising. */
export class ActiveTokens {
  readonly tokens: Int32Array;
  readonly values: Float32Array;

  /** @param reader of a run's activations.safetensors, of which one feature's part is read. */
  constructor(reader: TensorReader, feature: number) {
    const [start = 0, end = 0] = reader.ints('pointers', feature, feature + 2);
    this.tokens = reader.ints('token', start, end);
    this.values = reader.floats('value', start, end);
  }

  get count(): number {
    return this.tokens.length;
  }

  /** Activation on a token; 0 where the feature is not active. */
  at(token: number): number {
    let low = 0;
    let high = this.tokens.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tokens[middle]! < token) low = middle + 1;
      else high = middle;
    }
    return this.tokens[low] === token ? this.values[low]! : 0;
  }
}
