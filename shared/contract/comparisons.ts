import * as v from 'valibot';
import { operation } from './define.ts';
import {
  comparedDictionary,
  comparisonMeasures,
  matchFigures,
  pairDetail,
} from '../domain/comparison.ts';
import { metricSummary } from './runs.ts';
import { count, id, shortText, time } from '../domain/schemas.ts';

/** Dictionaries held against each other by a job of kind `compare`, which `jobs.submit` begins. */
export const comparisonRow = v.object({
  id,
  job: id,
  name: shortText,
  createdAt: time,
  dictionaries: count,
  pairs: count,
  measures: v.array(v.picklist(comparisonMeasures)),
  /** Activations that a feature needs; every figure is also there at the other minimum counts. */
  minimumCount: count,
  /** Tokens that all dictionaries were run on, and the file that they are from. */
  tokens: count,
  tokensFile: shortText,
});
export type ComparisonRow = v.InferOutput<typeof comparisonRow>;

/** A dictionary of a comparison with what the project knows of it. */
export const namedDictionary = v.object({
  ...comparedDictionary.entries,
  /** Its id in the project; null for one that was named by a path. */
  dictionary: v.nullable(id),
  run: v.nullable(id),
  /** What tells its group from the others of the comparison, such as its objective. */
  groupName: shortText,
});
export type NamedDictionary = v.InferOutput<typeof namedDictionary>;

/** Places of two dictionaries in the list; the pair's A is the one named first. */
const pair = { a: count, b: count };

export const comparisonDetail = v.object({
  ...comparisonRow.entries,
  list: v.array(namedDictionary),
  /** The pairs that were compared, each in one order: {a, b} stands for {b, a} too. */
  compared: v.array(v.object(pair)),
});
export type ComparisonDetail = v.InferOutput<typeof comparisonDetail>;

/** One cell of the matrix, at one measure and minimum count. */
export const matrixPair = v.object({
  ...pair,
  aToB: matchFigures,
  bToA: matchFigures,
  mutual: matchFigures,
  /** At the comparison's own minimum count alone; null elsewhere. */
  oneToOne: v.nullable(matchFigures),
  chance: v.nullable(matchFigures),
});
export type MatrixPair = v.InferOutput<typeof matrixPair>;

/**
 * Pairs of dictionaries of two groups, or of one: the figures of a pair are the means of both directions,
 * and the interval is a t interval over pairs. It is descriptive: pairs share dictionaries.
 */
export const groupFigures = v.object({
  /** Keys of the groups; equal for pairs of replicates, across seeds. */
  of: shortText,
  against: shortText,
  /** Over pairs. */
  bothWays: metricSummary,
  mutual: metricSummary,
  oneToOne: v.nullable(metricSummary),
});
export type GroupFigures = v.InferOutput<typeof groupFigures>;

/** A tensor inside a file of bytes that a page fetches whole: a view at `offset`, little-endian. */
export const fetchedTensor = v.object({
  name: shortText,
  dtype: v.picklist(['I32', 'F32']),
  shape: v.array(count),
  /** From the start of the file; a multiple of the size of an entry. */
  offset: count,
});
export type FetchedTensor = v.InferOutput<typeof fetchedTensor>;

export const fetchedTensors = v.object({
  url: shortText,
  bytes: count,
  tensors: v.array(fetchedTensor),
});
export type FetchedTensors = v.InferOutput<typeof fetchedTensors>;

const inComparison = { project: id, comparison: id };
const measure = v.picklist(comparisonMeasures);

export const comparisonsContract = {
  'comparisons.list': operation(v.strictObject({ project: id }), v.array(comparisonRow)),
  'comparisons.get': operation(v.strictObject(inComparison), comparisonDetail),
  /** Every pair at one measure and minimum count (one of `minimumCounts`, or the next above). */
  'comparisons.matrix': operation(
    v.strictObject({ ...inComparison, measure, minimumCount: v.optional(count) }),
    v.object({
      /** The count that holds. */
      minimumCount: count,
      pairs: v.array(matrixPair),
      groups: v.array(groupFigures),
    }),
  ),
  /** One pair by one measure at every minimum count. A pair asked for as {b, a} answers so. */
  'comparisons.pair': operation(
    v.strictObject({ ...inComparison, ...pair, measure }),
    v.object({ ...pair, detail: pairDetail }),
  ),
  /**
   * Partners of every feature of a pair by one measure, as bytes: `a_to_b_index` int32 and
   * `a_to_b_value` float32 [minimum counts, nA], `b_to_a_index` and `b_to_a_value` [minimum counts, nB],
   * `one_to_one_index` and `one_to_one_value` [nA]. Index -1 for a feature that is dropped or has no
   * partner; value NaN for one that is dropped or has none. `a` and `b` are as the pair was compared.
   */
  'comparisons.columns': operation(
    v.strictObject({ ...inComparison, ...pair, measure }),
    v.object({ ...pair, ...fetchedTensors.entries }),
  ),
  /**
   * What is known of every feature of one dictionary: `count` int32 [n]; for each measure
   * `stability_MEASURE_mean` and `stability_MEASURE_least` float32 [n], over the best matches in all its
   * replicates of the comparison (NaN for a feature that is dropped, or without replicates);
   * `encoder_decoder_cosine` float32 [n]; `nearest` int32 [n] and `nearest_cosine` float32 [n], the
   * nearest other decoder direction of the same dictionary.
   */
  'comparisons.features': operation(
    v.strictObject({ ...inComparison, dictionary: count }),
    fetchedTensors,
  ),
  /** Removes a comparison with its files. What it compared stays. */
  'comparisons.delete': operation(v.strictObject(inComparison), v.null()),
};
