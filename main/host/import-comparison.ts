import { figuresOf, type ComparisonMeasure } from '../../shared/domain/comparison.ts';
import type { CompareSpec } from '../../shared/domain/job-spec.ts';
import type { NewPair, StoredComparison } from '../db/comparisons.ts';
import { readComparison, readPairSummary } from '../jobs/comparison-files.ts';

export interface GatheredComparison {
  readonly comparison: StoredComparison;
  /** Read one by one. */
  readonly pairs: Iterable<NewPair>;
}

/** What a comparison has left in its folder; null for a job of another kind. @throws AppError */
export function gatherComparison(
  folder: string,
  job: { readonly id: string; readonly createdAt: number; readonly spec: CompareSpec },
): GatheredComparison | null {
  const file = readComparison(folder);
  if (!file) return null;
  const { id, measures, minimumCount, tokens, dictionaries } = file;
  return {
    comparison: {
      id,
      job: job.id,
      name: job.spec.name,
      createdAt: job.createdAt,
      measures,
      minimumCount,
      tokens,
      tokensFile: job.spec.tokens.file,
      list: dictionaries,
    },
    pairs: pairsOf(folder, file.pairs),
  };
}

function* pairsOf(folder: string, pairs: readonly { a: number; b: number }[]): Generator<NewPair> {
  for (const pair of pairs)
    for (const [measure, detail] of Object.entries(readPairSummary(folder, pair).measures)) {
      const { levels, oneToOne, chance } = detail;
      const figures = {
        levels: levels.map(({ minimumCount, aToB, bToA, mutual }) => ({
          minimumCount,
          aToB: figuresOf(aToB),
          bToA: figuresOf(bToA),
          mutual: figuresOf(mutual),
        })),
        oneToOne: {
          ...figuresOf(oneToOne),
          total: oneToOne.total,
          bound: oneToOne.bound,
          method: oneToOne.method,
        },
        chance: figuresOf(chance),
      };
      yield { ...pair, measure: measure as ComparisonMeasure, figures, detail };
    }
}
