import {
  type ComparisonMeasure,
  levelOf,
  minimumCounts,
} from '../../../shared/domain/comparison.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { FeatureMajor } from '../features/activation-store.ts';
import { type ActivityClasses, activityClasses } from './activity-classes.ts';
import { randomBestCosines, shuffledSequences } from './baselines.ts';
import { partnersAt } from './best-partners.ts';
import { coactivationPartners } from './coactivation-partners.ts';
import { coactivationMeasures } from './coactivation-tasks.ts';
import { type BothWays, cosinePartners, type SearchControl } from './cosine-partners.ts';
import {
  assignOneToOne,
  cosineLists,
  keptAt,
  type OneToOne,
  type PartnerLists,
} from './one-to-one.ts';
import { type MatchSummary, mutualPartners, summariseMatches } from './summarise-matches.ts';

/** One side: directions [n, d] with rows of unit length, and activations on the tokens of both. */
export interface ComparedDictionary {
  readonly decoder: Tensor;
  readonly encoder: Tensor;
  readonly activations: FeatureMajor;
}

export interface PairOptions extends SearchControl {
  readonly measures: readonly ComparisonMeasure[];
  /** Activations that a feature needs; one of `minimumCounts`, or the next above. */
  readonly minimumCount: number;
  readonly seed: number;
  /** Bootstrap resamples of features, at the chosen minimum count. */
  readonly resamples: number;
  readonly threads: number;
  /** Length of the sequences that the tokens are cut into. */
  readonly sequenceLength: number;
}

/** Both directions at one minimum count, and the features that choose each other. */
export interface LevelSummary {
  readonly minimumCount: number;
  readonly aToB: MatchSummary;
  readonly bToA: MatchSummary;
  readonly mutual: MatchSummary;
}

export interface MeasureComparison {
  readonly partners: BothWays;
  /** One for each of `minimumCounts`; intervals at the chosen one alone. */
  readonly levels: readonly LevelSummary[];
  readonly oneToOne: OneToOne;
  readonly oneToOneSummary: MatchSummary;
  /**
   * What there is to find by chance: best cosines among as many random directions, or best similarities
   * from A to B with B's sequences in another order.
   */
  readonly chance: MatchSummary;
}

export interface PairComparison {
  readonly minimumCount: number;
  /** Features of A and of B that reach it. */
  readonly kept: { readonly a: number; readonly b: number };
  readonly measures: ReadonlyMap<ComparisonMeasure, MeasureComparison>;
}

/**
 * Holds two dictionaries against each other by where their features point and by what they do on the
 * same tokens: best partners in both directions with replacement, mutual ones, one to one, and by chance.
 * @param onProgress counts pairs and tasks of all parts together, as shares of 1
 */
export async function comparePair(
  engine: Engine,
  a: ComparedDictionary,
  b: ComparedDictionary,
  options: PairOptions,
): Promise<PairComparison> {
  const { pause } = options;
  const level = levelOf(options.minimumCount);
  const classes = { a: classesOf(a.activations), b: classesOf(b.activations) };
  const kept = { a: keptAt(classes.a, level), b: keptAt(classes.b, level) };
  const sizes = { a: a.activations.latents, b: b.activations.latents };
  const sides = (['decoder', 'encoder'] as const).filter((side) => options.measures.includes(side));
  const active = coactivationMeasures.filter((name) => options.measures.includes(name));
  // Activations are compared twice: as they are, and by chance.
  const step = partsOf(sides.length + (active.length > 0 ? 2 : 0), options);

  const measure = (partners: BothWays, lists: PartnerLists, chance: Float64Array) => {
    const oneToOne = assignOneToOne(lists, kept.a, kept.b, sizes);
    const summary = (values: Float64Array, index?: Int32Array, resamples = options.resamples) =>
      summariseMatches(index ?? new Int32Array(values.length).fill(-1), values, {
        seed: options.seed,
        resamples,
        partners: kept.b.length,
      });
    return {
      partners,
      levels: levelSummaries(partners, classes, options),
      oneToOne,
      oneToOneSummary: summary(oneToOne.value, oneToOne.index),
      chance: summary(chance),
    };
  };

  const cosine = async (side: 'decoder' | 'encoder', part: number) => {
    const [width] = a[side].shape.slice(1);
    const partners = await cosinePartners(engine, a[side], b[side], classes, step(part));
    const lists = cosineLists(engine, a[side], b[side], kept.a, kept.b);
    const chance = randomBestCosines(engine, kept.b.length, width!, options.seed);
    await pause?.();
    return measure(partners, lists, chance);
  };
  const coactivation = (other: FeatureMajor, part: number) =>
    coactivationPartners(a.activations, other, {
      measures: active,
      threads: options.threads,
      level,
      ...step(part),
    });

  const measures = new Map<ComparisonMeasure, MeasureComparison>();
  for (const [part, side] of sides.entries()) measures.set(side, await cosine(side, part));
  if (active.length > 0) {
    const found = await coactivation(b.activations, sides.length);
    const shuffled = shuffledSequences(b.activations, options.sequenceLength, options.seed);
    const byChance = await coactivation(shuffled, sides.length + 1);
    for (const name of active) {
      const { lists, ...partners } = found.get(name)!;
      const chance = partnersAt(byChance.get(name)!.aToB, level).value;
      measures.set(name, measure(partners, lists, chance));
    }
  }
  return {
    minimumCount: minimumCounts[level]!,
    kept: { a: kept.a.length, b: kept.b.length },
    measures,
  };
}

function classesOf({ latents, pointers }: FeatureMajor): ActivityClasses {
  return activityClasses(
    Float64Array.from({ length: latents }, (_, i) => pointers[i + 1]! - pointers[i]!),
  );
}

function levelSummaries(
  { aToB, bToA }: BothWays,
  classes: { readonly a: ActivityClasses; readonly b: ActivityClasses },
  { minimumCount, seed, resamples }: PairOptions,
): LevelSummary[] {
  const chosen = levelOf(minimumCount);
  return minimumCounts.map((count, level) => {
    const [toB, toA] = [partnersAt(aToB, level), partnersAt(bToA, level)];
    const mutual = mutualPartners(toB, toA);
    const summary = (
      { index, value }: { index: Int32Array; value: Float64Array },
      partners: ActivityClasses,
    ) =>
      summariseMatches(index, value, {
        seed,
        resamples: level === chosen ? resamples : 0,
        partners: keptAt(partners, level).length,
      });
    return {
      minimumCount: count,
      aToB: summary(toB, classes.b),
      bToA: summary(toA, classes.a),
      mutual: summary(mutual, classes.b),
    };
  });
}

/** Progress of one part of several, as a share of 1 of the whole. */
function partsOf(parts: number, { onProgress, pause }: SearchControl) {
  return (part: number): SearchControl => ({
    ...(onProgress && {
      onProgress: (done, total) => onProgress((part + done / total) / parts, 1),
    }),
    ...(pause && { pause }),
  });
}
