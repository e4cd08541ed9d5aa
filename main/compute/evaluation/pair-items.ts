import { summarise } from '../../../shared/stats/summary.ts';
import { itemMean, type Item } from './condition-items.ts';
import type { PairedTable } from './paired-binary.ts';

/** The items of two conditions side by side. */
export interface PairedItems {
  readonly n: number;
  /** First minus second, one for each paired item. */
  readonly differences: Float64Array;
  readonly clusters: Uint32Array;
  readonly meanFirst: number;
  readonly meanSecond: number;
  /** Where every paired item is right or wrong in both. */
  readonly table: PairedTable | null;
  readonly unpairedFirst: number;
  readonly unpairedSecond: number;
  readonly unmatchedEpochs: number;
  readonly differentInput: number;
}

/** Pairs items by sample and epoch: each is averaged over the epochs that both have scored. */
export function pairItems(items: readonly Item[], first: number, second: number): PairedItems {
  const firstMeans: number[] = [];
  const secondMeans: number[] = [];
  const clusters: number[] = [];
  const counts = { unpairedFirst: 0, unpairedSecond: 0, unmatchedEpochs: 0, differentInput: 0 };
  for (const item of items) {
    const matched = matchEpochs(item, first, second);
    if (matched.n > 0) {
      firstMeans.push(matched.first / matched.n);
      secondMeans.push(matched.second / matched.n);
      clusters.push(item.cluster);
      counts.unmatchedEpochs += matched.unmatched;
      if (matched.isDifferent) counts.differentInput++;
      continue;
    }
    if (itemMean(item, first) !== null) counts.unpairedFirst++;
    if (itemMean(item, second) !== null) counts.unpairedSecond++;
  }
  return {
    n: firstMeans.length,
    differences: Float64Array.from(firstMeans, (mean, index) => mean - secondMeans[index]!),
    clusters: Uint32Array.from(clusters),
    meanFirst: summarise(firstMeans).mean,
    meanSecond: summarise(secondMeans).mean,
    table: tableOf(firstMeans, secondMeans),
    ...counts,
  };
}

function matchEpochs(item: Item, first: number, second: number) {
  const matched = { n: 0, first: 0, second: 0, unmatched: 0, isDifferent: false };
  let scored = 0;
  for (const entry of item.entries) {
    if (entry.score === null || (entry.condition !== first && entry.condition !== second)) continue;
    scored++;
    if (entry.condition !== first) continue;
    const other = item.entries.find(
      ({ condition, epoch, score }) =>
        condition === second && epoch === entry.epoch && score !== null,
    );
    if (!other) continue;
    matched.n++;
    matched.first += entry.score;
    matched.second += other.score!;
    matched.isDifferent ||= other.inputHash !== entry.inputHash;
  }
  matched.unmatched = scored - 2 * matched.n;
  return matched;
}

function tableOf(first: readonly number[], second: readonly number[]): PairedTable | null {
  const table = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (const [index, a] of first.entries()) {
    const b = second[index]!;
    if ((a !== 0 && a !== 1) || (b !== 0 && b !== 1)) return null;
    if (a === b) table[a === 1 ? 'both' : 'neither']++;
    else table[a === 1 ? 'onlyFirst' : 'onlySecond']++;
  }
  return table;
}
