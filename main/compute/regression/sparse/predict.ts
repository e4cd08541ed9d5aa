import { toExtended } from '../../../../shared/domain/schemas.ts';
import type { PredictionResult, SelectedFeature } from '../../../../shared/contract/predictions.ts';
import type { PredictSpec } from '../../../../shared/domain/predict-spec.ts';
import type { Steps } from '../../steps.ts';
import { linearPredictor, pickColumns, standardiseColumns, type SparseColumns } from './columns.ts';
import { examineColumns, type Dependence } from './dependence.ts';
import { heldOutFigures, type HeldOutFigures } from './held-out.ts';
import { fitPath, lambdaPath, rawCoefficients, type FittedPath, type PathProblem } from './path.ts';
import { checkClasses, splitBySequence, weightsOf, type Split } from './split.ts';
import { fitUnpenalised } from './unpenalised.ts';
import { validatePath, type ValidationCurve } from './validate.ts';

/** Features whose coefficients are drawn along the path. */
const drawnCurves = 40;

export interface PredictInput {
  readonly spec: PredictSpec;
  readonly label: string;
  /** [rows] */
  readonly y: Float64Array;
  /** Sequence of each row, rising. */
  readonly group: Int32Array;
  readonly columns: SparseColumns;
  /** Feature of each column. */
  readonly features: Int32Array;
}

/** A fitted prediction, with what fits of other dictionaries are compared by. */
export interface Prediction {
  readonly result: Pick<
    PredictionResult,
    | 'rows'
    | 'sequences'
    | 'predictors'
    | 'mean'
    | 'path'
    | 'minimum'
    | 'chosen'
    | 'curves'
    | 'intercept'
    | 'heldOut'
    | 'unpenalised'
    | 'dependencies'
  >;
  readonly selected: readonly Omit<SelectedFeature, 'seeds'>[];
  readonly split: Split;
  readonly lambda: number;
  /** Linear predictor of the held-out rows. */
  readonly heldOutEta: Float64Array;
}

/**
 * The whole of one prediction: path, choice of the strength on folds of sequences, the same features
 * without a penalty, and what both are worth on sequences that neither has seen.
 * @throws AppError `one-class`, `too-few-rows`, `no-convergence`
 */
export function* predict(input: PredictInput): Steps<Prediction> {
  const { spec, y, group, columns, features, label } = input;
  const split = splitBySequence(group, {
    share: spec.heldOut,
    folds: spec.folds,
    seed: spec.seed,
  });
  const problem = problemOf(input, split);
  const path = yield* fitPath(problem, (largest) => lambdaPath(largest, spec.lambdas, spec.ratio));
  const curve = yield* validatePath(problem, path, split, {
    every: spec.validation === 'folds',
    oneStandardError: spec.choice === 'one-standard-error',
    label,
  });
  const point = path.points[curve.chosen]!;
  const raw = rawCoefficients(path, point);
  const mean = weightedMean(y, problem.weights);
  const penalised = judge(problem, path, point, split, mean);
  const picked = pickColumns(columns, [...point.columns]);
  const names = Array.from(point.columns, (j) => `feature ${features[j]!}`);
  const dependence = yield* examineColumns(picked, names, (row) => split.part[row]! > 0);
  const without = yield* withoutPenalty(problem, point.columns, dependence, split, mean);
  const spread = Math.sqrt(path.nullDeviance);
  const selected = Array.from(point.columns, (j, k) => ({
    feature: features[j]!,
    coefficient: raw.coefficients[k]!,
    standardised:
      raw.coefficients[k]! * (spec.standardise ? path.scales[j]! : deviation(problem, j)),
    unpenalised: without.coefficients.get(j) ?? null,
    alone: aloneOf(problem, path, j, mean, spread),
    density: (columns.pointers[j + 1]! - columns.pointers[j]!) / y.length,
    vif: dependence ? toExtended(dependence.vif[k]!) : null,
  })).sort((a, b) => Math.abs(b.standardised) - Math.abs(a.standardised));
  return {
    result: {
      rows: y.length,
      sequences: new Set(group).size,
      predictors: columns.columns,
      mean: y.reduce((sum, value) => sum + value, 0) / y.length,
      path: describePath(path, curve),
      minimum: curve.minimum,
      chosen: curve.chosen,
      curves: drawCurves(path, features),
      intercept: raw.intercept,
      heldOut: shown(penalised.figures),
      unpenalised: without.shown,
      dependencies: dependence ? [...dependence.dependencies] : null,
    },
    selected,
    split,
    lambda: point.lambda,
    heldOutEta: penalised.eta,
  };
}

/** The same label from another dictionary, at the same strength and on the same split. */
export function* predictAgain(
  input: PredictInput,
  { split, lambda, heldOutEta }: Pick<Prediction, 'split' | 'lambda' | 'heldOutEta'>,
): Steps<{
  readonly coefficients: ReadonlyMap<number, number>;
  readonly figures: HeldOutFigures;
  readonly agreement: number | null;
}> {
  const problem = problemOf(input, split);
  const { ratio, lambdas } = input.spec;
  const path = yield* fitPath(problem, (largest) =>
    Float64Array.of(...lambdaPath(largest, lambdas, ratio).filter((one) => one > lambda), lambda),
  );
  const point = path.points.at(-1)!;
  const mean = weightedMean(input.y, problem.weights);
  const { eta, figures } = judge(problem, path, point, split, mean);
  const coefficients = new Map(
    Array.from(point.columns, (j, k) => [input.features[j]!, point.slopes[k]!] as const),
  );
  return { coefficients, figures, agreement: correlation(eta, heldOutEta) };
}

