/**
 * Every figure that Assay prints about a dictionary, with the definition that is shown on hover.
 * Names are stable: they are keys in the database, in `--json` answers and in reports.
 *
 * x is the activation at the hook point, y the reconstruction, c the codes; a token is one
 * (sequence, position). Names that end in FirstPosition or OtherPositions restrict a metric to
 * position 0, whose activations are far larger in GPT-2-like models, or to all other positions.
 */
export interface MetricDefinition {
  readonly title: string;
  readonly definition: string;
  readonly unit?: string;
  /** Which direction is better; absent where neither is. */
  readonly better?: 'lower' | 'higher';
  /** Significant digits that are worth showing. */
  readonly digits: number;
}

const base = {
  l0: {
    title: 'L0',
    definition: 'Mean over tokens of the number of latents that are not 0.',
    digits: 3,
  },
  fractionZero: {
    title: 'zeros',
    definition: 'Share of all codes that are 0: 1 - L0 / number of latents.',
    digits: 4,
  },
  mse: {
    title: 'MSE',
    definition: 'Mean over tokens and dimensions of (x - y)². Per dimension, not summed over them.',
    better: 'lower',
    digits: 3,
  },
  explainedVariance: {
    title: 'explained variance',
    definition:
      '1 - Σ‖x - y‖² / Σ‖x - x̄‖², sums over all evaluated tokens, x̄ their mean (the complement of FVU, as in most papers).',
    better: 'higher',
    digits: 3,
  },
  explainedVariancePerToken: {
    title: 'explained variance, per token',
    definition:
      "Mean over tokens of 1 - ‖x - y‖² / ‖y - ȳ‖², ȳ the mean of the batch: e2e_sae's value, whose denominator is the output's variance. Can be strongly negative when few tokens lie near the mean.",
    better: 'higher',
    digits: 3,
  },
  explainedVariancePerTokenStd: {
    title: 'explained variance, per token, sd',
    definition:
      'Unbiased standard deviation over the tokens of a batch of 1 - ‖x - y‖² / ‖y - ȳ‖²; the mean of the batches is shown, as e2e_sae does.',
    digits: 3,
  },
  explainedVarianceLayerNormed: {
    title: 'explained variance, per token, normed',
    definition:
      'As "per token", after centring each vector and dividing it by the root of its mean square + 1e-5 (e2e_sae\'s "ln").',
    better: 'higher',
    digits: 3,
  },
  explainedVarianceLayerNormedStd: {
    title: 'explained variance, per token, normed, sd',
    definition: 'Standard deviation that belongs to the normed value, as above.',
    digits: 3,
  },
  explainedVarianceUncentred: {
    title: 'explained variance, uncentred',
    definition: '1 - Σ‖x - y‖² / Σ‖x‖²: as SAELens 6.18 prints it; larger than the centred value.',
    better: 'higher',
    digits: 3,
  },
  normRatio: {
    title: 'L2 ratio',
    definition: 'Mean over tokens of ‖y‖ / ‖x‖: below 1 means shrinkage.',
    digits: 3,
  },
  ceOriginal: {
    title: 'CE, model',
    definition: 'Mean next-token cross-entropy of the model as it is.',
    unit: 'nats',
    digits: 4,
  },
  ceSpliced: {
    title: 'CE, spliced',
    definition: 'Mean next-token cross-entropy with the activation replaced by the reconstruction.',
    unit: 'nats',
    better: 'lower',
    digits: 4,
  },
  ceIncrease: {
    title: 'CE increase',
    definition: 'CE with the dictionary spliced in minus CE of the model as it is.',
    unit: 'nats',
    better: 'lower',
    digits: 3,
  },
  kl: {
    title: 'KL(model ‖ spliced)',
    definition:
      'Mean over tokens of KL(model as it is ‖ model with the dictionary spliced in), the direction that e2e_sae computes.',
    unit: 'nats',
    better: 'lower',
    digits: 3,
  },
  klReverse: {
    title: 'KL(spliced ‖ model)',
    definition: 'Mean over tokens of KL in the other direction.',
    unit: 'nats',
    better: 'lower',
    digits: 3,
  },
  totalVariation: {
    title: 'total variation',
    definition: 'Mean over tokens of ½ Σ |p - q| between the two next-token distributions.',
    better: 'lower',
    digits: 3,
  },
  topOneAgreement: {
    title: 'top-1 agreement',
    definition: 'Share of tokens at which both models have the same most likely next token.',
    better: 'higher',
    digits: 3,
  },
} as const satisfies Record<string, MetricDefinition>;

