import {
  addDd,
  decimalRest,
  divideDd,
  multiplyDd,
  negateDd,
  sqrtDd,
  type DoubleDouble,
} from '../linalg/double-double.ts';

/** Values up to which a summary is made exactly. */
export const exactSummaryRows = 100_000;

export interface ExactSummary {
  readonly mean: number;
  /** With n - 1; NaN for a single value. */
  readonly sd: number;
  /** With the overall mean, and all squares in the denominator, as NIST certifies it. */
  readonly autocorrelation: number;
}

/**
 * Mean, standard deviation and lag-1 autocorrelation of printed decimals in double-double arithmetic:
 * 1000000.1 counts as that number, not as the double next to it, so nothing is lost where values
 * differ in their last digits only. NaN is passed over.
 */
export function summariseExactly(values: Float64Array): ExactSummary {
  const present: DoubleDouble[] = [];
  for (const value of values)
    if (!Number.isNaN(value)) present.push({ hi: value, lo: decimalRest(value) });
  const n = present.length;
  const zero: DoubleDouble = { hi: 0, lo: 0 };
  const total = present.reduce(addDd, zero);
  const mean = divideDd(total, { hi: n, lo: 0 });
  const deviations = present.map((value) => addDd(value, negateDd(mean)));
  let [squares, products] = [zero, zero];
  deviations.forEach((deviation, i) => {
    squares = addDd(squares, multiplyDd(deviation, deviation));
    if (i > 0) products = addDd(products, multiplyDd(deviation, deviations[i - 1]!));
  });
  return {
    mean: mean.hi,
    sd: n > 1 ? sqrtDd(divideDd(squares, { hi: n - 1, lo: 0 })).hi : NaN,
    autocorrelation: divideDd(products, squares).hi,
  };
}
