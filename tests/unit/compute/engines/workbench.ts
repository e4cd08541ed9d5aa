import type { Engine, Sparse, Tensor } from '../../../../main/compute/engine.ts';
import { sizeOf } from '../../../../main/compute/engines/handles.ts';
import type { Random } from '../../../support/random.ts';

export type Output = Tensor | Sparse | number;

/** Sizes that stand on and beside the block edges of vector kernels. */
const awkwardSizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 31, 32, 33, 47, 64, 65, 97];

/**
 * Random inputs for one engine. The same seed gives every engine the same numbers, all of them
 * exact in float32, so that outputs differ by the engine's own rounding alone.
 */
export class Workbench {
  readonly engine: Engine;
  readonly random: Random;
  readonly #made: Tensor[] = [];

  constructor(engine: Engine, random: Random) {
    this.engine = engine;
    this.random = random;
  }

  size(): number {
    return this.random.pick(awkwardSizes);
  }

  keep<T extends Tensor>(tensor: T): T {
    this.#made.push(tensor);
    return tensor;
  }

  /** Normal numbers of the given spread. */
  normals(shape: readonly number[], spread = 1): Tensor {
    return this.#floats(shape, () => spread * this.random.normal());
  }

  /** Numbers of which only a share is not 0, as in a code. */
  sparse(shape: readonly number[], density: number): Tensor {
    return this.#floats(shape, () =>
      this.random.uniform() < density ? Math.abs(this.random.normal()) : 0,
    );
  }

  /** Whole numbers as floats, so that many are equal. */
  wholes(shape: readonly number[], low: number, high: number): Tensor {
    return this.#floats(shape, () => this.random.integer(low, high));
  }

  /** A few whole numbers among NaN and infinities. */
  oddities(shape: readonly number[]): Tensor {
    const odd = [
      NaN,
      -Infinity,
      -Infinity,
      -1,
      2,
      3,
      ...(this.random.uniform() < 0.5 ? [Infinity] : []),
    ];
    return this.#floats(shape, () => this.random.pick(odd));
  }

  integers(count: number, low: number, high: number): Tensor {
    const values = Array.from({ length: count }, () => this.random.integer(low, high));
    return this.keep(this.engine.ints(values, [count]));
  }

  #floats(shape: readonly number[], draw: () => number): Tensor {
    const values = Float32Array.from({ length: sizeOf(shape) }, draw);
    return this.keep(this.engine.floats(values, shape));
  }

  /** Disposes the inputs and the given outputs. */
  clear(outputs: readonly Output[]): void {
    const tensors = outputs.filter((output) => typeof output !== 'number');
    this.engine.dispose(...new Set([...tensors, ...this.#made]));
    this.#made.length = 0;
  }
}

/** All numbers of an output, in order. */
export function numbersOf(engine: Engine, output: Output): number[] {
  if (typeof output === 'number') return [output];
  if ('pointers' in output)
    return [output.pointers, output.indices, output.values].flatMap((t) => numbersOf(engine, t));
  return Array.from(output.kind === 'int' ? engine.readInts(output) : engine.read(output));
}

/**
 * The largest |actual - expected| / (|expected| + root mean square of expected). Differences of
 * equal infinities and of NaN with NaN count as 0, of NaN or infinity with a number as infinite.
 */
export function deviation(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const finite = expected.filter(Number.isFinite);
  const scale = Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / Math.max(1, finite.length));
  let worst = 0;
  expected.forEach((value, i) => {
    if (Object.is(actual[i], value) || actual[i] === value) return;
    const difference = Math.abs(actual[i]! - value) / (Math.abs(value) + scale);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  });
  return worst;
}
