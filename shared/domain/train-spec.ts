import * as v from 'valibot';
import { dictionarySchema } from './dictionary.ts';
import { hookPattern } from './hook-name.ts';
import { objectiveSchema } from './objective.ts';
import { pathwaySchema } from './pathway.ts';
import { engineFields, jobName, naturalInt, path, positiveInt, seed } from './spec-fields.ts';
import { activationCacheSchema, tokensSchema } from './tokens.ts';
import { variantSchema } from './variant.ts';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

/**
 * What is done to a model's weights before it runs: nothing, or TransformerLens' standard processing
 * (norms folded, writing weights and unembedding centred, value biases folded). Logits stay the same
 * but for a constant in each row; activations at hook points change.
 */
export const weightProcessings = ['none', 'transformer-lens'] as const;
export type WeightProcessing = (typeof weightProcessings)[number];

const trainingSchema = v.strictObject({
  /** Sequences to train on. More than the file holds means further, newly shuffled epochs. */
  sequences: positiveInt,
  /** Sequences in one optimiser step. */
  batch: positiveInt,
  /** Sequences at a time, where a step gathers its gradient in parts; a divisor of `batch`. */
  microBatch: v.optional(positiveInt),
  learningRate: positive,
  schedule: v.optional(v.picklist(['cosine', 'linear', 'constant']), 'cosine'),
  /** Sequences over which the learning rate rises from 0. */
  warmup: v.optional(naturalInt, 0),
  /** Sequences over which a linear schedule falls to its floor. */
  cooldown: v.optional(naturalInt, 0),
  /** Floor of the learning rate as a fraction of it. */
  minimumFactor: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
  /** Largest global norm of the gradient of one dictionary; null for no clipping. */
  gradientClip: v.optional(v.nullable(positive), 10),
  adam: v.optional(
    v.strictObject({
      beta1: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.9),
      beta2: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.999),
      epsilon: v.optional(positive, 1e-8),
    }),
    {},
  ),
  /** Seed of the order of sequences, shared by all replicates of the job. */
  dataSeed: v.optional(seed, 0),
  /** Optimiser steps between two logged points. */
  logEvery: v.optional(positiveInt, 1),
  /** Optimiser steps between two points with every metric of the training batch; 20 where not given. */
  metricsEvery: v.optional(positiveInt),
  /** Tokens of one window in which a latent must fire to count as alive on the training curve. */
  aliveWindowTokens: v.optional(positiveInt, 100_000),
});

const evaluationSchema = v.strictObject({
  tokens: tokensSchema,
  /** Sequences of one evaluation. */
  sequences: positiveInt,
  /** Training sequences between two evaluations; null for one at the end only. */
  every: v.optional(v.nullable(positiveInt), null),
});

const featuresSchema = v.strictObject({
  tokens: tokensSchema,
  /** Sequences over which densities, histograms and examples are taken; the final alive window. */
  sequences: positiveInt,
  /** Top examples kept for each feature. */
  examples: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), 20),
  /**
   * Ground truth per token: a safetensors file of uint8 tensors [rows, context], one per property,
   * aligned with `tokens`. Every feature is scored against every property by AUC.
   */
  labels: v.optional(path),
});

const hookName = v.pipe(
  v.string(),
  v.regex(
    hookPattern,
    'must be a hook point such as blocks.2.hook_resid_pre (residual stream, attention or MLP output)',
  ),
);

export const trainSpecSchema = v.strictObject({
  kind: v.literal('train'),
  name: jobName,
  /** Folder of the model, relative to the project folder. */
  model: path,
  /** What is done to the model's weights first: the values at hook points depend on it. */
  processing: v.optional(v.picklist(weightProcessings), 'none'),
  /** Hook point under its TransformerLens name. */
  hook: hookName,
  /**
   * A transcoder's: the later hook point whose activation it predicts and takes the place of, such as
   * the block's hook_mlp_out from ln2.hook_normalized.
   */
  target: v.optional(hookName),
  tokens: tokensSchema,
  /** One dictionary is trained for each seed, all on the same stream of activations. */
  seeds: v.optional(v.pipe(v.array(seed), v.minLength(1), v.maxLength(64)), [0]),
  /**
   * Dictionaries that are trained together, one for each variant and seed: they share the pass of the
   * model and the stream of tokens. Each gets the weights that it would get alone, but on the pathway
   * `joint`.
   */
  variants: v.optional(v.pipe(v.array(variantSchema), v.minLength(1), v.maxLength(64))),
  pathway: v.optional(pathwaySchema),
  /** In the record of a run on the pathway `joint`: the other dictionaries of its pass, in full. */
  companions: v.optional(v.array(v.record(v.string(), v.unknown()))),
  dictionary: dictionarySchema,
  objective: objectiveSchema,
  training: trainingSchema,
  evaluation: v.optional(evaluationSchema),
  features: v.optional(featuresSchema),
  /** Where activations are kept between epochs and jobs; nowhere where not given. */
  activationCache: v.optional(activationCacheSchema),
  /** Training sequences between two checkpoints; null for none. */
  checkpointEvery: v.optional(v.nullable(positiveInt), null),
  ...engineFields,
});

export type TrainSpec = v.InferOutput<typeof trainSpecSchema>;
