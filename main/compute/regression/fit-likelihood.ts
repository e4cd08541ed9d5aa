import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { normalQuantile, normalTwoSided } from '../../../shared/stats/normal.ts';
import { CompensatedSum } from '../../../shared/stats/summary.ts';
import type { Steps } from '../steps.ts';
import { accuracyOf, areaUnderCurve } from './classification.ts';
import {
  finiteOrNull,
  type FamilyFit,
  type PreparedDesign,
  type WorkingFit,
} from './fit-result.ts';
import { bernoulliLogit, bernoulliProbit, poissonLog, type GlmFamily } from './glm-family.ts';
import { fitGlm, weigh, type GlmFit } from './irls.ts';
import type { Estimate } from './least-squares.ts';
import { robustErrors } from './robust-errors.ts';
import { provesSeparation, separationError } from './separation.ts';
import { dispersionWarning, eventsWarning, extremeProbabilityWarning } from './warnings.ts';

type Method = Pick<RegressSpec, 'family' | 'link' | 'errors'>;

export function familyOf({ family, link }: Pick<RegressSpec, 'family' | 'link'>): GlmFamily {
  if (family === 'poisson') return poissonLog;
  return link === 'probit' ? bernoulliProbit : bernoulliLogit;
}

/**
 * Logistic, probit or Poisson regression of a prepared design by maximum likelihood.
 * @throws AppError `separation` where no finite estimate exists, `no-convergence`
 */
export function* fitLikelihood(prepared: PreparedDesign, spec: Method): Steps<FamilyFit> {
  const { frame, design, whole, kept } = prepared;
  const { values: y, label } = frame.response;
  const { weights } = frame;
  const family = familyOf(spec);
  const options = { kept, scales: whole.scales, weights };
  // Separation is a property of the rows, the same for logit and probit, and the logit's steps prove it.
  const logit = yield* spec.family === 'poisson'
    ? fitGlm(design, y, family, options)
    : fitGlm(design, y, bernoulliLogit, {
        ...options,
        onStep: (step, beta, move) => {
          const found = provesSeparation(step, beta, move);
          if (found) throw separationError(design, y, label, kept, whole.scales, found);
        },
      });
  const fit = spec.link === 'probit' ? yield* fitGlm(design, y, family, options) : logit;
  const working = workingRows(fit, family, y, weights);
  const errors = spec.errors?.kind ?? 'classical';
  const units = kept.map((column) => whole.scales[column]!);
  const robust =
    errors === 'classical' ? undefined : yield* robustErrors(prepared, working, errors);
  const se = robust ? robust.map((value, k) => value * units[k]!) : fit.se;
  return {
    estimates: kept.map((_, k) => waldTest(fit.estimates[k]!, se[k]!)),
    figures: figuresOf(prepared, spec, fit, family),
    warnings: warningsOf(prepared, spec, fit, working),
    precise: false,
    eta: fit.eta,
    working,
    ...(frame.clusters ? { extra: { clusters: frame.clusters.count } } : {}),
  };
}

/** The last step's rows, evaluated at the fitted linear predictor. */
export function workingRows(
  { eta, r }: Pick<GlmFit, 'eta' | 'r'>,
  family: GlmFamily,
  y: Float64Array,
  weights: Float64Array | undefined,
): WorkingFit {
  const n = y.length;
  const roots = new Float64Array(n);
  const residuals = new Float64Array(n);
  const devianceResiduals = new Float64Array(n);
  const fitted = eta.map((value) => family.mean(value));
  const row = { root: 0, residual: 0, deviance: 0 };
  for (let i = 0; i < n; i++) {
    family.evaluate(y[i]!, eta[i]!, row);
    if (weights) weigh(row, weights[i]!);
    roots[i] = row.root;
    residuals[i] = row.residual;
    devianceResiduals[i] = Math.sign(y[i]! - fitted[i]!) * Math.sqrt(Math.max(0, row.deviance));
  }
  return { r, roots, residuals, devianceResiduals, fitted, dispersion: 1 };
}

