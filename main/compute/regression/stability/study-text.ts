import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import type { ModelFrame } from '../model-frame.ts';

/** How a study was made, in words: penalty with its convention, standardisation, draws, intervals. */
export function describeStudy(frame: ModelFrame, spec: StabilitySpec): string {
  const { classes, label } = frame.response;
  const success = classes ? ` Success is ${label} = '${classes[1]}', failure '${classes[0]}'.` : '';
  return [
    spec.family === 'gaussian' ? 'Linear regression.' : `Logistic regression.${success}`,
    penaltyWords(spec.penalty),
    standardiseWords(spec.standardise),
    `All draws come from seed ${spec.seed} (Philox streams started by the number of the refit, xoshiro128** from there), so that results do not depend on threads or on order.`,
    'A subset has each variable with probability 1/2, and at least one; refits are counted over those that contain the term, and intervals of counts are Wilson’s, 95 %. They speak of the refits drawn, not of other data: refits of one table share its rows.',
    `A split fits ${Math.round(100 * (1 - spec.splits.testShare))} % of the rows and tries the others, without strata; intervals of means over splits are Nadeau & Bengio’s (2003), which allow for shared rows, and differences are paired by split.`,
    'A bootstrap draws as many rows as there are, with replacement. Columns that do not vary among the rows drawn are undetermined there and counted as such.',
    'Stability selection takes the first variables of the L1 path of random halves (Meinshausen & Bühlmann 2010). The power view draws rows of the table with replacement and outcomes from the full fit, and counts signs over refits of all terms.',
  ].join(' ');
}

export function penaltyWords(penalty: StabilitySpec['penalty']): string {
  if (penalty.kind === 'none') return 'No penalty.';
  const { convention, strength } = penalty;
  if (convention === 'glmnet')
    return `L1 penalty with lambda = ${strength} in glmnet’s notation (beside the mean loss); the intercept is not penalised.`;
  const intercept =
    convention === 'liblinear'
      ? 'the intercept is penalised like any coefficient'
      : 'the intercept is not penalised';
  return `L1 penalty with C = ${strength} in scikit-learn’s notation (solver ${convention}: a multiplier of the summed loss); ${intercept}.`;
}

function standardiseWords(rule: StabilitySpec['standardise']): string {
  if (rule === 'none') return 'Columns as they stand.';
  return `Each column minus its mean, divided by its ${rule} standard deviation over all rows used, once before any refit: coefficients are per standard deviation.`;
}
