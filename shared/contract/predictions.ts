import * as v from 'valibot';
import { operation } from './define.ts';
import { predictSpecSchema } from '../domain/predict-spec.ts';
import {
  count,
  extendedNumber,
  id,
  maybeNumber,
  shortText,
  text,
  time,
} from '../domain/schemas.ts';
import { dependency } from './statistics.ts';

/** What a fit is worth on sequences that it has not seen. */
export const heldOutFigures = v.object({
  rows: count,
  /** Accuracy of always saying what is more frequent among the fitted rows (binomial). */
  baseRate: maybeNumber,
  accuracy: maybeNumber,
  auc: maybeNumber,
  brier: maybeNumber,
  r2: maybeNumber,
  rmse: maybeNumber,
  deviance: maybeNumber,
  /** Equally full bins by rising prediction. */
  calibration: v.array(v.object({ rows: count, predicted: v.number(), observed: v.number() })),
});
export type HeldOut = v.InferOutput<typeof heldOutFigures>;

export const pathPoint = v.object({
  lambda: v.number(),
  /** Features with a coefficient. */
  selected: count,
  deviancePart: v.number(),
  /** Mean deviance of the folds' held-out rows, and its error over folds. */
  loss: maybeNumber,
  se: maybeNumber,
});

export const selectedFeature = v.object({
  feature: count,
  /** On activations as they are, and per standard deviation. */
  coefficient: v.number(),
  standardised: v.number(),
  /** Without a penalty, beside the other selected features. */
  unpenalised: maybeNumber,
  /** Correlation of the feature alone with the label, on the fitted rows. */
  alone: v.number(),
  /** Share of the rows on which it is active. */
  density: v.number(),
  vif: extendedNumber,
  /** The best match in each dictionary of another seed, in their order. */
  seeds: v.array(
    v.object({
      feature: count,
      cosine: v.number(),
      /** Sign of its coefficient there beside the one here; apart where no match is near enough. */
      outcome: v.picklist(['same', 'zero', 'opposite', 'apart']),
    }),
  ),
});
export type SelectedFeature = v.InferOutput<typeof selectedFeature>;

export const predictionResult = v.object({
  spec: predictSpecSchema,
  label: shortText,
  rows: count,
  /** Tokens or sequences without a label. */
  missing: count,
  sequences: count,
  /** Features of the dictionary, and those active on enough rows to be predictors. */
  latents: count,
  predictors: count,
  /** Mean of the label. */
  mean: v.number(),
  path: v.array(pathPoint),
  /** Positions in the path. */
  minimum: count,
  chosen: count,
  /** Standardised coefficients along the path, of the features with the largest. */
  curves: v.array(v.object({ feature: count, values: v.array(v.number()) })),
  intercept: v.number(),
  selected: v.array(selectedFeature),
  heldOut: heldOutFigures,
  unpenalised: v.object({
    /** Null where there is none, for the reason given. */
    heldOut: v.nullable(heldOutFigures),
    intercept: maybeNumber,
    reason: v.nullable(text),
  }),
  /** Null where there were too many features to examine. */
  dependencies: v.nullable(v.array(dependency)),
  seeds: v.array(
    v.object({
      dictionary: id,
      seed: v.nullable(count),
      selected: count,
      auc: maybeNumber,
      r2: maybeNumber,
      /** Correlation of its predictions with those here, on the held-out rows. */
      agreement: maybeNumber,
    }),
  ),
  warnings: v.array(text),
  method: text,
});
export type PredictionResult = v.InferOutput<typeof predictionResult>;

/** As stored: a result with the job that made it. */
export const predictionDetail = v.object({
  ...predictionResult.entries,
  job: id,
  name: shortText,
  createdAt: time,
  /** Labels that were given to the selected features, by their number. */
  labels: v.record(v.string(), text),
});
export type PredictionDetail = v.InferOutput<typeof predictionDetail>;

export const predictionRow = v.object({
  job: id,
  name: shortText,
  createdAt: time,
  dictionary: id,
  label: shortText,
  unit: shortText,
  family: shortText,
});
export type PredictionRow = v.InferOutput<typeof predictionRow>;

/** Predictions are made by jobs of the kind `predict` (jobs.submit) and named by them. */
export const predictionsContract = {
  'predictions.list': operation(v.strictObject({ project: id }), v.array(predictionRow)),
  'predictions.get': operation(v.strictObject({ project: id, job: id }), predictionDetail),
  /** Labels that the project offers for a dictionary: properties known of its tokens. */
  'predictions.labels': operation(
    v.strictObject({ project: id, dictionary: id }),
    v.array(v.object({ file: shortText, name: shortText })),
  ),
};
