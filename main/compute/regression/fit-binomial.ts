import { normalQuantile, normalTwoSided } from '../../../shared/stats/normal.ts';
import type { Steps } from '../steps.ts';
import { accuracyOf, areaUnderCurve } from './classification.ts';
import { finiteOrNull, type FamilyFit, type PreparedDesign } from './fit-result.ts';
import { bernoulliLogit } from './glm-family.ts';
import { fitGlm } from './irls.ts';
import type { Estimate } from './least-squares.ts';
import { provesSeparation, separationError } from './separation.ts';
import { eventsWarning, extremeProbabilityWarning } from './warnings.ts';

/**
 * Logistic regression of a prepared design.
 * @throws AppError `separation` where no finite estimate exists, `no-convergence`
 */
export function* fitBinomial({ frame, design, whole, kept }: PreparedDesign): Steps<FamilyFit> {
  const { values: y, label } = frame.response;
  const fit = yield* fitGlm(design, y, bernoulliLogit, {
    kept,
    scales: whole.scales,
    onStep: (step, beta, move) => {
      const found = provesSeparation(step, beta, move);
      if (found) throw separationError(design, y, label, kept, whole.scales, found);
    },
  });
  const n = y.length;
  const successes = y.reduce((sum, value) => sum + value, 0);
  const parameters = kept.length;
  const logLik = -fit.deviance / 2;
  const intercept = design.intercept ? 1 : 0;
  return {
    estimates: kept.map((_, k) => waldTest(fit.estimates[k]!, fit.se[k]!)),
    figures: {
      r2: null,
      adjustedR2: null,
      sigma: null,
      fStatistic: null,
      fDegrees: null,
      fP: null,
      deviance: finiteOrNull(fit.deviance),
      nullDeviance: finiteOrNull(nullDeviance(successes, n, design.intercept)),
      logLik: finiteOrNull(logLik),
      aic: finiteOrNull(-2 * logLik + 2 * parameters),
      bic: finiteOrNull(-2 * logLik + Math.log(n) * parameters),
      dfResidual: n - parameters,
      iterations: fit.iterations,
      baseRate: Math.max(successes, n - successes) / n,
      accuracy: accuracyOf(fit.eta, y),
      auc: areaUnderCurve(fit.eta, y),
    },
    warnings: [
      ...eventsWarning(Math.min(successes, n - successes), parameters - intercept, label),
      ...extremeProbabilityWarning(fit.largestEta),
    ],
    precise: false,
  };
}

function waldTest(estimate: number, se: number): Estimate {
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
function nullDeviance(successes: number, n: number, intercept: boolean): number {
  if (!intercept) return 2 * n * Math.LN2;
  const failures = n - successes;
  return -2 * (successes * Math.log(successes / n) + failures * Math.log(failures / n));
}
