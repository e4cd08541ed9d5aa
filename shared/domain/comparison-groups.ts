import type { GroupFigures, MatrixPair } from '../contract/comparisons.ts';
import type { MetricSummary } from '../contract/runs.ts';
import { meanInterval } from '../stats/mean-interval.ts';
import type { MatchFigures } from './comparison.ts';

const none: MetricSummary = { n: 0, mean: null, low: null, high: null };

/**
 * Figures of pairs by the groups of their dictionaries: a pair of replicates counts for its group, others
 * for the two of theirs. The intervals are t intervals over pairs and describe their spread only: pairs
 * share dictionaries, so they are not independent.
 * @param groups key of the group of each place
 */
export function groupFigures(
  pairs: readonly MatrixPair[],
  groups: readonly string[],
): GroupFigures[] {
  const order = [...new Set(groups)];
  const byGroups = Map.groupBy(pairs, ({ a, b }) => {
    const [one, other] = [order.indexOf(groups[a]!), order.indexOf(groups[b]!)];
    return `${Math.min(one, other)} ${Math.max(one, other)}`;
  });
  return order.flatMap((of, first) =>
    order.slice(first).flatMap((against, after) => {
      const members = byGroups.get(`${first} ${first + after}`);
      if (!members) return [];
      return {
        of,
        against,
        bothWays: over(members, ({ aToB, bToA }) => meanOf(aToB.mean, bToA.mean)),
        mutual: over(members, ({ mutual }) => mutual.mean),
        oneToOne: members.every(({ oneToOne }) => oneToOne)
          ? over(members, ({ oneToOne }) => oneToOne!.mean)
          : null,
      };
    }),
  );
}

function over(
  pairs: readonly MatrixPair[],
  value: (pair: MatrixPair) => MatchFigures['mean'],
): MetricSummary {
  const values = pairs.map(value).filter((mean) => mean !== null);
  return meanInterval(values) ?? none;
}

function meanOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : (one + other) / 2;
}
