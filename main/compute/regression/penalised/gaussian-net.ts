import { CompensatedSum } from '../../../../shared/stats/summary.ts';
import type { Steps } from '../../steps.ts';
import { solveElasticNet } from './elastic-net.ts';
import { addProducts, forBlocks, mirror, type Standardised } from './rows.ts';

/** A family's penalised problem on standardised columns, solved at one strength after the other. */
export interface NetProblem {
  /** Largest |derivative| of the mean loss at no slope: an l1 from which on all slopes are zero. */
  readonly largestGradient: number;
  /** Mean deviance without slopes. */
  readonly nullDeviance: number;
  /** Slopes on the standardised columns, the intercept there, and the mean deviance. */
  solve(l1: number, l2: number, start: NetSolution | undefined): Steps<NetSolution>;
}

export interface NetSolution {
  readonly slopes: Float64Array;
  readonly intercept: number;
  readonly deviance: number;
}

/**
 * Penalised least squares: minimises 1/2 sum_i w_i (y_i - b0 - x_i'b)^2 + l1 |b| + l2/2 b'b, from one
 * pass over the rows. Memory holds the Gram matrix [p, p].
 */
export function* gaussianNet(
  data: Standardised,
  y: Float64Array,
  intercept: boolean,
): Steps<NetProblem> {
  const { weights } = data;
  const p = data.source.columns;
  const sum = new CompensatedSum();
  if (intercept) for (let i = 0; i < y.length; i++) sum.add(weights[i]! * y[i]!);
  const centre = sum.value;
  const total = new CompensatedSum();
  for (let i = 0; i < y.length; i++) total.add(weights[i]! * (y[i]! - centre) ** 2);
  const gram = new Float64Array(p * p);
  const linear = new Float64Array(p);
  yield* forBlocks(data, (block, start, count) => {
    addProducts(gram, block, count, weights.subarray(start, start + count), p);
    for (let j = 0; j < p; j++) {
      let product = 0;
      for (let i = 0; i < count; i++)
        product += weights[start + i]! * block[j * count + i]! * (y[start + i]! - centre);
      linear[j]! += product;
    }
  });
  mirror(gram, p);
  const form = { gram, linear, factors: new Float64Array(p).fill(1) };
  const nullDeviance = total.value;
  return {
    largestGradient: linear.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    nullDeviance,
    *solve(l1, l2, start) {
      const slopes = solveElasticNet(form, l1, l2, start?.slopes ?? new Float64Array(p));
      yield { phase: 'fitting', done: 1, total: 1 };
      return { slopes, intercept: centre, deviance: residualSquares(form, slopes, nullDeviance) };
    },
  };
}

/** y'y - 2 c'b + b'Gb. */
function residualSquares(
  { gram, linear }: { gram: Float64Array; linear: Float64Array },
  slopes: Float64Array,
  total: number,
): number {
  const p = slopes.length;
  const sum = new CompensatedSum();
  sum.add(total);
  for (let j = 0; j < p; j++) {
    if (slopes[j] === 0) continue;
    let product = 0;
    for (let i = 0; i < p; i++) product += gram[j * p + i]! * slopes[i]!;
    sum.add(slopes[j]! * (product - 2 * linear[j]!));
  }
  return Math.max(0, sum.value);
}
