import type { Refit } from './logistic-refit.ts';
import type { L1Weights } from './logistic-task.ts';
import type { RowSet } from './row-set.ts';
import { independentColumns, SignSearch } from './sign-search.ts';

/** Products of the columns of one row set with each other and with the outcome, about their means. */
export interface Moments {
  readonly set: RowSet;
  /** [p, p] */
  readonly products: Float64Array;
  readonly withOutcome: Float64Array;
  readonly means: Float64Array;
  readonly outcomeMean: number;
}

/** Made once for a row set; every refit on it is then a matter of p^3. */
export function momentsOf(set: RowSet, columns: number): Moments {
  const { rows, x, y, weight, total } = set;
  const means = new Float64Array(columns);
  let outcomeMean = 0;
  for (let i = 0; i < rows; i++) outcomeMean += weightAt(weight, i) * y[i]!;
  outcomeMean /= total;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += weightAt(weight, i) * x[j * rows + i]!;
    means[j] = sum / total;
  }
  const products = new Float64Array(columns * columns);
  const withOutcome = new Float64Array(columns);
  const centred = new Float64Array(rows);
  for (let j = 0; j < columns; j++) {
    let outcome = 0;
    for (let i = 0; i < rows; i++) {
      centred[i] = weightAt(weight, i) * (x[j * rows + i]! - means[j]!);
      outcome += centred[i]! * (y[i]! - outcomeMean);
    }
    withOutcome[j] = outcome;
    for (let m = 0; m <= j; m++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += centred[i]! * (x[m * rows + i]! - means[m]!);
      products[j * columns + m] = sum;
      products[m * columns + j] = sum;
    }
  }
  return { set, products, withOutcome, means, outcomeMean };
}

function weightAt(weight: Float64Array | null, i: number): number {
  return weight ? weight[i]! : 1;
}

/**
 * Least squares with or without an L1 penalty from the moments of a row set; the intercept is free.
 * Squares of columns lose half of their digits here: meant for the signs and spread of refits, not for
 * the last digits of one fit.
 * @param penalty times half of the squared errors' scale: minimises 1/2 RSS + slope * sum |b|
 */
export function fitGaussianRefit(
  { set, products, withOutcome, means, outcomeMean }: Moments,
  chosen: readonly number[],
  penalty: L1Weights,
  columns: number,
): Refit {
  const undetermined = new Uint8Array(columns);
  const beta = new Float64Array(columns + 1);
  for (const j of chosen) if (set.constant[j] === 1) undetermined[j] = 1;
  let used = chosen.filter((j) => undetermined[j] === 0);
  if (penalty.slope === 0) {
    const kept = independentColumns(restrict(products, used, columns), used.length);
    const isKept = new Set(kept.map((at) => used[at]!));
    for (const j of used) if (!isKept.has(j)) undetermined[j] = 1;
    used = used.filter((j) => isKept.has(j));
  }
  const k = used.length;
  const b = new Float64Array(k);
  const c = Float64Array.from(used, (j) => withOutcome[j]!);
  const lambda = new Float64Array(k).fill(penalty.slope);
  new SignSearch(k).solve(restrict(products, used, columns), c, lambda, k, b);
  beta[0] = outcomeMean;
  used.forEach((j, at) => {
    beta[j + 1] = b[at]!;
    beta[0]! -= b[at]! * means[j]!;
  });
  return { status: 'fitted', beta, undetermined };
}

function restrict(all: Float64Array, used: readonly number[], columns: number): Float64Array {
  const k = used.length;
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) out[i * k + j] = all[used[i]! * columns + used[j]!]!;
  return out;
}
