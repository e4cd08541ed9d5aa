import { toExtended } from '../../../shared/domain/schemas.ts';
import type { Steps } from '../steps.ts';
import { finiteOrNull, type FamilyFit, type PreparedDesign } from './fit-result.ts';
import { leastSquares } from './least-squares.ts';
import { perfectFitWarning } from './warnings.ts';

/** Ordinary least squares of a prepared design. */
export function* fitGaussian({ frame, design, whole, kept }: PreparedDesign): Steps<FamilyFit> {
  yield { phase: 'solving', done: 0, total: 1 };
  const fit = leastSquares(design, frame.response, whole, kept);
  const saturated = fit.dfResidual === 0;
  const unless = (value: number): number | null => (saturated ? null : finiteOrNull(value));
  return {
    estimates: fit.estimates.map((row) =>
      saturated ? { ...row, se: NaN, statistic: NaN, p: NaN, low: NaN, high: NaN } : row,
    ),
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
  };
}
