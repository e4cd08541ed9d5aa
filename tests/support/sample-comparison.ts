import type { ComparisonSectionData } from '../../main/reports/report-data.ts';
import {
  minimumCounts,
  type MatchDetail,
  type PairDetail,
} from '../../shared/domain/comparison.ts';

function match(mean: number, n: number): MatchDetail {
  const histogram = new Array<number>(100).fill(0);
  histogram[Math.floor(((mean + 1) / 2) * 100)] = n;
  const share = Array.from({ length: 101 }, (_, step) => (step / 100 <= mean ? 1 : 0));
  return {
    n,
    dropped: 20 - n,
    mean,
    median: mean,
    ci95: [mean - 0.01, mean + 0.01],
    histogram,
    share,
    shareLow: share,
    shareHigh: share,
    inDegree: [1, n - 1, 0, 0, 0, 0],
    largestInDegree: 4,
    distinctTargets: n - 1,
    distinctShare: 0.75,
  };
}

function detail(aToB: number, bToA: number): PairDetail {
  return {
    // The filter takes what agrees by accident: without it, all is more alike.
    levels: minimumCounts.map((minimumCount) => {
      const isFiltered = minimumCount >= 10;
      const lift = isFiltered ? 0 : 0.05;
      const n = isFiltered ? 16 : 20;
      return {
        minimumCount,
        aToB: match(aToB + lift, n),
        bToA: match(bToA + lift, n),
        mutual: match(aToB, n - 4),
      };
    }),
    oneToOne: { ...match(aToB - 0.1, 16), total: 9, bound: 9.5, method: 'auction' },
    chance: match(0.12, 16),
  };
}

/** Two groups of two seeds; or a single pair. */
export function sampleComparison(isPair = false): ComparisonSectionData {
  const list = ['local', 'local', 'e2e', 'e2e'].slice(0, isPair ? 2 : 4).map((name, place) => ({
    source: `dict_00000${place}`,
    dictionary: `dict_00000${place}`,
    run: `run_00000${place}`,
    seed: place % 2,
    group: name,
    groupName: name,
    hook: 'blocks.1.hook_resid_pre',
    model: 'model',
    architecture: 'relu',
    dIn: 8,
    latents: 20,
    kept: 16,
    dead: 1,
  }));
  const pairs = [
    { a: 0, b: 1, detail: detail(0.8, 0.6) },
    { a: 2, b: 3, detail: detail(0.5, 0.4) },
  ].slice(0, isPair ? 1 : 2);
  const summary = (mean: number) => ({ n: 1, mean, low: null, high: null });
  const measures = ['decoder', 'jaccard'] as const;
  return {
    kind: 'comparison',
    comparison: {
      id: 'cmp_000001',
      job: 'job_000001',
      name: 'across seeds',
      createdAt: 0,
      dictionaries: list.length,
      pairs: pairs.length,
      measures: [...measures],
      minimumCount: 10,
      tokens: 4800,
      tokensFile: 'tokens.safetensors',
      list,
      compared: pairs.map(({ a, b }) => ({ a, b })),
    },
    measures: measures.map((measure) => ({
      measure,
      pairs,
      groups: ['local', 'e2e'].slice(0, pairs.length).map((of, i) => ({
        of,
        against: of,
        bothWays: summary(i === 0 ? 0.7 : 0.45),
        mutual: summary(0.8),
        oneToOne: null,
      })),
    })),
  };
}
