import { toExtended } from '../../../shared/domain/schemas.ts';
import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { exactLimit, preciseLimit } from '../linalg/precise-qr.ts';
import { keepColumns } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import type { Design } from './design.ts';
import { factorise, type Factorisation } from './factorise.ts';
import {
  finiteOrNull,
  type FamilyFit,
  type PreparedDesign,
  type WorkingFit,
} from './fit-result.ts';
import { leastSquares, testEstimate, type Estimate, type LeastSquares } from './least-squares.ts';
import { robustErrors } from './robust-errors.ts';
import { perfectFitWarning } from './warnings.ts';
import { weightedDesign, weightedOutcome } from './weighted-design.ts';

/**
 * Ordinary or weighted least squares of a prepared design. Small problems are solved in double-double
 * arithmetic; with `exact` larger ones are too.
 * @throws AppError `too-large` where `exact` would take too long, and what robustErrors says
 */
export function* fitGaussian(
  prepared: PreparedDesign,
  { exact, errors }: Pick<RegressSpec, 'exact' | 'errors'>,
): Steps<FamilyFit> {
  const { frame, design, kept } = prepared;
  yield { phase: 'solving', done: 0, total: 1 };
  const problem = yield* weigh(prepared);
  const operations = design.rows * kept.length ** 2;
  if (exact && operations > exactLimit)
    throw new AppError(
      'too-large',
      `${design.rows} rows with ${kept.length} coefficients are too many for exact arithmetic. Take it out, or use fewer rows.`,
      { rows: design.rows, coefficients: kept.length, limit: exactLimit },
    );
  const logWeights = frame.weights?.reduce((sum, value) => sum + Math.log(value), 0) ?? 0;
  const options = { precise: exact === true || operations <= preciseLimit, logWeights };
  const fit = leastSquares(problem.design, problem.y, problem.whole, kept, options);
  const saturated = fit.dfResidual === 0;
  const unless = (value: number): number | null => (saturated ? null : finiteOrNull(value));
  const { working, eta } = yield* workingFit(prepared, problem.whole, fit);
  const estimates = saturated
    ? fit.estimates.map((row) => ({ ...row, se: NaN, statistic: NaN, p: NaN, low: NaN, high: NaN }))
    : yield* withErrors(prepared, working, fit, errors);
  return {
    estimates,
    figures: {
      r2: finiteOrNull(fit.r2),
      adjustedR2: unless(fit.adjustedR2),
      sigma: unless(fit.sigma),
      fStatistic: fit.f ? toExtended(fit.f.statistic) : null,
      fDegrees: fit.f ? fit.f.df : null,
      fP: fit.f ? finiteOrNull(fit.f.p) : null,
      deviance: finiteOrNull(fit.residualSquares),
      nullDeviance: finiteOrNull(fit.totalSquares),
      logLik: unless(fit.logLik),
      aic: unless(fit.aic),
      bic: unless(fit.bic),
      dfResidual: fit.dfResidual,
      iterations: null,
      baseRate: null,
      accuracy: null,
      auc: null,
    },
    warnings: perfectFitWarning(fit.r2, fit.dfResidual),
    precise: fit.precise,
    eta,
    working,
    ...(frame.clusters ? { extra: { clusters: frame.clusters.count } } : {}),
  };
}

interface Problem {
  readonly design: Design;
  readonly y: { readonly values: Float64Array; readonly low: Float64Array | undefined };
  readonly whole: Factorisation;
}

function* weigh({ frame, design, whole }: PreparedDesign): Steps<Problem> {
  const { weights, response } = frame;
  if (!weights) return { design, y: response, whole };
  const weighted = weightedDesign(design, weights);
  const y = weightedOutcome(response, weights);
  const names = design.columns.map(({ name }) => name);
  const source = {
    rows: design.rows,
    columns: names.length,
    isPlain: () => false,
    fill: weighted.fill,
  };
  const again = yield* factorise(source, names, y.values, whole.scales);
  return { design: weighted, y, whole: again };
}

function* workingFit(
  { frame, design, kept }: PreparedDesign,
  whole: Factorisation,
  fit: LeastSquares,
): Steps<{ working: WorkingFit; eta: Float64Array }> {
  const { weights, response } = frame;
  const n = design.rows;
  const eta = new Float64Array(n);
  const chunk = new Float64Array(4096);
  for (let start = 0; start < n; start += chunk.length) {
    const count = Math.min(chunk.length, n - start);
    for (const [k, column] of kept.entries()) {
      const { estimate } = fit.estimates[k]!;
      design.fill(column, start, count, chunk, 0);
      for (let i = 0; i < count; i++) eta[start + i]! += estimate * chunk[i]!;
    }
    yield { phase: 'fitting rows', done: start + count, total: n };
  }
  const roots = weights?.map(Math.sqrt);
  const residuals = eta.map((value, i) => (response.values[i]! - value) * (roots?.[i] ?? 1));
  const { r } = keepColumns(whole.r, whole.effects, whole.columns, kept);
  const working = {
    r,
    roots,
    residuals,
    devianceResiduals: residuals,
    fitted: eta,
    dispersion: fit.sigma ** 2,
  };
  return { working, eta };
}

/** Robust errors in place of the classical ones; clusters have t with one degree less than clusters. */
function* withErrors(
  prepared: PreparedDesign,
  working: WorkingFit,
  fit: LeastSquares,
  errors: RegressSpec['errors'],
): Steps<readonly Estimate[]> {
  if (!errors || errors.kind === 'classical') return fit.estimates;
  const se = yield* robustErrors(prepared, working, errors.kind);
  const { frame, whole, kept } = prepared;
  const df = frame.clusters ? frame.clusters.count - 1 : fit.dfResidual;
  return fit.estimates.map(({ estimate }, k) =>
    testEstimate(estimate, se[k]! * whole.scales[kept[k]!]!, df),
  );
}
