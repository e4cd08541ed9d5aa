import { quantile } from '../../../shared/stats/quantile.ts';
import { inDegrees, shareSteps, similarityBins } from '../../../shared/domain/comparison.ts';
import { FastRandom } from '../fast-random.ts';
import { streams } from '../random.ts';

export interface MatchOptions {
  readonly seed: number;
  /** Bootstrap resamples of features. */
  readonly resamples: number;
  /** Features of the other dictionary that were kept, for what nobody claims. */
  readonly partners: number;
}

/**
 * What the best partners of the features of one dictionary come to. The unit of resampling is the
 * feature, so intervals say how well these two dictionaries' figure is known, not how much it varies
 * between seeds.
 */
export interface MatchSummary {
  /** Features with a similarity; those dropped by the minimum count, or without one, are not in it. */
  readonly n: number;
  readonly dropped: number;
  readonly mean: number;
  readonly median: number;
  /** 95 % percentile bootstrap interval of the mean. */
  readonly ci95: readonly [number, number];
  /** Counts of similarities in `similarityBins` equal bins of [-1, 1]; a bin holds its lower end. */
  readonly histogram: readonly number[];
  /** Share of the n features whose similarity is at least the threshold, with 95 % bootstrap intervals. */
  readonly share: readonly number[];
  readonly shareLow: readonly number[];
  readonly shareHigh: readonly number[];
  /** How many partners are claimed by 0, 1, 2 … features; the last by that many or more. */
  readonly inDegree: readonly number[];
  readonly largestInDegree: number;
  /** Different partners that are somebody's best, and that over n. */
  readonly distinctTargets: number;
  readonly distinctShare: number;
}

/**
 * @param index best partner of each feature, -1 for none
 * @param value its similarity, NaN for features that are not counted
 */
export function summariseMatches(
  index: Int32Array,
  value: Float64Array,
  options: MatchOptions,
): MatchSummary {
  const kept = value.filter((similarity) => !Number.isNaN(similarity));
  const sorted = kept.slice().sort();
  const n = kept.length;
  const claims = claimsOf(index, value);
  const inDegree = new Array<number>(inDegrees).fill(0);
  let largestInDegree = 0;
  for (const count of claims.values()) {
    inDegree[Math.min(count, inDegrees - 1)]!++;
    largestInDegree = Math.max(largestInDegree, count);
  }
  inDegree[0] = Math.max(0, options.partners - claims.size);
  return {
    n,
    dropped: value.length - n,
    mean: n === 0 ? NaN : kept.reduce((sum, similarity) => sum + similarity, 0) / n,
    median: quantile(sorted, 0.5),
    histogram: histogramOf(kept),
    share: sharesOf(kept),
    ...bootstrap(kept, options),
    inDegree,
    largestInDegree,
    distinctTargets: claims.size,
    distinctShare: n === 0 ? NaN : claims.size / n,
  };
}

/** Features whose best partner has them as its own best partner, at one threshold. */
export function mutualPartners(
  aToB: { readonly index: Int32Array; readonly value: Float64Array },
  bToA: { readonly index: Int32Array },
): { index: Int32Array; value: Float64Array } {
  const isMutual = (partner: number, feature: number) =>
    partner !== -1 && bToA.index[partner] === feature;
  return {
    index: aToB.index.map((partner, i) => (isMutual(partner, i) ? partner : -1)),
    value: aToB.value.map((similarity, i) => (isMutual(aToB.index[i]!, i) ? similarity : NaN)),
  };
}

function claimsOf(index: Int32Array, value: Float64Array): Map<number, number> {
  const claims = new Map<number, number>();
  index.forEach((partner, feature) => {
    if (partner === -1 || Number.isNaN(value[feature]!)) return;
    claims.set(partner, (claims.get(partner) ?? 0) + 1);
  });
  return claims;
}

function histogramOf(values: Float64Array): number[] {
  const counts = new Array<number>(similarityBins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value + 1) / 2) * similarityBins);
    counts[Math.min(similarityBins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

/** Index of the highest threshold that a similarity reaches; -1 below 0. */
function stepOf(value: number): number {
  // A hair above, so that a similarity of 0.29 computed as 0.28999999 reaches 0.29.
  return Math.min(shareSteps - 1, Math.floor(value * (shareSteps - 1) + 1e-9));
}

function sharesOf(values: Float64Array): number[] {
  const reached = new Float64Array(shareSteps);
  for (const value of values) if (stepOf(value) >= 0) reached[stepOf(value)]!++;
  return fromAbove(reached).map((count) => count / values.length);
}

/** Counts of values at a step or above. */
function fromAbove(counts: Float64Array): number[] {
  const out = Array.from(counts);
  for (let step = out.length - 2; step >= 0; step--) out[step]! += out[step + 1]!;
  return out;
}

function bootstrap(values: Float64Array, { seed, resamples }: MatchOptions) {
  const n = values.length;
  if (n === 0 || resamples === 0) return { ci95: [NaN, NaN] as const, shareLow: [], shareHigh: [] };
  const random = new FastRandom(seed, streams.comparison);
  const steps = Int16Array.from(values, stepOf);
  const means = new Float64Array(resamples);
  const shares = Array.from({ length: shareSteps }, () => new Float64Array(resamples));
  const reached = new Float64Array(shareSteps);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    reached.fill(0);
    for (let draw = 0; draw < n; draw++) {
      const pick = random.below(n);
      sum += values[pick]!;
      if (steps[pick]! >= 0) reached[steps[pick]!]!++;
    }
    means[resample] = sum / n;
    fromAbove(reached).forEach((count, step) => (shares[step]![resample] = count / n));
  }
  const intervals = shares.map(interval95);
  return {
    ci95: interval95(means),
    shareLow: intervals.map(([low]) => low),
    shareHigh: intervals.map(([, high]) => high),
  };
}

/** The 2.5 and 97.5 % quantiles. Sorts in place. */
function interval95(samples: Float64Array): readonly [number, number] {
  samples.sort();
  return [quantile(samples, 0.025), quantile(samples, 0.975)];
}
