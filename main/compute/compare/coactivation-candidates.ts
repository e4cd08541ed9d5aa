import { minimumCounts } from '../../../shared/domain/comparison.ts';
import { chunkPartners } from './coactivation-memory.ts';
import type { CoactivationRow } from './coactivation-row.ts';
import type { Best, CoactivationShared } from './coactivation-tasks.ts';
import { PartnerList } from './partner-list.ts';

/** Above 0, so that a pair that shares no token is never a candidate, and below any Jaccard. */
const none = 1e-30;

/** A float32 that lies below a Jaccard by more than the kernels round. */
function below(value: number): number {
  return value > none ? Math.fround(value * (1 - 2 ** -20)) : none;
}

/**
 * Holds rows of counts against the best Jaccard so far of either side. The kernels drop, in float32 and
 * with a margin, the pairs that fall short of all; what they leave is held against the best exactly.
 * Ties go to the partner of smaller number: within a class B's come in rising order, and so do A's.
 */
export class CandidateSearch {
  readonly #shared: CoactivationShared;
  readonly #row: CoactivationRow;
  /** [levels, nB]: below the best of each feature of B by class of the partner. */
  readonly #thresholds: Float32Array;
  readonly #found: Int32Array;

  constructor(shared: CoactivationShared, row: CoactivationRow) {
    const { buffer } = shared.memory.memory;
    const size = minimumCounts.length * shared.b.count.length;
    this.#shared = shared;
    this.#row = row;
    this.#thresholds = new Float32Array(buffer, row.at('thresholds'), size);
    this.#found = new Int32Array(buffer, row.at('found'), 2 * chunkPartners + 2);
  }

  /** To be called before a task: what another one found does not count. */
  forgetBest(): void {
    this.#thresholds.fill(none);
  }

  /** Sets the counters of the row back to 0. */
  keepBest(feature: number, row: number, rows: number, best: Best): void {
    const { a, b, lists } = this.#shared;
    const { aIndex, aValue, bIndex, bValue } = best;
    const ownClass = a.classOf[feature]!;
    const toB = ownClass * b.count.length;
    const isListed = ownClass >= lists.level;
    const list = new PartnerList(best, row, lists.k);
    const count = a.count[feature]!;
    for (let level = 0; level < minimumCounts.length; level++) {
      const atA = level * rows + row;
      const isWanted = isListed && level >= lists.level && lists.k > 0;
      const end = b.classStart[level + 1]!;
      for (let from = b.classStart[level]!; from < end; from += chunkPartners) {
        const least = isWanted ? Math.min(aValue[atA]!, list.least) : aValue[atA]!;
        const found = this.#find(from, Math.min(end, from + chunkPartners), toB, count, least);
        for (let at = 2; at < 2 + 2 * found; at += 2) {
          const j = this.#found[at]!;
          const both = this.#found[at + 1]!;
          const value = both / (count + b.count[j]! - both);
          if (value > aValue[atA]!) {
            aValue[atA] = value;
            aIndex[atA] = j;
          }
          if (value > bValue[toB + j]!) {
            bValue[toB + j] = value;
            bIndex[toB + j] = feature;
            this.#thresholds[toB + j] = below(value);
          }
          if (isWanted && value > list.least) list.add(j, value);
        }
      }
    }
  }

  #find(from: number, to: number, toB: number, count: number, least: number): number {
    const row = this.#row;
    row.run(
      row.isShort ? 'findShared16' : 'findShared32',
      from,
      to,
      row.at('row'),
      this.#shared.b.floatCount.byteOffset,
      row.at('thresholds') + 4 * toB,
      row.at('found'),
      count,
      below(least),
    );
    return this.#found[0]!;
  }
}
