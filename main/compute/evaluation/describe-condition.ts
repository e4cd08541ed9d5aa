import type { EvaluationCondition } from '../../../shared/contract/evaluations.ts';
import { wilsonInterval } from '../../../shared/stats/intervals.ts';
import { ruleOfThree, upperBound } from './binomial-bounds.ts';
import { itemMean, type Item } from './condition-items.ts';
import { clusteredMeanError, meanError, tInterval } from './mean-error.ts';

type Figures = Pick<
  EvaluationCondition,
  | 'samples'
  | 'errored'
  | 'limited'
  | 'unscored'
  | 'items'
  | 'mean'
  | 'se'
  | 'clusters'
  | 'low'
  | 'high'
  | 'intervalKind'
  | 'successes'
  | 'upper'
  | 'ruleOfThree'
>;

/**
 * Mean of one condition over its items with interval and error: Wilson's interval where every item is
 * right or wrong, else Student's t; clustered t where clusters are asked for. An upper bound of Clopper
 * and Pearson for success, since "it cannot" needs a bound and not a p value.
 */
export function describeCondition(
  items: readonly Item[],
  condition: number,
  { confidence, isClustered }: { confidence: number; isClustered: boolean },
): Figures {
  const states = { scored: 0, errored: 0, limited: 0, unscored: 0 };
  const values: number[] = [];
  const clusters: number[] = [];
  for (const item of items) {
    for (const entry of item.entries) if (entry.condition === condition) states[entry.state]++;
    const mean = itemMean(item, condition);
    if (mean === null) continue;
    values.push(mean);
    clusters.push(item.cluster);
  }
  const { scored, ...others } = states;
  const n = values.length;
  const counts = { ...others, samples: scored + states.errored + states.limited + states.unscored };
  const of = isClustered ? clusteredMeanError(values, clusters) : meanError(values);
  const isBinary = n > 0 && values.every((value) => value === 0 || value === 1);
  const successes = isBinary ? values.filter((value) => value === 1).length : null;
  const isWilson = successes !== null && !isClustered;
  const interval = isWilson ? wilsonInterval(successes, n, confidence) : tInterval(of, confidence);
  return {
    ...counts,
    items: n,
    mean: finite(of.mean),
    se: finite(of.se),
    clusters: of.clusters,
    low: finite(interval.low),
    high: finite(interval.high),
    intervalKind: isWilson ? 'wilson' : isClustered ? 'clustered t' : 't',
    successes,
    upper: successes === null ? null : upperBound(successes, n, confidence),
    ruleOfThree: successes === 0 && n > 0 ? ruleOfThree(n) : null,
  };
}

/** A number for JSON: what is not finite is missing. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
