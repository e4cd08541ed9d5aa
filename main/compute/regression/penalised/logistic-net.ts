import { AppError } from '../../../../shared/errors.ts';
import { CompensatedSum } from '../../../../shared/stats/summary.ts';
import type { Steps } from '../../steps.ts';
import { solveElasticNet } from './elastic-net.ts';
import type { NetProblem, NetSolution } from './gaussian-net.ts';
import { addProducts, forBlocks, mirror, type Standardised } from './rows.ts';

const maximumSteps = 100;

/** The quadratic approximation of the mean log-loss at one point. */
interface Approximation {
  readonly gram: Float64Array;
  /** Negative gradient. */
  readonly gradient: Float64Array;
  readonly deviance: number;
}

/**
 * Penalised logistic regression: minimises the mean log-loss + l1 |b| + l2/2 b'b by proximal Newton
 * steps, each of which solves the penalised quadratic approximation exactly (Lee, Sun & Saunders 2014,
 * SIAM J. Optim. 24; glmnet's outer loop) and is halved until the objective falls. The intercept, in
 * front of the slopes, is not penalised. Each step is one pass over the rows.
 */
export function* logisticNet(
  data: Standardised,
  y: Float64Array,
  intercept: boolean,
): Steps<NetProblem> {
  const { weights } = data;
  const p = data.source.columns;
  const share = y.reduce((sum, value, i) => sum + weights[i]! * value, 0);
  const nothing = new Float64Array(p + 1);
  if (intercept) nothing[0] = Math.log(share / (1 - share));
  const atNull = yield* approximate(data, y, nothing, intercept);
  let largestGradient = 0;
  for (let j = 1; j <= p; j++)
    largestGradient = Math.max(largestGradient, Math.abs(atNull.gradient[j]!));
  const factors = new Float64Array(p + 1).fill(1);
  factors[0] = 0;
  return {
    largestGradient,
    nullDeviance: atNull.deviance,
    *solve(l1, l2, start) {
      const begin = start ? Float64Array.of(start.intercept, ...start.slopes) : nothing;
      return yield* descend(data, y, intercept, { l1, l2, factors }, begin);
    },
  };
}

interface Terms {
  readonly l1: number;
  readonly l2: number;
  readonly factors: Float64Array;
}

function* descend(
  data: Standardised,
  y: Float64Array,
  intercept: boolean,
  terms: Terms,
  begin: Float64Array,
): Steps<NetSolution> {
  let beta = begin;
  let current = yield* approximate(data, y, beta, intercept);
  let objective = current.deviance / 2 + penaltyOf(beta, terms);
  for (let step = 0; step < maximumSteps; step++) {
    const { gram, gradient } = current;
    const size = beta.length;
    const linear = gradient.slice();
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++) linear[i]! += gram[j * size + i]! * beta[j]!;
    const target = solveElasticNet(
      { gram, linear, factors: terms.factors },
      terms.l1,
      terms.l2,
      beta,
    );
    let [next, size2] = [target, moved(gram, beta, target)];
    let following = yield* approximate(data, y, next, intercept);
    let reached = following.deviance / 2 + penaltyOf(next, terms);
    for (let halving = 0; halving < 40 && !(reached <= objective + 1e-15); halving++) {
      next = next.map((value, j) => (value + beta[j]!) / 2);
      size2 /= 4;
      following = yield* approximate(data, y, next, intercept);
      reached = following.deviance / 2 + penaltyOf(next, terms);
    }
    beta = next;
    current = following;
    objective = reached;
    // Newton's steps shrink quadratically: after one below 1e-8 the next would be below rounding.
    if (size2 <= 1e-16)
      return { slopes: beta.subarray(1), intercept: beta[0]!, deviance: current.deviance };
  }
  throw new AppError(
    'no-convergence',
    `The penalised logistic fit did not settle in ${maximumSteps} steps. Use a larger strength.`,
    { steps: maximumSteps },
  );
}

/** The square of a move in the norm of the curvature. */
function moved(gram: Float64Array, from: Float64Array, to: Float64Array): number {
  const size = from.length;
  let total = 0;
  for (let j = 0; j < size; j++) {
    const move = to[j]! - from[j]!;
    if (move === 0) continue;
    for (let i = 0; i < size; i++) total += move * gram[j * size + i]! * (to[i]! - from[i]!);
  }
  return total;
}

function penaltyOf(beta: Float64Array, { l1, l2, factors }: Terms): number {
  let total = 0;
  for (let j = 0; j < beta.length; j++)
    total += factors[j]! * (l1 * Math.abs(beta[j]!) + (l2 / 2) * beta[j]! ** 2);
  return total;
}

function* approximate(
  data: Standardised,
  y: Float64Array,
  beta: Float64Array,
  intercept: boolean,
): Steps<Approximation> {
  const p = beta.length - 1;
  const size = p + 1;
  const gram = new Float64Array(size * size);
  const gradient = new Float64Array(size);
  const deviance = new CompensatedSum();
  const curvature = new Float64Array(data.source.rows);
  yield* forBlocks(data, (block, start, count) => {
    const eta = new Float64Array(count).fill(beta[0]!);
    for (let j = 0; j < p; j++) {
      const slope = beta[j + 1]!;
      if (slope === 0) continue;
      for (let i = 0; i < count; i++) eta[i]! += slope * block[j * count + i]!;
    }
    const local = curvature.subarray(start, start + count);
    const score = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const weight = data.weights[start + i]!;
      const sign = y[start + i] === 1 ? 1 : -1;
      const margin = sign * eta[i]!;
      const small = Math.exp(-Math.abs(margin));
      const miss = margin > 0 ? small / (1 + small) : 1 / (1 + small);
      local[i] = weight * (small / (1 + small) ** 2);
      score[i] = weight * sign * miss;
      if (weight > 0) deviance.add(2 * weight * (Math.log1p(small) + Math.max(0, -margin)));
      if (intercept) {
        gram[0]! += local[i]!;
        gradient[0]! += score[i]!;
      }
    }
    addProducts(gram, block, count, local, p);
    for (let j = 0; j < p; j++) {
      let [cross, slope] = [0, 0];
      for (let i = 0; i < count; i++) {
        const value = block[j * count + i]!;
        cross += local[i]! * value;
        slope += score[i]! * value;
      }
      if (intercept) gram[(j + 1) * size]! += cross;
      gradient[j + 1]! += slope;
    }
  });
  // Without an intercept its place is taken by a column of nothing.
  if (!intercept) gram[0] = 1;
  mirror(gram, size);
  return { gram, gradient, deviance: deviance.value };
}