const whole = {
  alive: {
    title: 'alive',
    definition:
      'Latents that were not 0 on at least one token of the final window; the window is stated beside it.',
    better: 'higher',
    digits: 6,
  },
  aliveWindowTokens: {
    title: 'alive window',
    definition: 'Tokens over which alive latents and densities were counted.',
    unit: 'tokens',
    digits: 7,
  },
  latents: { title: 'latents', definition: 'Number of latents of the dictionary.', digits: 7 },
  tokens: { title: 'tokens', definition: 'Tokens of the evaluation.', digits: 7 },
} as const satisfies Record<string, MetricDefinition>;

/** Terms and states of training, logged at each step; loss terms are shown without their coefficient. */
const training = {
  loss: {
    title: 'loss',
    definition: 'Σ coefficient × term at one optimiser step.',
    better: 'lower',
    digits: 4,
  },
  sparsity: {
    title: 'sparsity',
    definition:
      '(1/d) × mean over tokens of ‖c‖ₚ, d the width of the hook point; of the gate for gated dictionaries, the number of active latents for JumpReLU; unweighted.',
    better: 'lower',
    digits: 4,
  },
  outToIn: {
    title: 'out to in',
    definition: 'Mean over tokens and dimensions of (x - y)²; unweighted.',
    better: 'lower',
    digits: 4,
  },
  auxK: {
    title: 'AuxK',
    definition:
      'Mean over tokens and dimensions of (e - z D)², e the error of the output and z the k largest codes of dead latents, × min(dead / k, 1); unweighted.',
    better: 'lower',
    digits: 4,
  },
  gateReconstruction: {
    title: 'gate reconstruction',
    definition: 'Mean over tokens and dimensions of (x - y)², y from the gate alone; unweighted.',
    better: 'lower',
    digits: 4,
  },
  resampled: {
    title: 'resampled latents',
    definition: 'Dead latents that were given new directions after this step.',
    digits: 6,
  },
  learningRate: { title: 'learning rate', definition: 'Of this step.', digits: 3 },
  gradientNorm: {
    title: 'gradient norm',
    definition: 'Global norm over all parameters of the dictionary, before clipping.',
    digits: 3,
  },
} as const satisfies Record<string, MetricDefinition>;

export type BaseMetric = keyof typeof base;
/** A metric at a hook point after the dictionary. */
export type LaterMetric = `${BaseMetric | 'inToOrig'}.blocks.${number}.hook_${string}`;
export type MetricName =
  | BaseMetric
  | `${BaseMetric}FirstPosition`
  | `${BaseMetric}OtherPositions`
  | keyof typeof whole
  | keyof typeof training;

/** Figures by name; null where one is undefined. */
export type Metrics = Partial<Record<MetricName, number | null>> &
  Record<LaterMetric, number | null>;

export const baseMetricNames = Object.keys(base) as BaseMetric[];

const definitions = new Map<string, MetricDefinition>(
  Object.entries({ ...base, ...whole, ...training }),
);

/**
 * Definition of a metric; a series of an evaluation during training is named `eval.` + metric, one at a
 * later hook point metric + `.` + hook point.
 */
export function metricDefinition(name: string): MetricDefinition {
  const plain = name.replace(/^eval\./, '');
  const known = definitions.get(plain);
  if (known) return known;
  const [, metric = '', hook = ''] = /^(.*)\.(blocks\.\d+\.hook_\w+)$/.exec(plain) ?? [];
  const there = definitions.get(metric);
  if (there)
    return {
      ...there,
      title: `${there.title}, ${hook}`,
      definition: `${there.definition} At ${hook}, the model as it is against the spliced one.`,
    };
  const [, latents] = /^prefix\.(\d+)$/.exec(plain) ?? [];
  if (latents !== undefined)
    return {
      ...training.outToIn,
      title: `reconstruction by ${latents} latents`,
      definition: `Mean over tokens and dimensions of (x - y)², y from the first ${latents} latents alone; unweighted.`,
    };
  const restricted = /^(.*)(FirstPosition|OtherPositions)$/.exec(plain);
  const whole = restricted?.[1] === undefined ? undefined : definitions.get(restricted[1]);
  if (!whole) return { title: plain, definition: plain, digits: 4 };
  const where = restricted?.[2] === 'FirstPosition' ? 'position 0' : 'positions 1 and later';
  return {
    ...whole,
    title: `${whole.title}, ${where}`,
    definition: `${whole.definition} Over ${where} only.`,
  };
}

/** Columns of the run table, in order, that are shown unless the user chooses others. */
export const defaultRunMetrics: readonly MetricName[] = [
  'l0',
  'explainedVariance',
  'mse',
  'ceIncrease',
  'kl',
  'alive',
];

/** From this AUC on a feature is said to tell a ground-truth property. */
export const notableAuc = 0.9;
