import type { OpenTasks } from '../parallel/run-tasks.ts';
import { minimumCounts } from './activity-classes.ts';

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
  readonly b: SharedSide & {
    readonly pointers: Float64Array;
    readonly feature: Int32Array;
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
        const best = output.best[m]!;
        const similarity = row.similarities(feature, measure);
        keepBest(row, similarity, shared, feature, feature - from, to - from, best);
        if (shared.a.classOf[feature]! >= shared.lists.level)
          keepList(row, similarity, shared, feature - from, best);
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

/** The features of B that share tokens with one feature of A, and how much. */
class OverlapRow {
  /** Features of B met, in the order in which they were met. */
  readonly met: Int32Array;
  metCount = 0;
  readonly #shared: CoactivationShared;
  readonly #needsValues: boolean;
  /** Tokens shared, [nB]. */
  readonly #overlap: Int32Array;
  /** Sum over tokens of the smaller activation, and of the product. */
  readonly #smaller: Float64Array;
  readonly #product: Float64Array;
  readonly #similarity: Float64Array;

  constructor(shared: CoactivationShared) {
    const n = shared.b.count.length;
    this.#shared = shared;
    this.#needsValues = shared.measures.some((measure) => measure !== 'jaccard');
    this.met = new Int32Array(n);
    this.#overlap = new Int32Array(n);
    this.#smaller = new Float64Array(this.#needsValues ? n : 0);
    this.#product = new Float64Array(this.#needsValues ? n : 0);
    this.#similarity = new Float64Array(n);
  }

  fill(feature: number): void {
    if (this.#needsValues) this.#addValues(feature);
    else this.#addTokens(feature);
    const overlap = this.#overlap;
    let count = 0;
    for (let j = 0; j < overlap.length; j++) if (overlap[j]! > 0) this.met[count++] = j;
    this.metCount = count;
  }

  #addTokens(feature: number): void {
    const { a, b } = this.#shared;
    const overlap = this.#overlap;
    const { pointers: starts, feature: partners } = b;
    const end = a.pointers[feature + 1]! >>> 0;
    for (let at = a.pointers[feature]! >>> 0; at < end; at++) {
      const token = a.token[at]!;
      const stop = starts[token + 1]! >>> 0;
      for (let entry = starts[token]! >>> 0; entry < stop; entry++) overlap[partners[entry]!]!++;
    }
  }

  #addValues(feature: number): void {
    const { a, b } = this.#shared;
    const [overlap, smaller, product] = [this.#overlap, this.#smaller, this.#product];
    const { pointers: starts, feature: partners, value } = b;
    const end = a.pointers[feature + 1]! >>> 0;
    for (let at = a.pointers[feature]! >>> 0; at < end; at++) {
      const token = a.token[at]!;
      const own = a.value[at]!;
      const stop = starts[token + 1]! >>> 0;
      for (let entry = starts[token]! >>> 0; entry < stop; entry++) {
        const partner = partners[entry]!;
        const other = value[entry]!;
        overlap[partner]!++;
        smaller[partner]! += own < other ? own : other;
        product[partner]! += own * other;
      }
    }
  }

  /** The similarity of each feature met, at its place in `met`. */
  similarities(feature: number, measure: CoactivationMeasure): Float64Array {
    const { a, b, tokens } = this.#shared;
    const { met, metCount } = this;
    const out = this.#similarity;
    if (measure === 'jaccard')
      for (let i = 0; i < metCount; i++) {
        const j = met[i]!;
        const both = this.#overlap[j]!;
        out[i] = both / (a.count[feature]! + b.count[j]! - both);
      }
    else if (measure === 'weightedJaccard')
      for (let i = 0; i < metCount; i++) {
        const j = met[i]!;
        const least = this.#smaller[j]!;
        out[i] = least / (a.sum[feature]! + b.sum[j]! - least);
      }
    else
      for (let i = 0; i < metCount; i++) {
        const j = met[i]!;
        const product = this.#product[j]! - (a.sum[feature]! * b.sum[j]!) / tokens;
        out[i] = product / (a.spread[feature]! * b.spread[j]!);
      }
    return out;
  }

  clear(): void {
    this.#overlap.fill(0);
    this.#smaller.fill(0);
    this.#product.fill(0);
  }
}

/** Ties go to the partner of smaller number: B's are met in rising order, A's come in rising order. */
function keepBest(
  { met, metCount }: OverlapRow,
  similarity: Float64Array,
  { a, b }: CoactivationShared,
  feature: number,
  row: number,
  rows: number,
  { aIndex, aValue, bIndex, bValue }: Best,
): void {
  const ownClass = a.classOf[feature]!;
  const columns = b.count.length;
  for (let i = 0; i < metCount; i++) {
    const j = met[i]!;
    const value = similarity[i]!;
    const atA = b.classOf[j]! * rows + row;
    if (value > aValue[atA]!) {
      aValue[atA] = value;
      aIndex[atA] = j;
    }
    const atB = ownClass * columns + j;
    if (value > bValue[atB]!) {
      bValue[atB] = value;
      bIndex[atB] = feature;
    }
  }
}

/** Fills the feature's list; only where more partners were met than it holds is it kept in order. */
function keepList(
  { met, metCount }: OverlapRow,
  similarity: Float64Array,
  { b, lists: { level, k } }: CoactivationShared,
  row: number,
  { listIndex, listValue }: Best,
): void {
  const isCut = metCount > k;
  const start = row * k;
  let count = 0;
  for (let i = 0; i < metCount; i++) {
    const j = met[i]!;
    const value = similarity[i]!;
    if (b.classOf[j]! < level || Number.isNaN(value)) continue;
    if (count === k && !(value > listValue[start + k - 1]!)) continue;
    let place = count < k ? count++ : k - 1;
    for (; isCut && place > 0 && listValue[start + place - 1]! < value; place--) {
      listIndex[start + place] = listIndex[start + place - 1]!;
      listValue[start + place] = listValue[start + place - 1]!;
    }
    listIndex[start + place] = j;
    listValue[start + place] = value;
  }
}