function figuresOf(
  { frame, design, kept }: PreparedDesign,
  spec: Method,
  fit: GlmFit,
  family: GlmFamily,
): FamilyFit['figures'] {
  const { values: y } = frame.response;
  const n = y.length;
  const saturated = new CompensatedSum();
  for (let i = 0; i < n; i++) saturated.add((frame.weights?.[i] ?? 1) * family.saturated(y[i]!));
  const logLik = saturated.value - fit.deviance / 2;
  const parameters = kept.length;
  return {
    ...emptyFigures,
    deviance: finiteOrNull(fit.deviance),
    nullDeviance: finiteOrNull(nullDeviance(y, frame.weights, family, spec, design.intercept)),
    logLik: finiteOrNull(logLik),
    aic: finiteOrNull(-2 * logLik + 2 * parameters),
    bic: finiteOrNull(-2 * logLik + Math.log(n) * parameters),
    dfResidual: n - parameters,
    iterations: fit.iterations,
    ...(spec.family === 'binomial' ? classification(fit.eta, y) : {}),
  };
}

/** Figures that only some fits have. */
export const emptyFigures = {
  r2: null,
  adjustedR2: null,
  sigma: null,
  fStatistic: null,
  fDegrees: null,
  fP: null,
  logLik: null,
  aic: null,
  bic: null,
  iterations: null,
  baseRate: null,
  accuracy: null,
  auc: null,
};

/** How well a 0/1 outcome is told, every row counting once. */
export function classification(
  eta: Float64Array,
  y: Float64Array,
): { baseRate: number; accuracy: number; auc: number } {
  const successes = y.reduce((sum, value) => sum + value, 0);
  return {
    baseRate: Math.max(successes, y.length - successes) / y.length,
    accuracy: accuracyOf(eta, y),
    auc: areaUnderCurve(eta, y),
  };
}

/** The normal test of an estimate, with Wald's interval. */
export function waldTest(estimate: number, se: number): Estimate {
  const statistic = estimate / se;
  const half = normalQuantile(0.975) * se;
  return {
    estimate,
    se,
    statistic,
    p: normalTwoSided(statistic),
    low: estimate - half,
    high: estimate + half,
  };
}

/** Deviance of the model with the intercept alone, or with nothing where there is no intercept. */
export function nullDeviance(
  y: Float64Array,
  weights: Float64Array | undefined,
  family: GlmFamily,
  { family: name, link }: Pick<RegressSpec, 'family' | 'link'>,
  intercept: boolean,
): number {
  let [total, sum] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    sum += weight * y[i]!;
  }
  const mean = sum / total;
  const eta = !intercept
    ? 0
    : name === 'poisson'
      ? Math.log(mean)
      : link === 'probit'
        ? normalQuantile(mean)
        : Math.log(mean / (1 - mean));
  const deviance = new CompensatedSum();
  const row = { root: 0, residual: 0, deviance: 0 };
  for (let i = 0; i < y.length; i++) {
    family.evaluate(y[i]!, eta, row);
    deviance.add((weights?.[i] ?? 1) * row.deviance);
  }
  return deviance.value;
}

function warningsOf(
  { frame, design, kept }: PreparedDesign,
  { family }: Method,
  fit: GlmFit,
  working: WorkingFit,
): FamilyFit['warnings'] {
  const { values: y, label } = frame.response;
  const n = y.length;
  if (family === 'poisson')
    return dispersionWarning(
      working.residuals.reduce((sum, value) => sum + value ** 2, 0),
      n - kept.length,
    );
  const successes = y.reduce((sum, value) => sum + value, 0);
  const slopes = kept.length - (design.intercept ? 1 : 0);
  return [
    ...eventsWarning(Math.min(successes, n - successes), slopes, label),
    ...extremeProbabilityWarning(fit.largestEta),
  ];
}
