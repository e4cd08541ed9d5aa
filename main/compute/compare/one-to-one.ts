import type { Engine, Tensor } from '../engine.ts';
import { bestMatches } from '../features/directions.ts';
import { type ActivityClasses } from './activity-classes.ts';
import { assignCandidates, type Candidates } from './assign-candidates.ts';
import { rowsAt } from './rows-at.ts';
import { assignExactly } from './assign-exactly.ts';

/** Features of either side up to which the assignment is exact. */
export const exactLimit = 5000;
/** Best partners of each feature that the auction knows beyond that. */
export const candidateCount = 32;

export interface OneToOne {
  /** Partner of each feature of A, -1 where it has none. */
  readonly index: Int32Array;
  /** NaN where the index is -1. */
  readonly value: Float64Array;
  /** Sum of the values; no assignment has a larger one than `bound`. */
  readonly total: number;
  readonly bound: number;
  readonly method: 'exact' | 'auction';
}

/** Lists of partners of the features of A, in the numbers of the dictionaries. */
export interface PartnerLists {
  readonly k: number;
  /** [nA, k], -1 where there are fewer */
  readonly index: Int32Array;
  readonly value: Float64Array | Float32Array;
  /** Whether partners that are not listed may have a score above 0. */
  readonly isCut: boolean;
}

/** Features that a minimum count keeps, rising. */
export function keptAt({ classOf }: ActivityClasses, level: number): Int32Array {
  return Int32Array.from(classOf.keys()).filter((feature) => classOf[feature]! >= level);
}

/** How many partners are to be listed for each feature. */
export function listLength(keptA: number, keptB: number): number {
  return Math.max(keptA, keptB) <= exactLimit ? keptB : Math.min(candidateCount, keptB);
}

/**
 * The one-to-one assignment of largest total similarity between the kept features: exact where neither
 * side has more than `exactLimit`, else by auction on the lists. Pairs that are not listed score 0.
 */
export function assignOneToOne(
  lists: PartnerLists,
  keptA: Int32Array,
  keptB: Int32Array,
  sizes: { readonly a: number; readonly b: number },
): OneToOne {
  const place = new Int32Array(sizes.b).fill(-1);
  keptB.forEach((feature, at) => (place[feature] = at));
  const isExact = Math.max(keptA.length, keptB.length) <= exactLimit;
  const { column, total, bound } = isExact
    ? exactly(lists, keptA, keptB.length, place)
    : assignCandidates(candidatesOf(lists, keptA, keptB.length, place));
  const index = new Int32Array(sizes.a).fill(-1);
  const value = new Float64Array(sizes.a).fill(NaN);
  column.forEach((at, i) => {
    if (at === -1) return;
    const feature = keptA[i]!;
    index[feature] = keptB[at]!;
    value[feature] = listedValue(lists, feature, keptB[at]!);
  });
  return { index, value, total, bound, method: isExact ? 'exact' : 'auction' };
}

/** Lists by cosine, between rows of unit length. */
export function cosineLists(
  engine: Engine,
  a: Tensor,
  b: Tensor,
  keptA: Int32Array,
  keptB: Int32Array,
): PartnerLists {
  const k = listLength(keptA.length, keptB.length);
  const [rows, columns] = [rowsAt(engine, a, keptA), rowsAt(engine, b, keptB)];
  const found = bestMatches(engine, rows, columns, k);
  engine.dispose(rows, columns);
  const index = new Int32Array(a.shape[0]! * found.k).fill(-1);
  const value = new Float32Array(a.shape[0]! * found.k);
  keptA.forEach((feature, i) => {
    for (let rank = 0; rank < found.k; rank++) {
      index[feature * found.k + rank] = keptB[found.index[i * found.k + rank]!]!;
      value[feature * found.k + rank] = found.cosine[i * found.k + rank]!;
    }
  });
  return { k: found.k, index, value, isCut: found.k < keptB.length };
}

function exactly(lists: PartnerLists, keptA: Int32Array, columns: number, place: Int32Array) {
  const rows = keptA.length;
  // The shorter side is assigned to the longer one.
  const isWide = rows <= columns;
  const score = new Float32Array(rows * columns);
  keptA.forEach((feature, i) => {
    for (let at = feature * lists.k; at < (feature + 1) * lists.k; at++) {
      const j = lists.index[at]! === -1 ? -1 : place[lists.index[at]!]!;
      if (j !== -1) score[isWide ? i * columns + j : j * rows + i] = lists.value[at]!;
    }
  });
  if (isWide) {
    const { column, total } = assignExactly(score, rows, columns);
    return { column, total, bound: total };
  }
  const { column: rowOf, total } = assignExactly(score, columns, rows);
  const column = new Int32Array(rows).fill(-1);
  rowOf.forEach((row, j) => (column[row] = j));
  return { column, total, bound: total };
}

function candidatesOf(
  { k, index, value, isCut }: PartnerLists,
  keptA: Int32Array,
  columns: number,
  place: Int32Array,
): Candidates {
  const picked = new Int32Array(keptA.length * k);
  const values = new Float64Array(keptA.length * k);
  keptA.forEach((feature, i) => {
    for (let rank = 0; rank < k; rank++) {
      const partner = index[feature * k + rank]!;
      picked[i * k + rank] = partner === -1 ? -1 : place[partner]!;
      values[i * k + rank] = value[feature * k + rank]!;
    }
  });
  return { rows: keptA.length, columns, k, index: picked, value: values, isCut };
}

function listedValue({ k, index, value }: PartnerLists, feature: number, partner: number): number {
  for (let at = feature * k; at < (feature + 1) * k; at++)
    if (index[at] === partner) return value[at]!;
  return 0;
}
