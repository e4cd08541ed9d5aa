import type { Steps } from '../../steps.ts';
import { standardiseColumns, type SparseColumns } from './columns.ts';
import { SparseLasso } from './lasso.ts';
import { heldOutDeviance, type SparseFamily } from './loss.ts';

/** Share of the deviance beyond which a path ends, as in glmnet: what follows is separation or noise. */
const enough = 0.999;
const defaultTolerance = 1e-8;

export interface PathProblem {
  readonly columns: SparseColumns;
  /** [rows]; 0 and 1 for binomial */
  readonly y: Float64Array;
  readonly family: SparseFamily;
  /** Weights of the rows that are fitted, which sum to 1. [rows] */
  readonly weights: Float64Array;
  /** Whether columns are brought to unit variance. */
  readonly standardise: boolean;
  /** See SparseLasso. */
  readonly tolerance?: number;
}

export interface PathPoint {
  /** Of the mean loss on standardised columns: glmnet's lambda. */
  readonly lambda: number;
  /** Columns with a slope, and their slopes on the standardised columns. */
  readonly columns: Int32Array;
  readonly slopes: Float64Array;
  readonly intercept: number;
  /** Share of the null deviance that is explained on the fitted rows. */
  readonly deviancePart: number;
  /** Mean deviance of the held-out rows; NaN where there are none. */
  readonly heldOut: number;
}

export interface FittedPath {
  readonly points: readonly PathPoint[];
  readonly centres: Float64Array;
  readonly scales: Float64Array;
  readonly nullDeviance: number;
  /** Of each standardised column: covariance with the outcome, at no slope. */
  readonly nullGradient: Float64Array;
}

/** Strengths from the one that makes all slopes zero down, in equal ratios, as glmnet's. */
export function lambdaPath(largest: number, length: number, ratio: number): Float64Array {
  return Float64Array.from({ length }, (_, k) => largest * ratio ** (k / Math.max(1, length - 1)));
}

/**
 * A path of L1 fits along falling strengths, each begun at the last one; ends early where nearly all of
 * the deviance is explained.
 * @param strengths of the path, from the one that makes all slopes zero
 * @param held weights of held-out rows [rows], whose deviance is told at each strength
 * @throws AppError `no-convergence`
 */
export function* fitPath(
  problem: PathProblem,
  strengths: (largest: number) => Float64Array,
  held?: Float64Array,
): Steps<FittedPath> {
  const { columns, y, family, weights, standardise, tolerance = defaultTolerance } = problem;
  const data = standardiseColumns(columns, weights, standardise);
  const fit = new SparseLasso(data, y, family, tolerance);
  const nullGradient = fit.gradient.slice();
  const largest = fit.largestGradient();
  const lambdas = strengths(largest);
  const points: PathPoint[] = [];
  let last = Math.max(largest, lambdas[0] ?? 0);
  for (const lambda of lambdas) {
    for (const steps = fit.solve(lambda, last); ;) {
      const step = steps.next();
      if (step.done) break;
      yield { phase: 'fitting', done: points.length, total: lambdas.length };
    }
    last = lambda;
    points.push(pointOf(fit, lambda, held ? heldOutDeviance(family, y, held, fit.eta) : NaN));
    yield { phase: 'fitting', done: points.length, total: lambdas.length };
    if (points.at(-1)!.deviancePart > enough) break;
  }
  const { centres, scales } = data;
  return { points, centres, scales, nullDeviance: fit.nullDeviance, nullGradient };
}

function pointOf(fit: SparseLasso, lambda: number, heldOut: number): PathPoint {
  const active: number[] = [];
  fit.slopes.forEach((slope, j) => slope !== 0 && active.push(j));
  return {
    lambda,
    columns: Int32Array.from(active),
    slopes: Float64Array.from(active, (j) => fit.slopes[j]!),
    intercept: fit.intercept,
    deviancePart: 1 - fit.deviance / fit.nullDeviance,
    heldOut,
  };
}

/** A point's coefficients on the columns as they are, and the intercept that belongs to them. */
export function rawCoefficients(
  { centres, scales }: Pick<FittedPath, 'centres' | 'scales'>,
  { columns, slopes, intercept }: Pick<PathPoint, 'columns' | 'slopes' | 'intercept'>,
): { readonly intercept: number; readonly coefficients: Float64Array } {
  const coefficients = slopes.map((slope, k) => slope / scales[columns[k]!]!);
  const constant = coefficients.reduce((sum, b, k) => sum - b * centres[columns[k]!]!, intercept);
  return { intercept: constant, coefficients };
}
