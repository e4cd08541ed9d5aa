import * as v from 'valibot';
import { operation } from './define.ts';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { importFormats } from '../domain/import-spec.ts';
import { limits } from '../limits.ts';

export const dictionaryRow = v.object({
  id,
  run: v.nullable(id),
  /** The job that trained it. Null for an imported one, as the next two are. */
  job: v.nullable(id),
  /** What the runs have in common whose specs differ from its own in the seed alone. */
  group: v.nullable(shortText),
  /** The objective that it was trained for, as specs call it. */
  objective: v.nullable(shortText),
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
  /** How clear it is to a reader, 1 to 5. */
  rating: v.nullable(count),
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
  'rating',
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

const rating = v.nullable(v.pipe(count, v.minValue(1), v.maxValue(5)));

/** Label and rating as they were from then on. */
export const labelEntry = v.object({ text, rating, author: shortText, time });
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
  /** The logits of all tokens in equal bins; empty where they were not counted. */
  logits: v.object({ edges: v.array(v.number()), counts: v.array(count) }),
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
  minRating: v.optional(v.pipe(count, v.maxValue(5)), 0),
  /** Name of a list that it is on; any feature where it is empty. */
  list: v.optional(shortText, ''),
  sort: v.optional(v.picklist(featureSortKeys), 'feature'),
  descending: v.optional(v.boolean(), false),
});
export type FeatureFilter = v.InferOutput<typeof featureFilter>;

const listName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const place = v.object({ sequence: count, position: count });
const firing = { feature: count, label: v.nullable(text) };

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
  /** How clear the feature is, from 1 to 5; null takes the rating away. */
  'features.rate': operation(
    v.strictObject({ ...inDictionary, feature: count, rating }),
    v.array(labelEntry),
  ),
  /** Takes back the newest entry, label or rating, of the feature and answers what is left. */
  'features.undoLabel': operation(
    v.strictObject({ ...inDictionary, feature: count }),
    v.array(labelEntry),
  ),
  /** Features that are active on the same tokens, by Jaccard index; counts are scaled to all tokens. */
  'features.coactive': operation(
    v.strictObject({ ...inDictionary, feature: count }),
    v.object({
      /** On which the feature is active, and how many of them were looked at. */
      tokens: count,
      sampled: count,
      features: v.array(v.object({ ...firing, both: count, jaccard: v.number() })),
    }),
  ),
  /** Tokens that occur and whose text holds a text. */
  'features.findTokens': operation(
    v.strictObject({ ...inDictionary, text: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
    v.object({
      total: count,
      tokens: v.array(v.object({ id: count, token: text, occurrences: count })),
    }),
  ),
  /** Features that fire on a token, by mean activation over the occurrences that were looked at. */
  'features.onToken': operation(
    v.strictObject({ ...inDictionary, token: count }),
    v.object({
      occurrences: count,
      sampled: count,
      /** Features that fire on any of them. */
      total: count,
      features: v.array(v.object({ ...firing, count, mean: v.number() })),
    }),
  ),
  /** What taking the feature out of the model does to the loss of the tokens around some places. */
  'features.ablate': operation(
    v.strictObject({
      ...inDictionary,
      feature: count,
      places: v.pipe(v.array(place), v.minLength(1), v.maxLength(100)),
      context: v.optional(v.pipe(count, v.maxValue(512)), 16),
    }),
    v.array(
      v.object({
        ...place.entries,
        start: count,
        /** Change of the loss of each token shown, in nats; positive where the feature helps. */
        effects: v.array(v.number()),
        /** Over the tokens shown after the place; null where there are none. */
        mean: maybeNumber,
      }),
    ),
  ),
  'features.lists': operation(
    v.strictObject({ ...inDictionary, feature: v.optional(count) }),
    v.object({
      lists: v.array(v.object({ name: shortText, features: count })),
      /** Those that the feature is on, where one was asked about. */
      of: v.array(shortText),
    }),
  ),
  /** Puts features on a list, which is made where it is new, or takes them off; an empty one goes. */
  'features.changeList': operation(
    v.strictObject({
      ...inDictionary,
      name: listName,
      add: v.optional(v.pipe(v.array(count), v.maxLength(100_000)), []),
      remove: v.optional(v.pipe(v.array(count), v.maxLength(100_000)), []),
    }),
    v.null(),
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
