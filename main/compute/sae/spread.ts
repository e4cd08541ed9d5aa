import type { Engine, Tensor } from '../engine.ts';

/** Mean over tokens and dimensions of (x - mean of the batch)^2, of a batch that comes in parts. */
export class Spread {
  readonly #sums: Float64Array;
  #squares = 0;
  #tokens = 0;

  constructor(width: number) {
    this.#sums = new Float64Array(width);
  }

  /** Adds activations x [r, d]. */
  add(engine: Engine, x: Tensor): void {
    const sums = engine.sumColumns(x);
    engine.read(sums).forEach((sum, j) => (this.#sums[j]! += sum));
    engine.dispose(sums);
    this.#squares += engine.sumSquares(x);
    this.#tokens += x.shape[0]!;
  }

  /** 0 where nothing was added. */
  get mean(): number {
    if (this.#tokens === 0) return 0;
    const ofMeans = this.#sums.reduce((sum, value) => sum + value * value, 0) / this.#tokens;
    return (this.#squares - ofMeans) / (this.#tokens * this.#sums.length);
  }
}
