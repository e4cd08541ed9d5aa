import type { BaseMetric } from '../../../shared/domain/metrics.ts';

/**
 * How well reconstructions y match activations x: every definition of explained variance that the
 * field uses, each under its own name (facts 2.4; shared/domain/metrics.ts has the sentences).
 * Sums are float64. One instance for each group of positions that is reported apart.
 */
export class ReconstructionStats {
  readonly #width: number;
  readonly #target: 'output' | 'original';
  #tokens = 0;
  #squaredError = 0;
  #squaredNorm = 0;
  #sum: Float64Array;
  #normRatio = 0;
  #perToken = new BatchMean();
  #perTokenStd = new BatchMean();
  #layerNormed = new BatchMean();
  #layerNormedStd = new BatchMean();

  /**
   * @param target whose variance divides in the per-token definitions. e2e_sae takes the output's where
   *   it compares a dictionary's output with its input, and the original's at later hook points.
   */
  constructor(width: number, target: 'output' | 'original' = 'output') {
    this.#width = width;
    this.#target = target;
    this.#sum = new Float64Array(width);
  }

  /** Adds one batch: x and y row-major [r, d]. The per-token definition uses means over this batch. */
  add(x: ArrayLike<number>, y: ArrayLike<number>): void {
    const d = this.#width;
    const rows = x.length / d;
    if (rows === 0) return;
    for (let row = 0; row < rows; row++) {
      const at = row * d;
      let error = 0;
      let xx = 0;
      let yy = 0;
      for (let j = 0; j < d; j++) {
        const a = x[at + j]!;
        const b = y[at + j]!;
        error += (a - b) * (a - b);
        xx += a * a;
        yy += b * b;
        this.#sum[j]! += a;
      }
      this.#squaredError += error;
      this.#squaredNorm += xx;
      if (xx > 0) this.#normRatio += Math.sqrt(yy / xx);
    }
    this.#tokens += rows;
    const [prediction, target] = this.#target === 'output' ? [x, y] : [y, x];
    const plain = perTokenExplained(prediction, target, d);
    this.#perToken.add(plain.mean, rows);
    this.#perTokenStd.add(plain.std, rows);
    const normed = perTokenExplained(layerNormed(prediction, d), layerNormed(target, d), d);
    this.#layerNormed.add(normed.mean, rows);
    this.#layerNormedStd.add(normed.std, rows);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Every metric; null where it is undefined, as for no tokens or activations without variance. */
  metrics(): Partial<Record<BaseMetric, number | null>> {
    const n = this.#tokens;
    if (n === 0) return {};
    let squaredMean = 0;
    for (const value of this.#sum) squaredMean += (value / n) ** 2;
    const centred = this.#squaredNorm - n * squaredMean;
    return {
      mse: this.#squaredError / (n * this.#width),
      explainedVariance: centred > 0 ? 1 - this.#squaredError / centred : null,
      explainedVariancePerToken: finite(this.#perToken.value),
      explainedVariancePerTokenStd: finite(this.#perTokenStd.value),
      explainedVarianceLayerNormed: finite(this.#layerNormed.value),
      explainedVarianceLayerNormedStd: finite(this.#layerNormedStd.value),
      explainedVarianceUncentred:
        this.#squaredNorm > 0 ? 1 - this.#squaredError / this.#squaredNorm : null,
      normRatio: this.#normRatio / n,
    };
  }
}

/** A mean over batches weighted by their tokens, as e2e_sae averages its evaluation. */
class BatchMean {
  #sum = 0;
  #weight = 0;

  add(value: number, weight: number): void {
    this.#sum += value * weight;
    this.#weight += weight;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}

/** Mean and unbiased standard deviation over rows of 1 - ||p - t||^2 / ||t - mean t||^2. */
export function perTokenExplained(
  prediction: ArrayLike<number>,
  target: ArrayLike<number>,
  width: number,
): { mean: number; std: number } {
  const rows = target.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < target.length; i++) mean[i % width]! += target[i]! / rows;
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let error = 0;
    let spread = 0;
    for (let j = 0; j < width; j++) {
      const t = target[row * width + j]!;
      error += (prediction[row * width + j]! - t) ** 2;
      spread += (t - mean[j]!) ** 2;
    }
    values[row] = 1 - error / spread;
  }
  return meanAndStd(values);
}

function meanAndStd(values: Float64Array): { mean: number; std: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

/** Each row centred and divided by the root of its mean square + 1e-5: e2e_sae's "ln". */
function layerNormed(values: ArrayLike<number>, width: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let at = 0; at < values.length; at += width) {
    let mean = 0;
    for (let j = 0; j < width; j++) mean += values[at + j]! / width;
    let squares = 0;
    for (let j = 0; j < width; j++) squares += (values[at + j]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / width + 1e-5);
    for (let j = 0; j < width; j++) out[at + j] = (values[at + j]! - mean) * scale;
  }
  return out;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
