import { minimumCounts } from '../../../shared/domain/comparison.ts';
import type { OpenTasks } from '../parallel/run-tasks.ts';
import { CandidateSearch } from './coactivation-candidates.ts';
import type { CoactivationMemory } from './coactivation-memory.ts';
import { CoactivationRow } from './coactivation-row.ts';
import { PartnerList } from './partner-list.ts';

/** What activation similarities are called; the order of `measures` in the outputs. */
export const coactivationMeasures = ['jaccard', 'weightedJaccard', 'correlation'] as const;
export type CoactivationMeasure = (typeof coactivationMeasures)[number];

/** One dictionary's part of what all tasks share. */
export interface SharedSide {
  readonly classOf: Uint8Array;
  readonly count: Float64Array;
  readonly sum: Float64Array;
  /** sqrt(sum of squares - sum^2 / tokens), [n]: the norm of the centred activations. */
  readonly spread: Float64Array;
}

export interface CoactivationShared {
  readonly measures: readonly CoactivationMeasure[];
  readonly tokens: number;
  /** Lists of partners wanted for the one-to-one assignment: the k best that reach class `level`. */
  readonly lists: { readonly level: number; readonly k: number };
  readonly a: SharedSide & {
    readonly pointers: Float64Array;
    readonly token: Int32Array;
    /** Empty where Jaccard alone is asked for. */
    readonly value: Float32Array;
  };
  /** What the kernels work in; it holds B's activations. */
  readonly memory: CoactivationMemory;
  /** Features of B are numbered class by class here: class c has those from classStart[c] on. */
  readonly b: SharedSide & {
    readonly classStart: Int32Array;
    readonly pointers: Uint32Array;
    readonly feature: Uint16Array | Int32Array;
    readonly value: Float32Array;
    /** `count` as the kernels read it. */
    readonly floatCount: Float32Array;
  };
}

/** A task: features `from` up to `to` of A. */
export interface FeatureRange {
  readonly from: number;
  readonly to: number;
}

/** Best partners that one task saw, per measure: of its features of A and of all features of B. */
export interface CoactivationOutput extends FeatureRange {
  readonly best: readonly {
    /** [levels, to - from] by class of the partner. */
    readonly aIndex: Int32Array;
    readonly aValue: Float64Array;
    /** [levels, nB] by class of the partner. */
    readonly bIndex: Int32Array;
    readonly bValue: Float64Array;
    /** [to - from, k]; best first where there are more than k, -1 where there are fewer. */
    readonly listIndex: Int32Array;
    readonly listValue: Float32Array;
  }[];
}

const levels = minimumCounts.length;

/**
 * For each feature of A, walks the tokens on which it is active and adds up what each feature of B does
 * there: pairs that share no token cost nothing, and only one row of the n by n matrix is ever there.
 */
export const openTasks: OpenTasks<CoactivationShared, FeatureRange, CoactivationOutput> = (
  shared,
) => {
  const row = new CoactivationRow(shared);
  const candidates = new CandidateSearch(shared, row);
  return ({ from, to }) => {
    const output = emptyOutput(shared, from, to);
    candidates.forgetBest();
    for (let feature = from; feature < to; feature++) {
      row.fill(feature);
      shared.measures.forEach((measure, m) => {
        if (measure === 'jaccard') return;
        keepBest(row, measure, shared, feature, feature - from, to - from, output.best[m]!);
      });
      const jaccard = shared.measures.indexOf('jaccard');
      if (jaccard >= 0)
        candidates.keepBest(feature, feature - from, to - from, output.best[jaccard]!);
      row.clear(jaccard >= 0);
    }
    return output;
  };
};

export type Best = CoactivationOutput['best'][number];

function emptyOutput(
  { measures, b, lists }: CoactivationShared,
  from: number,
  to: number,
): CoactivationOutput {
  const [rows, columns] = [levels * (to - from), levels * b.count.length];
  const best = measures.map(() => ({
    aIndex: new Int32Array(rows).fill(-1),
    aValue: new Float64Array(rows).fill(-Infinity),
    bIndex: new Int32Array(columns).fill(-1),
    bValue: new Float64Array(columns).fill(-Infinity),
    listIndex: new Int32Array((to - from) * lists.k).fill(-1),
    listValue: new Float32Array((to - from) * lists.k),
  }));
  return { from, to, best };
}

/**
 * Holds the row against the best so far of either side. Nearly all pairs fall short of both, and that is
 * found out by products alone: a similarity is `part / whole`, and exceeds a best of v where part > v whole.
 * Ties go to the partner of smaller number: within a class B's come in rising order, and so do A's.
 */
function keepBest(
  { overlap, smaller, product }: CoactivationRow,
  measure: Exclude<CoactivationMeasure, 'jaccard'>,
  { a, b, tokens, lists }: CoactivationShared,
  feature: number,
  row: number,
  rows: number,
  best: Best,
): void {
  const { aIndex, aValue, bIndex, bValue } = best;
  const ownClass = a.classOf[feature]!;
  const columns = b.count.length;
  const toB = ownClass * columns;
  const isListed = ownClass >= lists.level;
  const list = new PartnerList(best, row, lists.k);
  const sum = a.sum[feature]!;
  const spread = a.spread[feature]!;
  for (let level = 0; level < levels; level++) {
    const atA = level * rows + row;
    const isWanted = isListed && level >= lists.level;
    let bestOfA = aValue[atA]!;
    const end = b.classStart[level + 1]!;
    for (let j = b.classStart[level]!; j < end; j++) {
      if (overlap[j] === 0) continue;
      let part: number;
      let whole: number;
      if (measure === 'weightedJaccard') {
        part = smaller[j]!;
        whole = sum + b.sum[j]! - part;
      } else {
        part = product[j]! - (sum * b.sum[j]!) / tokens;
        whole = spread * b.spread[j]!;
      }
      const isBetter = part >= bestOfA * whole || part >= bValue[toB + j]! * whole;
      if (!isBetter && !(isWanted && part > list.least * whole)) continue;
      const value = part / whole;
      if (value > bestOfA) {
        bestOfA = value;
        aIndex[atA] = j;
      }
      if (value > bValue[toB + j]!) {
        bValue[toB + j] = value;
        bIndex[toB + j] = feature;
      }
      if (isWanted && value > list.least) list.add(j, value);
    }
    aValue[atA] = bestOfA;
  }
}
