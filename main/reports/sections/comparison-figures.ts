import { meanInterval } from '../../../shared/stats/mean-interval.ts';
import {
  levelOf,
  shareSteps,
  similarityBins,
  type MatchDetail,
} from '../../../shared/domain/comparison.ts';
import type { GroupCurve } from '../charts/curves.ts';
import type { ComparedMeasure, ComparisonSectionData } from '../report-data.ts';

/** One line of the figures: one direction of one pair, or the pairs of a group together. */
export interface ComparisonSeries {
  readonly name: string;
  /** Counts in the bins of [-1, 1]. */
  readonly histogram: readonly number[];
  /** Share of features matched at 0, 0.01 … 1, with an interval. */
  readonly share: GroupCurve;
}

/** Lines beyond these could not be told apart. */
const mostSeries = 7;

/**
 * Lines of one measure: both directions of a single pair; else the pairs of replicates, group by group;
 * else, where nothing has a replicate, pair by pair.
 */
export function comparisonSeries(
  section: ComparisonSectionData,
  { pairs }: ComparedMeasure,
): ComparisonSeries[] {
  const { list, minimumCount } = section.comparison;
  const level = levelOf(minimumCount);
  const directions = pairs.map(({ a, b, detail }) => {
    const { aToB, bToA } = detail.levels[level]!;
    return { a, b, both: [aToB, bToA] as const };
  });
  const [only] = directions;
  if (directions.length === 1 && only)
    return [
      { name: 'A to B', histogram: only.both[0].histogram, share: bootstrapped(only.both[0]) },
      { name: 'B to A', histogram: only.both[1].histogram, share: bootstrapped(only.both[1]) },
    ];
  const groups = [...new Set(list.map(({ group }) => group))];
  const replicated = groups.flatMap((key) => {
    const members = directions.filter(
      ({ a, b }) => list[a]!.group === key && list[b]!.group === key,
    );
    const name = list.find(({ group }) => group === key)!.groupName;
    return members.length === 0 ? [] : [joined(`${name}, across seeds`, members)];
  });
  if (replicated.length > 0) return replicated.slice(0, mostSeries);
  return directions.slice(0, mostSeries).map((pair) => {
    const name = (place: number) => list[place]!.groupName;
    return joined(`${name(pair.a)} with ${name(pair.b)}`, [pair]);
  });
}

/** What chance gives in all pairs together. */
export function chanceHistogram({ pairs }: ComparedMeasure): number[] {
  return pooled(pairs.map(({ detail }) => detail.chance));
}

function joined(
  name: string,
  members: readonly { both: readonly [MatchDetail, MatchDetail] }[],
): ComparisonSeries {
  const curves = members.flatMap(({ both: [one, other] }) =>
    one.share.length === 0 || other.share.length === 0
      ? []
      : [one.share.map((share, step) => (share + other.share[step]!) / 2)],
  );
  const points = steps.map((_, step) => meanInterval(curves.map((curve) => curve[step]!)));
  return {
    name,
    histogram: pooled(members.flatMap(({ both }) => both)),
    share: {
      x: steps,
      mean: points.map((point) => point?.mean ?? null),
      low: points.map((point) => within(point?.low ?? null)),
      high: points.map((point) => within(point?.high ?? null)),
    },
  };
}

const steps = Array.from({ length: shareSteps }, (_, step) => step / (shareSteps - 1));

/** A share lies between 0 and 1; a t interval of few may not. */
function within(share: number | null): number | null {
  return share === null ? null : Math.min(1, Math.max(0, share));
}

function bootstrapped({ share, shareLow, shareHigh }: MatchDetail): GroupCurve {
  const orNull = (values: readonly number[]) => steps.map((_, step) => values[step] ?? null);
  return { x: steps, mean: orNull(share), low: orNull(shareLow), high: orNull(shareHigh) };
}

function pooled(matches: readonly MatchDetail[]): number[] {
  return Array.from({ length: similarityBins }, (_, bin) =>
    matches.reduce((sum, { histogram }) => sum + (histogram[bin] ?? 0), 0),
  );
}
