import * as v from 'valibot';
import { count, id } from './schemas.ts';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
const share = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most));

/** Where the activations of a dictionary lie. */
const sourceSchema = v.strictObject({
  id,
  seed: v.nullable(count),
  /** Relative to the project folder. */
  dictionary: path,
  activations: path,
  /** Tokens of the activations, and of a sequence of them. */
  tokens: positiveInt,
  context: positiveInt,
});
export type PredictSource = v.InferOutput<typeof sourceSchema>;

const labelsSchema = v.strictObject({
  /**
   * A safetensors file, or a table (.csv, .tsv) in the project. Rows of a table stand for the tokens or
   * sequences in their order, unless columns say which ones.
   */
  file: path,
  /** Tensor [sequences, context], [sequences * context] or [sequences], or column of the table. */
  name,
  /** Columns of the table with the number of the sequence and the position in it, from 0. */
  sequence: v.optional(name),
  position: v.optional(name),
});
export type LabelSource = v.InferOutput<typeof labelsSchema>;

/** A label of tokens or sequences from the activations of a dictionary's features. */
export const predictSpecSchema = v.strictObject({
  kind: v.literal('predict'),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** A dictionary of the project whose features were collected. */
  dictionary: id,
  labels: labelsSchema,
  unit: v.optional(v.picklist(['token', 'sequence']), 'token'),
  /** How the activations of a feature on a sequence become one number. */
  aggregation: v.optional(v.picklist(['max', 'mean', 'any', 'last']), 'max'),
  family: v.optional(v.picklist(['gaussian', 'binomial']), 'binomial'),
  /** Strengths of the path, in equal ratios from the one that makes all coefficients zero. */
  lambdas: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(200)), 40),
  /** The smallest strength as a share of the largest. */
  ratio: v.optional(v.pipe(share(0, 0.9), v.gtValue(0)), 0.01),
  /** Share of the sequences that no choice and no fit sees. */
  heldOut: v.optional(share(0.05, 0.5), 0.2),
  folds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(20)), 5),
  /** Whether every fold is held out in turn to choose the strength, or the first alone. */
  validation: v.optional(v.picklist(['folds', 'split']), 'folds'),
  /** The least held-out deviance, or the largest strength within one standard error of it. */
  choice: v.optional(v.picklist(['minimum', 'one-standard-error']), 'one-standard-error'),
  standardise: v.optional(v.boolean(), true),
  /** Rows on which a feature must be active to be a predictor. */
  leastRows: v.optional(positiveInt, 20),
  /** Of the split by sequences. */
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)), 0),
  /** Whether the dictionaries of other seeds are asked for the same label. */
  seeds: v.optional(v.boolean(), true),
  /** Memory that the activations may take. */
  memoryBytes: v.optional(positiveInt, 2_000_000_000),
  /** Filled in when the job is submitted: the dictionary, then those of other seeds. */
  sources: v.optional(v.pipe(v.array(sourceSchema), v.minLength(1), v.maxLength(64))),
});
export type PredictSpec = v.InferOutput<typeof predictSpecSchema>;
