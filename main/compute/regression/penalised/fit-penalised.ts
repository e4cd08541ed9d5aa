import type { PenalisedFit } from '../../../../shared/contract/fit-diagnostics.ts';
import type { Penalty, RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import { summarise } from '../../../../shared/stats/summary.ts';
import type { Steps } from '../../steps.ts';
import {
  equivalentsOf,
  glmnetStrength,
  mixingOf,
  standardisesByDefault,
  strengthsOf,
  type Strengths,
} from './conventions.ts';
import { gaussianNet, type NetProblem, type NetSolution } from './gaussian-net.ts';
import { logisticNet } from './logistic-net.ts';
import { deviancePart, pathStrengths, solvePath } from './path.ts';
import { standardise, type PredictorRows, type Standardised } from './rows.ts';
import {
  assignFolds,
  checkFolds,
  heldOutLoss,
  summariseFolds,
  type ValidationCurve,
} from './validation.ts';

/** Columns of a penalised fit: its Gram matrix is held in memory. */
export const penalisedColumns = 4000;
const pathLength = 100;
const folds = 10;
const shownCurves = 60;

export interface PenalisedInput {
  readonly source: PredictorRows;
  readonly names: readonly string[];
  readonly y: Float64Array;
  /** Of the rows, any positive sum; undefined for equal ones. */
  readonly weights: Float64Array | undefined;
  readonly intercept: boolean;
  readonly family: RegressSpec['family'];
  readonly penalty: Penalty;
}

export interface PenalisedResult {
  readonly intercept: number;
  /** In the units of the data. [p] */
  readonly slopes: Float64Array;
  /** Sums over the rows, weights as given. */
  readonly deviance: number;
  readonly nullDeviance: number;
  readonly summary: PenalisedFit;
}

/**
 * Ridge, lasso and elastic net with an unpenalised intercept, at one strength or along a path from
 * which cross-validation chooses. Deterministic: the folds come from the seed.
 * @throws AppError `no-convergence`, `too-large`, `too-few-rows`, `one-class`, `constant-column`
 */
export function* fitPenalised(input: PenalisedInput): Steps<PenalisedResult> {
  const { source, y, family, penalty, intercept } = input;
  checkColumns(source.columns);
  const unitVariance = penalty.standardise ?? standardisesByDefault(penalty);
  const weights = normalised(input.weights, y.length);
  const data = yield* standardise(source, weights, { intercept, unitVariance });
  const problem = yield* makeProblem(input, data);
  const setting = { family, n: y.length, outcomeScale: deviationOf(y, weights) };
  const atLambda = (lambda: number): Strengths =>
    strengthsOf({ ...penalty, convention: 'glmnet' }, lambda, setting);
  const given = penalty.strength;
  const path =
    given === undefined ? yield* choose(input, data, problem, atLambda, unitVariance) : undefined;
  const strengths =
    given === undefined ? atLambda(path!.lambda) : strengthsOf(penalty, given, setting);
  const solution = path?.solution ?? (yield* problem.solve(strengths.l1, strengths.l2, undefined));
  const total = input.weights?.reduce((sum, value) => sum + value, 0) ?? y.length;
  const { lambda } = glmnetStrength(strengths, setting);
  const inUnits = unscale(data, solution, intercept);
  return {
    ...inUnits,
    deviance: solution.deviance * total,
    nullDeviance: problem.nullDeviance * total,
    summary: {
      mixing: mixingOf(penalty),
      strength: lambda,
      chosenBy: given === undefined ? (penalty.validation?.rule ?? 'minimum') : 'given',
      standardised: unitVariance,
      equivalents: equivalentsOf(strengths, setting, unitVariance),
      deviancePart: deviancePart(problem, solution),
      nonZero: countNonZero(solution),
      path: path?.points ?? [],
      curves: path ? curvesOf(path.solutions, data, input) : [],
      folds: path?.folds ?? null,
      seed: path?.seed ?? null,
      minimum: path?.minimum ?? null,
      oneStandardError: path?.oneStandardError ?? null,
    },
  };
}

function checkColumns(columns: number): void {
  if (columns <= penalisedColumns) return;
  throw new AppError(
    'too-large',
    `A penalised fit takes at most ${penalisedColumns} columns, and this formula has ${columns}. Leave some out.`,
    { limit: penalisedColumns, columns },
  );
}

function makeProblem(input: PenalisedInput, data: Standardised): Steps<NetProblem> {
  const { y, intercept, family } = input;
  return family === 'gaussian' ? gaussianNet(data, y, intercept) : logisticNet(data, y, intercept);
}

interface Chosen {
  readonly lambda: number;
  readonly solution: NetSolution;
  readonly solutions: readonly NetSolution[];
  readonly points: PenalisedFit['path'];
  readonly folds: number;
  readonly seed: number;
  readonly minimum: number;
  readonly oneStandardError: number;
}

function* choose(
  input: PenalisedInput,
  data: Standardised,
  problem: NetProblem,
  atLambda: (lambda: number) => Strengths,
  unitVariance: boolean,
): Steps<Chosen> {
  const { penalty, y, source } = input;
  if (problem.largestGradient === 0)
    throw new AppError(
      'constant-column',
      'No predictor varies with the outcome, so there is no path of strengths. Give a strength, or other terms.',
    );
  const isWide = y.length < source.columns;
  const all = pathStrengths(
    problem.largestGradient,
    mixingOf(penalty),
    penalty.pathLength ?? pathLength,
    isWide,
  );
  const solutions = yield* solvePath(problem, all, atLambda, true);
  const lambdas = all.subarray(0, solutions.length);
  const options = {
    folds: penalty.validation?.folds ?? folds,
    seed: penalty.validation?.seed ?? 0,
  };
  const curve = yield* validate(input, lambdas, atLambda, unitVariance, options);
  const rule = penalty.validation?.rule ?? 'minimum';
  const position = rule === 'minimum' ? curve.minimum : curve.oneStandardError;
  return {
    lambda: lambdas[position]!,
    solution: solutions[position]!,
    solutions,
    points: solutions.map((solution, k) => ({
      strength: lambdas[k]!,
      nonZero: countNonZero(solution),
      deviancePart: deviancePart(problem, solution),
      loss: curve.loss[k] ?? null,
      lossSe: curve.se[k] ?? null,
    })),
    ...options,
    minimum: lambdas[curve.minimum]!,
    oneStandardError: lambdas[curve.oneStandardError]!,
  };
}

/** Each fold is standardised by its own training rows and fitted at the strengths of the whole. */
function* validate(
  input: PenalisedInput,
  lambdas: Float64Array,
  atLambda: (lambda: number) => Strengths,
  unitVariance: boolean,
  options: { readonly folds: number; readonly seed: number },
): Steps<ValidationCurve> {
  const { source, y, intercept, family } = input;
  const isBinomial = family === 'binomial';
  const assigned = assignFolds(y.length, options.folds, options.seed);
  checkFolds(assigned, options.folds, y, isBinomial);
  const losses: Float64Array[] = [];
  const sizes: number[] = [];
  for (let fold = 0; fold < options.folds; fold++) {
    const weightAt = (i: number): number => input.weights?.[i] ?? 1;
    const kept = normalised(
      Float64Array.from(y, (_, i) => (assigned[i] === fold ? 0 : weightAt(i))),
      y.length,
    );
    const held = Float64Array.from(y, (_, i) => (assigned[i] === fold ? weightAt(i) : 0));
    const size = held.reduce((sum, value) => sum + value, 0);
    const data = yield* standardise(source, kept, { intercept, unitVariance });
    const problem = yield* makeProblem(input, data);
    const solutions = yield* solvePath(problem, lambdas, atLambda, false);
    const sums = yield* heldOutLoss(data, solutions, y, held, isBinomial);
    losses.push(sums.map((value) => value / size));
    sizes.push(size);
  }
  return summariseFolds(losses, sizes);
}

function unscale(
  { centres, scales }: Standardised,
  { slopes, intercept }: NetSolution,
  hasIntercept: boolean,
): { intercept: number; slopes: Float64Array } {
  const inUnits = slopes.map((value, j) => (scales[j]! > 0 ? value / scales[j]! : 0));
  let start = intercept;
  for (const [j, value] of inUnits.entries()) start -= value * centres[j]!;
  return { slopes: inUnits, intercept: hasIntercept ? start : 0 };
}

function curvesOf(
  solutions: readonly NetSolution[],
  { scales }: Standardised,
  { names }: PenalisedInput,
): PenalisedFit['curves'] {
  const entry = (j: number): number => {
    const found = solutions.findIndex(({ slopes }) => slopes[j] !== 0);
    return found < 0 ? Infinity : found;
  };
  return names
    .map((term, j) => ({ term, j, first: entry(j) }))
    .filter(({ first }) => first < Infinity)
    .sort((a, b) => a.first - b.first)
    .slice(0, shownCurves)
    .map(({ term, j }) => ({
      term,
      values: solutions.map(({ slopes }) => (scales[j]! > 0 ? slopes[j]! / scales[j]! : 0)),
    }));
}

function countNonZero({ slopes }: NetSolution): number {
  return slopes.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
}

function normalised(weights: Float64Array | undefined, n: number): Float64Array {
  if (!weights) return new Float64Array(n).fill(1 / n);
  const total = weights.reduce((sum, value) => sum + value, 0);
  return weights.map((value) => value / total);
}

function deviationOf(y: Float64Array, weights: Float64Array): number {
  const { mean } = summarise(y.map((value, i) => value * weights[i]! * y.length));
  let total = 0;
  for (let i = 0; i < y.length; i++) total += weights[i]! * (y[i]! - mean) ** 2;
  return Math.sqrt(total);
}
