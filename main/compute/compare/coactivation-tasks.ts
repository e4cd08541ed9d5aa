import { minimumCounts } from '../../../shared/domain/comparison.ts';
import type { OpenTasks } from '../parallel/run-tasks.ts';

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
    readonly value: Float32Array;
  };
  /** Features of B are numbered class by class here: class c has those from classStart[c] on. */
  readonly b: SharedSide & {
    readonly classStart: Int32Array;
    readonly pointers: Uint32Array;
    readonly feature: Uint16Array | Int32Array;
    readonly value: Float32Array;
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
/** Tokens ahead whose rows are asked for before they are needed: they lie far apart in memory. */
const ahead = 8;

/**
 * For each feature of A, walks the tokens on which it is active and adds up what each feature of B does
 * there: pairs that share no token cost nothing, and only one row of the n by n matrix is ever there.
 */
export const openTasks: OpenTasks<CoactivationShared, FeatureRange, CoactivationOutput> = (
  shared,
) => {
  const row = new OverlapRow(shared);
  return ({ from, to }) => {
    const output = emptyOutput(shared, from, to);
    for (let feature = from; feature < to; feature++) {
      row.fill(feature);
      shared.measures.forEach((measure, m) => {
        keepBest(row, measure, shared, feature, feature - from, to - from, output.best[m]!);
      });
      row.clear();
    }
    return output;
  };
};

type Best = CoactivationOutput['best'][number];

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

/** What one feature of A shares with each feature of B. */
class OverlapRow {
  /** Tokens shared, [nB]. */
  readonly overlap: Int32Array;
  /** Sum over tokens of the smaller activation, and of the product. */
  readonly smaller: Float64Array;
  readonly product: Float64Array;
  /** Read by nobody: keeps the reading ahead alive. */
  touched = 0;
  readonly #shared: CoactivationShared;
  readonly #needsValues: boolean;

  constructor(shared: CoactivationShared) {
    const n = shared.b.count.length;
    this.#shared = shared;
    this.#needsValues = shared.measures.some((measure) => measure !== 'jaccard');
    this.overlap = new Int32Array(n);
    this.smaller = new Float64Array(this.#needsValues ? n : 0);
    this.product = new Float64Array(this.#needsValues ? n : 0);
  }

  fill(feature: number): void {
    const { pointers } = this.#shared.a;
    const [from, to] = [pointers[feature]!, pointers[feature + 1]!];
    if (this.#needsValues) this.#addValues(from, to);
    else this.#addTokens(from, to);
  }

  #addTokens(from: number, to: number): void {
    const { token } = this.#shared.a;
    const { pointers: starts, feature: partners } = this.#shared.b;
    const overlap = this.overlap;
    let touched = 0;
    for (let at = from | 0; at < to; at++) {
      if (at + ahead < to) touched += partners[starts[token[at + ahead]!]!]! | 0;
      const stop = starts[token[at]! + 1]!;
      for (let entry = starts[token[at]!]!; entry < stop; entry++) overlap[partners[entry]!]!++;
    }
    this.touched = touched | 0;
  }

  #addValues(from: number, to: number): void {
    const { token, value: own } = this.#shared.a;
    const { pointers: starts, feature: partners, value } = this.#shared.b;
    const { overlap, smaller, product } = this;
    let touched = 0;
    for (let at = from | 0; at < to; at++) {
      if (at + ahead < to) {
        const next = starts[token[at + ahead]!]!;
        touched += (partners[next]! | 0) + value[next]!;
      }
      const mine = own[at]!;
      const stop = starts[token[at]! + 1]!;
      for (let entry = starts[token[at]!]!; entry < stop; entry++) {
        const partner = partners[entry]!;
        const other = value[entry]!;
        overlap[partner]!++;
        smaller[partner]! += mine < other ? mine : other;
        product[partner]! += mine * other;
      }
    }
    this.touched = touched;
  }

  clear(): void {
    this.overlap.fill(0);
    this.smaller.fill(0);
    this.product.fill(0);
  }
}

/**
 * Holds the row against the best so far of either side. Nearly all pairs fall short of both, and that is
 * found out by products alone: a similarity is `part / whole`, and exceeds a best of v where part > v whole.
 * Ties go to the partner of smaller number: within a class B's come in rising order, and so do A's.
 */
function keepBest(
  { overlap, smaller, product }: OverlapRow,
  measure: CoactivationMeasure,
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
  const count = a.count[feature]!;
  const sum = a.sum[feature]!;
  const spread = a.spread[feature]!;
  for (let level = 0; level < levels; level++) {
    const atA = level * rows + row;
    const isWanted = isListed && level >= lists.level;
    let bestOfA = aValue[atA]!;
    const end = b.classStart[level + 1]!;
    for (let j = b.classStart[level]!; j < end; j++) {
      const both = overlap[j]!;
      if (both === 0) continue;
      let part = both;
      let whole: number;
      if (measure === 'jaccard') whole = count + b.count[j]! - both;
      else if (measure === 'weightedJaccard') {
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

/** The k best partners of one feature, kept in order. */
class PartnerList {
  /** A similarity must exceed it to get in. */
  least = -Infinity;
  readonly #index: Int32Array;
  readonly #value: Float32Array;
  #count = 0;

  constructor({ listIndex, listValue }: Best, row: number, k: number) {
    this.#index = listIndex.subarray(row * k, (row + 1) * k);
    this.#value = listValue.subarray(row * k, (row + 1) * k);
    if (k === 0) this.least = Infinity;
  }

  add(partner: number, value: number): void {
    const index = this.#index;
    const values = this.#value;
    let place = this.#count < index.length ? this.#count++ : index.length - 1;
    for (; place > 0 && values[place - 1]! < value; place--) {
      index[place] = index[place - 1]!;
      values[place] = values[place - 1]!;
    }
    index[place] = partner;
    values[place] = value;
    if (this.#count === index.length) this.least = values[index.length - 1]!;
  }
}
