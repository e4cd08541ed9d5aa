import type { Penalty } from '../../../shared/domain/regress-spec.ts';
import type { Steps } from '../steps.ts';
import { finiteOrNull, type FamilyFit } from './fit-result.ts';
import { classification, emptyFigures } from './fit-likelihood.ts';
import type { Estimate } from './least-squares.ts';
import type { ModelFrame } from './model-frame.ts';
import type { Design } from './design.ts';
import { fitPenalised } from './penalised/fit-penalised.ts';
import { penalisedWarning } from './warnings.ts';

/** A penalised fit of all columns of a design, dependent ones included: the penalty divides among them. */
export function* fitWithPenalty(
  frame: ModelFrame,
  design: Design,
  penalty: Penalty,
): Steps<FamilyFit> {
  const { values: y, family } = frame.response;
  const first = design.intercept ? 1 : 0;
  const fit = yield* fitPenalised({
    source: {
      rows: design.rows,
      columns: design.columns.length - first,
      fill: (j, start, count, out, offset) => design.fill(j + first, start, count, out, offset),
    },
    names: design.columns.slice(first).map(({ name }) => name),
    y,
    weights: frame.weights,
    intercept: design.intercept,
    family,
    penalty,
  });
  const eta = yield* predict(design, first, fit.slopes, fit.intercept);
  const estimates = [...(design.intercept ? [fit.intercept] : []), ...fit.slopes].map(withoutTest);
  const isGaussian = family === 'gaussian';
  return {
    estimates,
    figures: {
      ...emptyFigures,
      r2: isGaussian ? finiteOrNull(fit.summary.deviancePart) : null,
      deviance: finiteOrNull(fit.deviance),
      nullDeviance: finiteOrNull(fit.nullDeviance),
      logLik: isGaussian ? null : finiteOrNull(-fit.deviance / 2),
      dfResidual: Math.max(0, y.length - fit.summary.nonZero - first),
      ...(isGaussian ? {} : classification(eta, y)),
    },
    warnings: [penalisedWarning()],
    precise: false,
    eta,
    extra: { penalised: fit.summary },
  };
}

function withoutTest(estimate: number): Estimate {
  return { estimate, se: NaN, statistic: NaN, p: NaN, low: NaN, high: NaN };
}

function* predict(
  design: Design,
  first: number,
  slopes: Float64Array,
  intercept: number,
): Steps<Float64Array> {
  const eta = new Float64Array(design.rows).fill(intercept);
  const chunk = new Float64Array(4096);
  for (let start = 0; start < design.rows; start += chunk.length) {
    const count = Math.min(chunk.length, design.rows - start);
    for (const [j, slope] of slopes.entries()) {
      if (slope === 0) continue;
      design.fill(j + first, start, count, chunk, 0);
      for (let i = 0; i < count; i++) eta[start + i]! += slope * chunk[i]!;
    }
    yield { phase: 'predicting', done: start + count, total: design.rows };
  }
  return eta;
}
