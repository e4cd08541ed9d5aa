import { quantile } from '../../../shared/stats/quantile.ts';
import { FastRandom } from '../fast-random.ts';
import { streams } from '../random.ts';
import type { Steps } from '../steps.ts';

const replicates = 2000;

/**
 * Percentile bootstrap interval of a mean (Efron & Tibshirani 1993, section 13.3) from 2,000 resamples
 * of whole clusters, or of values where each is its own cluster. The same seed and values give the
 * same interval.
 * @param cluster number of the cluster of each value; null where values are independent
 * @param substream tells apart the pairs of one comparison
 */
export function* bootstrapMean(
  values: Float64Array,
  cluster: ArrayLike<number> | null,
  options: { confidence: number; seed: number; substream: number },
): Steps<{ low: number; high: number }> {
  const { sums, counts } = clusterSums(values, cluster);
  const random = new FastRandom(options.seed, streams.conditionBootstrap, options.substream);
  const means = new Float64Array(replicates);
  for (let replicate = 0; replicate < replicates; replicate++) {
    let sum = 0;
    let n = 0;
    for (let i = 0; i < sums.length; i++) {
      const drawn = random.below(sums.length);
      sum += sums[drawn]!;
      n += counts[drawn]!;
    }
    means[replicate] = sum / n;
    yield { phase: 'bootstrap', done: replicate + 1, total: replicates };
  }
  means.sort();
  const tail = (1 - options.confidence) / 2;
  return { low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

function clusterSums(values: Float64Array, cluster: ArrayLike<number> | null) {
  if (!cluster) return { sums: values, counts: new Float64Array(values.length).fill(1) };
  const groups = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < values.length; i++) {
    const group = groups.get(cluster[i]!) ?? { sum: 0, count: 0 };
    group.sum += values[i]!;
    group.count++;
    groups.set(cluster[i]!, group);
  }
  const all = [...groups.values()];
  return {
    sums: Float64Array.from(all, ({ sum }) => sum),
    counts: Float64Array.from(all, ({ count }) => count),
  };
}