function problemOf({ spec, columns, y, label }: PredictInput, split: Split): PathProblem {
  const weights = weightsOf(split.part, (part) => part > 0);
  if (spec.family === 'binomial') {
    checkClasses(y, weights, label, 'all rows that are fitted');
    const held = weightsOf(split.part, (part) => part === 0);
    checkClasses(y, held, label, 'all rows that are held out');
  }
  return { columns, y, family: spec.family, weights, standardise: spec.standardise };
}

function judge(
  { columns, y, family, weights }: PathProblem,
  { centres, scales }: Pick<FittedPath, 'centres' | 'scales'>,
  point: { columns: Int32Array; slopes: Float64Array; intercept: number },
  { part }: Split,
  mean: number,
): { eta: Float64Array; figures: HeldOutFigures } {
  const slopes = new Float64Array(columns.columns);
  point.columns.forEach((j, k) => (slopes[j] = point.slopes[k]!));
  const eta = new Float64Array(y.length);
  linearPredictor({ source: columns, weights, centres, scales }, slopes, point.intercept, eta);
  const isHeld = (_: number, i: number) => part[i] === 0;
  const held = eta.filter(isHeld);
  return { eta: held, figures: heldOutFigures(y.filter(isHeld), held, family, mean) };
}

/** The selected features that do not depend on each other, fitted without a penalty on the same rows. */
function* withoutPenalty(
  problem: PathProblem,
  selected: Int32Array,
  dependence: Dependence | undefined,
  split: Split,
  mean: number,
): Steps<{
  coefficients: ReadonlyMap<number, number>;
  shown: PredictionResult['unpenalised'];
}> {
  const none = (reason: string) => ({
    coefficients: new Map<number, number>(),
    shown: { heldOut: null, intercept: null, reason },
  });
  if (selected.length === 0) return none('no feature was selected');
  if (!dependence)
    return none(`${selected.length} features are too many to be examined on so many rows`);
  const kept = dependence.kept.map((k) => selected[k]!);
  const columns = pickColumns(problem.columns, kept);
  const data = standardiseColumns(columns, problem.weights, true);
  const fit = yield* fitUnpenalised(data, problem.y, problem.family);
  if ('reason' in fit) return none(fit.reason);
  const point = { ...fit, columns: Int32Array.from(kept, (_, k) => k) };
  const raw = rawCoefficients(data, point);
  const { figures } = judge({ ...problem, columns }, data, point, split, mean);
  return {
    coefficients: new Map(kept.map((j, k) => [j, raw.coefficients[k]!])),
    shown: { heldOut: shown(figures), intercept: raw.intercept, reason: null },
  };
}

function describePath(path: FittedPath, { loss, se }: ValidationCurve): PredictionResult['path'] {
  return path.points.map(({ lambda, columns, deviancePart }, k) => ({
    lambda,
    selected: columns.length,
    deviancePart,
    loss: loss[k] ?? null,
    se: se?.[k] ?? null,
  }));
}

/** Slopes along the path of the columns that have the largest anywhere on it. */
function drawCurves({ points }: FittedPath, features: Int32Array): PredictionResult['curves'] {
  const most = new Map<number, number>();
  for (const { columns, slopes } of points)
    columns.forEach((j, k) => most.set(j, Math.max(most.get(j) ?? 0, Math.abs(slopes[k]!))));
  const drawn = [...most].sort((a, b) => b[1] - a[1]).slice(0, drawnCurves);
  return drawn.map(([column]) => ({
    feature: features[column]!,
    values: points.map(({ columns, slopes }) => slopes[columns.indexOf(column)] ?? 0),
  }));
}

function weightedMean(y: Float64Array, weights: Float64Array): number {
  return y.reduce((sum, value, i) => sum + weights[i]! * value, 0);
}

function deviation({ columns, weights }: PathProblem, j: number): number {
  return standardiseColumns(pickColumns(columns, [j]), weights, true).scales[0]!;
}

/** Correlation of one column with the outcome: their covariance over both deviations. */
function aloneOf(
  problem: PathProblem,
  path: FittedPath,
  j: number,
  mean: number,
  gaussianSpread: number,
): number {
  const spread = problem.family === 'binomial' ? Math.sqrt(mean * (1 - mean)) : gaussianSpread;
  const scale = problem.standardise ? 1 : deviation(problem, j);
  return path.nullGradient[j]! / (scale * spread);
}

function shown(figures: HeldOutFigures): PredictionResult['heldOut'] {
  return { ...figures, calibration: [...figures.calibration] };
}

function correlation(a: Float64Array, b: Float64Array): number | null {
  const mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [left, right] = [mean(a), mean(b)];
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += (a[i]! - left) * (b[i]! - right);
    first += (a[i]! - left) ** 2;
    second += (b[i]! - right) ** 2;
  }
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : null;
}
