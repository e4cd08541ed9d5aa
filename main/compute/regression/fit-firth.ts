import { AppError } from '../../../shared/errors.ts';
import { CompensatedSum } from '../../../shared/stats/summary.ts';
import { StreamedQr, blockRows } from '../linalg/streamed-qr.ts';
import { inverseDiagonal, invertUpper, solveUpper } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import type { Design } from './design.ts';
import { multiply } from './factorise.ts';
import { finiteOrNull, type FamilyFit, type PreparedDesign } from './fit-result.ts';
import {
  classification,
  emptyFigures,
  nullDeviance,
  waldTest,
  workingRows,
} from './fit-likelihood.ts';
import { bernoulliLogit } from './glm-family.ts';
import { weigh } from './irls.ts';
import { forOrthogonalRows, leveragesOf } from './orthogonal-rows.ts';
import { eventsWarning } from './warnings.ts';

const maximumIterations = 200;

/** Everything at one set of coefficients. */
interface Point {
  readonly beta: Float64Array;
  readonly eta: Float64Array;
  readonly r: Float64Array;
  readonly deviance: number;
  /** Log-likelihood + 1/2 log det X'WX. */
  readonly penalised: number;
}

/**
 * Firth's logistic regression (Firth 1993, Biometrika 80; Heinze & Schemper 2002, Stat. Med. 21): the
 * likelihood times the root of the determinant of the information, which takes the bias of first order
 * away and has finite estimates where outcomes are separated. Newton's method on the modified scores
 * X'(w (y - pi) + h (1/2 - pi)), steps halved until the penalised likelihood rises. Errors are
 * those of the information at the estimates, as in R's logistf; p and intervals are Wald's.
 * @throws AppError `no-convergence`
 */
export function* fitFirth(prepared: PreparedDesign): Steps<FamilyFit> {
  const { frame, design, whole, kept } = prepared;
  const { values: y, label } = frame.response;
  const k = kept.length;
  const eta = new Float64Array(design.rows);
  let point = yield* evaluate(prepared, new Float64Array(k), eta);
  for (let iteration = 1; ; iteration++) {
    if (iteration > maximumIterations)
      throw new AppError(
        'no-convergence',
        `Firth's logistic fit did not settle in ${maximumIterations} iterations. Scale the variables, or leave out those that are nearly the same.`,
        { iterations: maximumIterations },
      );
    const { step, size } = yield* modifiedStep(prepared, point);
    let next = yield* evaluate(
      prepared,
      point.beta.map((b, j) => b + step[j]!),
      eta,
    );
    for (let half = 0.5; half > 1e-10 && !(next.penalised >= point.penalised - 1e-12); half /= 2) {
      const shortened = point.beta.map((b, j) => b + half * step[j]!);
      next = yield* evaluate(prepared, shortened, eta);
    }
    point = next;
    // The scores' own derivative is not what steps are made with, so that they shrink linearly.
    if (size < 1e-22)
      return result(prepared, point, iteration, eventsWarningOf(y, design, k, label), whole.scales);
  }
}

function eventsWarningOf(
  y: Float64Array,
  design: Design,
  k: number,
  label: string,
): FamilyFit['warnings'] {
  const successes = y.reduce((sum, value) => sum + value, 0);
  const events = Math.min(successes, y.length - successes);
  return eventsWarning(events, k - (design.intercept ? 1 : 0), label).map((warning) => ({
    ...warning,
    why: 'Firth removes most of the bias that few events cause, but intervals from the normal distribution remain rough.',
    whatToDo: 'Use fewer terms, or add rows.',
  }));
}

function* evaluate(
  { frame, design, whole, kept }: PreparedDesign,
  beta: Float64Array,
  eta: Float64Array,
): Steps<Point> {
  const { values: y } = frame.response;
  const k = kept.length;
  const n = design.rows;
  const qr = new StreamedQr(k, 1);
  const size = Math.min(n, blockRows(k));
  const buffer = new Float64Array(size * (k + 1));
  const deviance = new CompensatedSum();
  const row = { root: 0, residual: 0, deviance: 0 };
  for (let start = 0; start < n; start += size) {
    const count = Math.min(size, n - start);
    const block = count === size ? buffer : buffer.subarray(0, count * (k + 1));
    eta.fill(0, start, start + count);
    for (let j = 0; j < k; j++) {
      design.fill(kept[j]!, start, count, block, j * count);
      multiply(block, j * count, count, whole.scales[kept[j]!]!);
      for (let i = 0; i < count; i++) eta[start + i]! += beta[j]! * block[j * count + i]!;
    }
    for (let i = 0; i < count; i++) {
      bernoulliLogit.evaluate(y[start + i]!, eta[start + i]!, row);
      if (frame.weights) weigh(row, frame.weights[start + i]!);
      deviance.add(row.deviance);
      for (let j = 0; j < k; j++) block[j * count + i]! *= row.root;
      block[k * count + i] = row.residual;
    }
    qr.add(block, count);
    yield { phase: 'fitting', done: start + count, total: n };
  }
  let logDeterminant = 0;
  for (const [j, column] of kept.entries())
    logDeterminant += Math.log(Math.abs(qr.r[j * k + j]!)) - Math.log(whole.scales[column]!);
  return {
    beta,
    eta: eta.slice(),
    r: qr.r,
    deviance: deviance.value,
    penalised: -deviance.value / 2 + logDeterminant,
  };
}

/** (X'WX)^-1 times the modified scores, and the largest change of a linear predictor in its errors. */
function* modifiedStep(
  { frame, design, whole, kept }: PreparedDesign,
  { eta, r }: Point,
): Steps<{ step: Float64Array; size: number }> {
  const k = kept.length;
  const { roots, residuals, fitted } = workingRows(
    { eta, r },
    bernoulliLogit,
    frame.response.values,
    frame.weights,
  );
  const effects = new Float64Array(k);
  yield* forOrthogonalRows(design, kept, whole.scales, roots, r, (block, start, count) => {
    const leverages = leveragesOf(block.subarray(0, count * k), count);
    for (let i = 0; i < count; i++) {
      const at = start + i;
      const modified = residuals[at]! + (leverages[i]! * (0.5 - fitted[at]!)) / roots![at]!;
      for (let j = 0; j < k; j++) effects[j]! += block[j * count + i]! * modified;
    }
  });
  const size = effects.reduce((sum, value) => sum + value * value, 0);
  return { step: solveUpper(r, k, effects), size: size / k };
}

function result(
  { frame, design, kept }: PreparedDesign,
  point: Point,
  iterations: number,
  warnings: FamilyFit['warnings'],
  scales: Float64Array,
): FamilyFit {
  const { values: y } = frame.response;
  const k = kept.length;
  const variances = inverseDiagonal(invertUpper(point.r, k), k);
  const units = kept.map((column) => scales[column]!);
  return {
    estimates: kept.map((_, j) =>
      waldTest(point.beta[j]! * units[j]!, Math.sqrt(variances[j]!) * units[j]!),
    ),
    figures: {
      ...emptyFigures,
      deviance: finiteOrNull(point.deviance),
      nullDeviance: finiteOrNull(
        nullDeviance(y, frame.weights, bernoulliLogit, { family: 'binomial' }, design.intercept),
      ),
      logLik: finiteOrNull(-point.deviance / 2),
      dfResidual: y.length - k,
      iterations,
      ...classification(point.eta, y),
    },
    warnings,
    precise: false,
    eta: point.eta,
    working: workingRows(point, bernoulliLogit, y, frame.weights),
    extra: { penalisedLogLik: finiteOrNull(point.penalised) },
  };
}
