import type { InputNorm } from '../../../shared/domain/dictionary-form.ts';
import type { Engine, Tensor } from '../engine.ts';

/** Added to the standard deviation, outside the root, as SAELens and OpenAI do. */
const epsilon = 1e-5;

/**
 * What some dictionaries do to each row of their input x [r, d], and undo on their output: x f, with
 * f = sqrt(d) / |x|, or (x - m) f, with m its mean, f = 1 / (s + 1e-5) and s its unbiased standard
 * deviation. Undone by y / f, or y s + m (as there, without the 1e-5).
 */
export class InputNormaliser {
  readonly #norm: InputNorm;

  constructor(norm: InputNorm) {
    this.#norm = norm;
  }

  /** The caller's. */
  normalise(engine: Engine, x: Tensor): Tensor {
    return this.#mapRows(engine, x, x, (value, { mean, divisor }) => (value - mean) / divisor);
  }

  /** The output y [r, d] for x on the scale of x; the caller's. */
  restore(engine: Engine, y: Tensor, x: Tensor): Tensor {
    return this.#mapRows(engine, y, x, (value, { mean, factor }) => value * factor + mean);
  }

  #mapRows(
    engine: Engine,
    values: Tensor,
    x: Tensor,
    map: (value: number, row: RowScale) => number,
  ): Tensor {
    const [rows, width] = x.shape as [number, number];
    const [from, input] = [engine.read(values), engine.read(x)];
    const out = new Float64Array(from.length);
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      const scale = scaleOf(this.#norm, input.subarray(start, start + width));
      for (let j = start; j < start + width; j++) out[j] = map(from[j]!, scale);
    }
    return engine.floats(out, x.shape);
  }
}

interface RowScale {
  readonly mean: number;
  /** What a row is divided by, and what undoes it. */
  readonly divisor: number;
  readonly factor: number;
}

function scaleOf(norm: InputNorm, row: ArrayLike<number>): RowScale {
  const width = row.length;
  if (norm === 'none') return { mean: 0, divisor: 1, factor: 1 };
  let [sum, squares] = [0, 0];
  for (let j = 0; j < width; j++) {
    sum += row[j]!;
    squares += row[j]! * row[j]!;
  }
  if (norm === 'constant-norm') {
    const divisor = Math.sqrt(squares / width);
    return { mean: 0, divisor, factor: divisor };
  }
  const mean = sum / width;
  let spread = 0;
  for (let j = 0; j < width; j++) spread += (row[j]! - mean) ** 2;
  const deviation = Math.sqrt(spread / (width - 1));
  return { mean, divisor: deviation + epsilon, factor: deviation };
}
