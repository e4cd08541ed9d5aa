import type { PredictionResult } from '../../../../shared/contract/predictions.ts';
import { sameFeature } from './match-seeds.ts';

type Told = Omit<PredictionResult, 'warnings' | 'method'>;

/** What a reader should know before using the numbers, in plain words. */
export function predictionWarnings(told: Told): string[] {
  const { spec, path, chosen, selected, heldOut, rows, mean, unpenalised, seeds } = told;
  const out: string[] = [];
  const isBinomial = spec.family === 'binomial';
  if (selected.length === 0)
    out.push('No feature improves on the mean: at the chosen strength all coefficients are zero.');
  else if (chosen === path.length - 1)
    out.push(
      'The chosen strength is the smallest of the path: a smaller one may predict better. Lower ratio.',
    );
  const events = Math.round(Math.min(mean, 1 - mean) * rows);
  if (isBinomial && selected.length > 0 && events < 10 * selected.length)
    out.push(
      `There are ${events} rows of the rarer outcome for ${selected.length} selected features, fewer than 10 for each: coefficients vary much from sample to sample.`,
    );
  if (isBinomial && selected.length > 0 && (heldOut.accuracy ?? 0) <= (heldOut.baseRate ?? 1))
    out.push(
      'Accuracy is not above the base rate. With an uneven label look at the AUC and the calibration instead.',
    );
  const inflated = selected.filter(({ vif }) => vif === 'Infinity' || Number(vif ?? 0) > 5);
  if (inflated.length > 0)
    out.push(
      `${inflated.length} of the selected features have a variance inflation above 5: others carry what they carry, and their signs may hang on which of them are in the model.`,
    );
  if (unpenalised.reason !== null && selected.length > 0)
    out.push(`There is no fit without a penalty: ${unpenalised.reason}.`);
  const turned = selected.filter((one) => one.seeds.some(({ outcome }) => outcome === 'opposite'));
  if (turned.length > 0)
    out.push(
      `${turned.length} of the selected features have the opposite sign in a dictionary of another seed.`,
    );
  const lone = selected.filter(
    (one) => seeds.length > 0 && one.seeds.every(({ outcome }) => outcome === 'apart'),
  );
  if (lone.length > 0)
    out.push(
      `${lone.length} of the selected features have no counterpart in any other seed (cosine below ${sameFeature}).`,
    );
  return out;
}

/** How the numbers were made, in words. */
export function methodText({ spec, path, chosen }: Told): string {
  const lambda = path[chosen]!.lambda;
  const name = spec.family === 'binomial' ? 'Logistic' : 'Linear';
  const program =
    spec.family === 'binomial'
      ? 'scikit-learn: LogisticRegression, C = 1 / (n lambda), saga'
      : 'scikit-learn: Lasso, alpha = lambda';
  const columns = spec.standardise
    ? 'columns brought to mean 0 and unit variance (1/n), zeros left implicit'
    : 'columns centred, not scaled, zeros left implicit';
  const choice =
    spec.choice === 'minimum' || spec.validation === 'split'
      ? 'the least held-out deviance'
      : 'the largest strength within one standard error of the least held-out deviance';
  const validation =
    spec.validation === 'folds'
      ? `${spec.folds}-fold cross-validation`
      : `one held-out part in ${spec.folds}`;
  const rows =
    spec.unit === 'token' ? 'tokens' : `sequences (${spec.aggregation} over the tokens of each)`;
  return `${name} regression with an L1 penalty (lasso) on ${rows}; mean loss + lambda times the sum of absolute coefficients; ${columns}; the intercept is not penalised. lambda = ${Number(lambda.toPrecision(4))} of ${path.length} from ${validation}, by ${choice} (${program}). Parts are whole sequences, drawn with seed ${spec.seed}; ${Math.round(spec.heldOut * 100)} % of the sequences were seen by no fit and no choice. No p-values are given: the features were chosen on the same rows, and tokens of a sequence are not independent.`;
}
