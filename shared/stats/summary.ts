/**
 * Sums with compensation (Neumaier 1974): the error is about one rounding of the result, whatever
 * the number of terms.
 */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#sum + value;
    this.#lost +=
      Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}

export interface Summary {
  /** Values that are not NaN. */
  readonly n: number;
  readonly mean: number;
  /** Standard deviation with denominator n - 1; NaN for fewer than two values. */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Mean, standard deviation and range of the values that are not NaN, in two passes with compensated
 * sums and the correction of Chan, Golub & LeVeque (1983, eq. 1.7). All NaN where there are none.
 */
export function summarise(values: ArrayLike<number>): Summary {
  const sum = new CompensatedSum();
  let n = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    n++;
    sum.add(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (n === 0) return { n, mean: NaN, sd: NaN, min: NaN, max: NaN };
  const mean = sum.value / n;
  const squares = new CompensatedSum();
  const deviations = new CompensatedSum();
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i]! - mean;
    if (Number.isNaN(deviation)) continue;
    squares.add(deviation * deviation);
    deviations.add(deviation);
  }
  const centred = squares.value - deviations.value ** 2 / n;
  return { n, mean, sd: n > 1 ? Math.sqrt(Math.max(0, centred) / (n - 1)) : NaN, min, max };
}
