import type { HeldOut, PredictionDetail } from '../../shared/contract/predictions.ts';
import type { Fill } from './sample-report.ts';

const worth: HeldOut = {
  rows: 400,
  baseRate: 0.75,
  accuracy: 0.88,
  auc: 0.93,
  brier: 0.09,
  r2: null,
  rmse: null,
  deviance: 0.6,
  calibration: [
    { rows: 200, predicted: 0.1, observed: 0.12 },
    { rows: 200, predicted: 0.6, observed: 0.55 },
  ],
};

/** A label predicted from two features, one of them collinear, with one dictionary of another seed. */
export function samplePrediction(fill: Fill): PredictionDetail {
  const label = fill('predicted label');
  return {
    spec: {
      kind: 'predict',
      name: fill('prediction name'),
      dictionary: 'dict_000001',
      labels: { file: fill('label file'), name: label },
      unit: 'token',
      aggregation: 'max',
      family: 'binomial',
      lambdas: 3,
      ratio: 0.01,
      heldOut: 0.2,
      folds: 5,
      validation: 'folds',
      choice: 'minimum',
      standardise: true,
      leastRows: 20,
      seed: 0,
      seeds: true,
      memoryBytes: 1e9,
    },
    label,
    rows: 2000,
    missing: 12,
    sequences: 50,
    latents: 2048,
    predictors: 900,
    mean: 0.25,
    path: [0.1, 0.01, 0.001].map((lambda, at) => ({
      lambda,
      selected: at,
      deviancePart: at / 4,
      loss: 1 - at / 4,
      se: 0.02,
    })),
    minimum: 2,
    chosen: 2,
    curves: [
      { feature: 3, values: [0, 0.4, 0.6] },
      { feature: 17, values: [0, 0, -0.2] },
    ],
    intercept: -1,
    selected: [3, 17].map((feature, at) => ({
      feature,
      coefficient: 0.5 - at,
      standardised: 0.6 - 0.8 * at,
      unpenalised: 0.7 - at,
      alone: 0.3 + at / 10,
      density: 0.05,
      vif: at === 0 ? 1.2 : 'Infinity',
      seeds: [{ feature: 40 + at, cosine: 0.8, outcome: at === 0 ? 'same' : 'apart' }],
    })),
    heldOut: worth,
    unpenalised: { heldOut: null, intercept: null, reason: fill('prediction reason') },
    dependencies: [
      {
        term: '17',
        sentence: fill('feature dependency'),
        parts: [{ term: '3', coefficient: 1 }],
      },
    ],
    seeds: [
      { dictionary: 'dict_000002', seed: 1, selected: 4, auc: 0.91, r2: null, agreement: 0.95 },
    ],
    warnings: [fill('prediction warning')],
    method: fill('prediction method'),
    job: 'job_000009',
    name: fill('prediction name'),
    createdAt: 1_700_000_000_000,
    labels: { 3: fill('predictor label') },
  };
}
