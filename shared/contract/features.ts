import * as v from 'valibot';
import { operation } from './define.ts';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { importFormats } from '../domain/import-spec.ts';
import { limits } from '../limits.ts';

export const dictionaryRow = v.object({
  id,
  run: v.nullable(id),
  /** The job that trained it; its dictionaries differ in the seed alone. Null for an imported one. */
  job: v.nullable(id),
  name: shortText,
  seed: v.nullable(count),
  hook: shortText,
  model: shortText,
  architecture: shortText,
  dIn: count,
  latents: count,
  /** Tokens over which the features were counted; 0 where they were not yet. */
  tokens: count,
  /** Positions of each sequence that those tokens came in. */
  context: count,
  alive: v.nullable(count),
  properties: v.array(shortText),
  /** Whose features came with a dashboard of another tool: its weights are not here. Null otherwise. */
  imported: v.nullable(
    v.object({ from: shortText, format: v.nullable(v.picklist(importFormats)) }),
  ),
});
export type DictionaryRow = v.InferOutput<typeof dictionaryRow>;

/** The best feature of one sibling dictionary for a feature, by decoder cosine. */
export const siblingMatch = v.object({
  dictionary: id,
  seed: v.nullable(count),
  feature: count,
  cosine: v.number(),
});

export const featureRow = v.object({
  feature: count,
  /** Tokens on which it is not 0, of the dictionary's `tokens`. */
  count,
  density: v.number(),
  /** Wilson 95 % interval of the density. */
  densityLow: v.number(),
  densityHigh: v.number(),
  /** Over tokens on which it is active; null for a dead one. */
  mean: maybeNumber,
  max: maybeNumber,
  label: v.nullable(text),
  /** Mean over sibling dictionaries of the best decoder cosine; null without siblings. */
  stability: maybeNumber,
  /** The ground-truth property that it tells best, where there are labels. */
  property: v.nullable(shortText),
  auc: maybeNumber,
});
export type FeatureRow = v.InferOutput<typeof featureRow>;

export const featureSortKeys = [
  'feature',
  'count',
  'mean',
  'max',
  'stability',
  'auc',
  'label',
] as const;

/** A stretch of text around one activation. Activations are of the feature shown, one per token. */
export const example = v.object({
  sequence: count,
  position: count,
  /** Position of the first token shown. */
  start: count,
  value: v.number(),
  tokens: v.array(text),
  ids: v.array(count),
  activations: v.array(v.number()),
});
export type Example = v.InferOutput<typeof example>;

export const exampleGroup = v.object({
  /** `top`, or the quantile band of the activations such as `60-80 %`. */
  name: shortText,
  kind: v.picklist(['top', 'quantile', 'random', 'near-miss']),
  /** Activations that the group was drawn from. */
  from: count,
  examples: v.array(example),
});
export type ExampleGroup = v.InferOutput<typeof exampleGroup>;

const logit = v.object({ id: count, token: text, value: v.number() });
const neighbour = v.object({ feature: count, cosine: v.number(), label: v.nullable(text) });

export const labelEntry = v.object({ text, author: shortText, time });
export type LabelEntry = v.InferOutput<typeof labelEntry>;

export const featureDetail = v.object({
  row: featureRow,
  tokens: count,
  /** Equal bins between 0 and the largest activation; zeros are not counted. */
  histogram: v.object({ edges: v.array(v.number()), counts: v.array(count) }),
  groups: v.array(exampleGroup),
  /** Effect of the decoder direction on the next-token logits, without the final norm's scale. */
  promoted: v.array(logit),
  suppressed: v.array(logit),
  decoderNeighbours: v.array(neighbour),
  encoderNeighbours: v.array(neighbour),
  matches: v.array(siblingMatch),
  scores: v.array(v.object({ property: shortText, auc: v.number(), positives: count })),
  labels: v.array(labelEntry),
  /** Density by position in the sequence, in equal bins. */
  densityByPosition: v.array(v.number()),
  encoderDecoderCosine: maybeNumber,
});
export type FeatureDetail = v.InferOutput<typeof featureDetail>;

/** What the features of a dictionary are counted up to, always over all of them. */
export const featureSummary = v.object({
  total: count,
  /** Active on no token that was counted. */
  dead: count,
  labelled: count,
  /** Those that tell a ground-truth property with an AUC of at least 0.9. */
  telling: count,
  /** Median density of those that are not dead. */
  medianDensity: maybeNumber,
  /** Features that are not dead by log10 of their density, in equal bins. */
  density: v.object({ edges: v.array(v.number()), counts: v.array(count) }),
});
export type FeatureSummary = v.InferOutput<typeof featureSummary>;

const inDictionary = { project: id, dictionary: id };

/** Which features of a dictionary, and in which order. */
const featureFilter = v.object({
  /** A feature's number, or words of its label. */
  search: v.optional(shortText, ''),
  dead: v.optional(v.picklist(['show', 'hide', 'only']), 'show'),
  labelled: v.optional(v.picklist(['any', 'yes', 'no']), 'any'),
  minCount: v.optional(count, 0),
  sort: v.optional(v.picklist(featureSortKeys), 'feature'),
  descending: v.optional(v.boolean(), false),
});
export type FeatureFilter = v.InferOutput<typeof featureFilter>;

export const featuresContract = {
  'features.page': operation(
    v.strictObject({
      ...inDictionary,
      ...featureFilter.entries,
      offset: count,
      limit: v.pipe(count, v.maxValue(limits.pageRows)),
    }),
    v.object({ total: count, rows: v.array(featureRow) }),
  ),
  /** Where a feature stands among those of a filter, in its order; it need not fit the filter itself. */
  'features.place': operation(
    v.strictObject({ ...inDictionary, ...featureFilter.entries, feature: count }),
    v.object({
      total: count,
      /** How many come before it. */
      before: count,
      previous: v.nullable(count),
      next: v.nullable(count),
    }),
  ),
  'features.summary': operation(v.strictObject(inDictionary), featureSummary),
  'features.get': operation(
    v.strictObject({
      ...inDictionary,
      feature: count,
      /** Tokens shown on each side of the activation. */
      context: v.optional(v.pipe(count, v.maxValue(512)), 16),
    }),
    featureDetail,
  ),
  'features.setLabel': operation(
    v.strictObject({
      ...inDictionary,
      feature: count,
      text: v.pipe(v.string(), v.maxLength(limits.labelCharacters)),
    }),
    v.array(labelEntry),
  ),
  /** Takes back the newest label of the feature and answers what is left. */
  'features.undoLabel': operation(
    v.strictObject({ ...inDictionary, feature: count }),
    v.array(labelEntry),
  ),
  /** Runs the local model on a text and answers the feature's activation on each token. */
  'features.tryText': operation(
    v.strictObject({
      ...inDictionary,
      feature: count,
      text: v.pipe(v.string(), v.minLength(1), v.maxLength(20_000)),
    }),
    v.object({
      tokens: v.array(text),
      ids: v.array(count),
      activations: v.array(v.number()),
      /** Largest activation in the project's own tokens, for the scale of the shading. */
      max: maybeNumber,
      truncated: v.boolean(),
    }),
  ),
};
