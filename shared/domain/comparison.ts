import * as v from 'valibot';
import { count, maybeNumber, shortText } from './schemas.ts';

/**
 * By what two features are alike: the cosine of their decoder or encoder directions, or what they do on
 * the same tokens.
 */
export const comparisonMeasures = [
  'decoder',
  'encoder',
  'jaccard',
  'weightedJaccard',
  'correlation',
] as const;
export type ComparisonMeasure = (typeof comparisonMeasures)[number];

/** Minimum numbers of activations that features may be asked for; 0 keeps dead features too. */
export const minimumCounts = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/** Bins of a histogram of similarities over [-1, 1]. */
export const similarityBins = 100;
/** Thresholds of the share-matched curve: 0, 0.01 … 1. */
export const shareSteps = 101;
/** In-degrees told apart; the last place counts all larger ones. */
export const inDegrees = 6;

/** The figures of one set of best partners that a table shows. */
export const matchFigures = v.object({
  /** Features with a similarity; those dropped by the minimum count, or without one, are not in it. */
  n: count,
  dropped: count,
  /** Null where n is 0. */
  mean: maybeNumber,
  median: maybeNumber,
  /** 95 % bootstrap interval of the mean over features; null but at the comparison's minimum count. */
  ci95: v.nullable(v.tuple([v.number(), v.number()])),
});
export type MatchFigures = v.InferOutput<typeof matchFigures>;

/** The figures alone of what may hold more. */
export function figuresOf({ n, dropped, mean, median, ci95 }: MatchFigures): MatchFigures {
  return { n, dropped, mean, median, ci95 };
}

/** Everything about one set of best partners. */
export const matchDetail = v.object({
  ...matchFigures.entries,
  /** Counts in `similarityBins` equal bins of [-1, 1]; a bin holds its lower end. */
  histogram: v.array(count),
  /**
   * Share of the n features whose similarity is at least 0, 0.01 … 1 (empty where n is 0), and its 95 %
   * bootstrap intervals, which are empty where `ci95` is null.
   */
  share: v.array(v.number()),
  shareLow: v.array(v.number()),
  shareHigh: v.array(v.number()),
  /** How many partners are claimed by 0, 1 … features; the last by that many or more. */
  inDegree: v.array(count),
  largestInDegree: count,
  /** Different partners that are somebody's best, and that over n. */
  distinctTargets: count,
  distinctShare: maybeNumber,
});
export type MatchDetail = v.InferOutput<typeof matchDetail>;

const level = <Entry extends v.GenericSchema>(entry: Entry) =>
  v.object({
    minimumCount: count,
    /** Each feature of A with its best in B, with replacement; and the other way round. */
    aToB: entry,
    bToA: entry,
    /** Features of A that are the best of their own best. */
    mutual: entry,
  });
export const levelFigures = level(matchFigures);
export type LevelFigures = v.InferOutput<typeof levelFigures>;
export const levelDetail = level(matchDetail);
export type LevelDetail = v.InferOutput<typeof levelDetail>;

const assignment = {
  /** Sum of the similarities of the assignment; no assignment has a larger one than `bound`. */
  total: v.number(),
  bound: v.number(),
  method: v.picklist(['exact', 'auction']),
};

/** What one pair comes to by one measure, as the matrix shows it: one entry for each minimum count. */
export const pairFigures = v.object({
  levels: v.array(levelFigures),
  /** One to one, at the comparison's minimum count alone. */
  oneToOne: v.object({ ...matchFigures.entries, ...assignment }),
  /** What there would be to find by chance, at that count. */
  chance: matchFigures,
});
export type PairFigures = v.InferOutput<typeof pairFigures>;

/** Everything about one pair by one measure. */
export const pairDetail = v.object({
  levels: v.array(levelDetail),
  oneToOne: v.object({ ...matchDetail.entries, ...assignment }),
  /**
   * Best cosines of random directions among as many, or best similarities from A to B with B's sequences
   * in another order.
   */
  chance: matchDetail,
});
export type PairDetail = v.InferOutput<typeof pairDetail>;

/** One dictionary of a comparison. Its place in the list is how pairs name it. */
export const comparedDictionary = v.object({
  /** As the spec names it: an id in the project, or a path. */
  source: shortText,
  seed: v.nullable(count),
  /** Equal for replicates, which differ in their seed alone. */
  group: shortText,
  hook: shortText,
  /** Folder of the model whose activations it reads, relative to the project folder. */
  model: shortText,
  architecture: shortText,
  dIn: count,
  latents: count,
  /** Features that reach the comparison's minimum count, and those never active on its tokens. */
  kept: count,
  dead: count,
});
export type ComparedDictionary = v.InferOutput<typeof comparedDictionary>;

/** The place in `minimumCounts` that keeps the features with at least `minimum` activations. */
export function levelOf(minimum: number): number {
  const level = minimumCounts.findIndex((offered) => offered >= minimum);
  return level === -1 ? minimumCounts.length - 1 : level;
}
