import type { OpenTasks } from '../../parallel/run-tasks.ts';
import { drawBootstrap, drawHalf, drawRows, drawSplit } from './draws.ts';
import type { Anchor } from './logistic-refit.ts';
import { emptyBatch, writeRefit, type RefitBatch } from './refit-batch.ts';
import { predict, Refitter, type StudyFamily, type StudyPenalty } from './refitter.ts';
import { packRows, wholeRowSet, type RowSet, type StudyData } from './row-set.ts';
import { scoreNames, writeScores } from './scores.ts';
import { firstToEnter } from './selection-path.ts';

/** What all tasks of a study share; `data` lies in memory that all threads see. */
export interface StudyShared {
  readonly data: StudyData;
  readonly family: StudyFamily;
  readonly penalty: StudyPenalty;
  readonly seed: number;
  readonly testShare: number;
  readonly anchor: Anchor | null;
  /** Coefficients that outcomes are drawn from in the power view, and the residual SD (gaussian). */
  readonly truth: Float64Array;
  readonly sigma: number;
}

/** Refits `from` up to `to` of a kind. */
export type StudyTask =
  | {
      readonly kind: 'subsets';
      readonly subsets: readonly (readonly number[])[];
      /** The training rows of this split instead of all rows. */
      readonly split: number | null;
    }
  | {
      readonly kind: 'splits';
      readonly from: number;
      readonly to: number;
      /** Column sets that are fitted on each split. */
      readonly sets: readonly (readonly number[])[];
    }
  | { readonly kind: 'bootstrap'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'selection';
      readonly from: number;
      readonly to: number;
      readonly variables: number;
    }
  | { readonly kind: 'power'; readonly from: number; readonly to: number; readonly size: number };

export interface StudyOutput {
  /** Refits in order; of splits, the sets of a split lie together. */
  readonly batch: RefitBatch;
  /** Of splits: [refits, scores]. */
  readonly scores: Float64Array | null;
}

export function trainRowsOf(rows: number, testShare: number): number {
  return rows - Math.ceil(rows * testShare);
}

export const openTasks: OpenTasks<StudyShared, StudyTask, StudyOutput> = (shared) => {
  const worker = new StudyWorker(shared);
  return (task) => worker.run(task);
};

class StudyWorker {
  readonly #shared: StudyShared;
  readonly #refitter: Refitter;
  readonly #all: readonly number[];
  readonly #anchor: Anchor | undefined;
  #whole: RowSet | undefined;

  constructor(shared: StudyShared) {
    this.#shared = shared;
    this.#refitter = new Refitter(shared.family, shared.data.columns);
    this.#all = Array.from({ length: shared.data.columns }, (_, j) => j);
    this.#anchor = shared.anchor ?? undefined;
  }

  run(task: StudyTask): StudyOutput {
    switch (task.kind) {
      case 'subsets':
        return this.#subsets(task.subsets, task.split);
      case 'splits':
        return this.#splits(task.from, task.to, task.sets);
      case 'bootstrap':
        return this.#each(task.from, task.to, (number) => {
          const { order, weight } = drawBootstrap(
            this.#shared.seed,
            number,
            this.#shared.data.rows,
          );
          return packRows(this.#shared.data, order, weight);
        });
      case 'power':
        return this.#each(task.from, task.to, (number) => this.#simulate(number, task.size));
      case 'selection':
        return this.#selection(task.from, task.to, task.variables);
    }
  }

  #subsets(subsets: readonly (readonly number[])[], split: number | null): StudyOutput {
    const { data, seed, testShare, penalty } = this.#shared;
    const batch = emptyBatch(subsets.length, data.columns);
    this.#whole ??= wholeRowSet(data);
    const set =
      split === null
        ? this.#whole
        : packRows(
            data,
            drawSplit(seed, split, data.rows).slice(0, trainRowsOf(data.rows, testShare)),
          );
    subsets.forEach((chosen, at) => {
      writeRefit(batch, at, this.#refitter.fit(set, chosen, penalty, this.#anchor), chosen);
    });
    return { batch, scores: null };
  }

  #splits(from: number, to: number, sets: readonly (readonly number[])[]): StudyOutput {
    const { data, seed, testShare, penalty, family } = this.#shared;
    const train = trainRowsOf(data.rows, testShare);
    const batch = emptyBatch((to - from) * sets.length, data.columns);
    const scores = new Float64Array(batch.count * scoreNames.length);
    for (let number = from; number < to; number++) {
      const order = drawSplit(seed, number, data.rows);
      const set = packRows(data, order.subarray(0, train));
      const tried = order.subarray(train);
      const y = Float64Array.from(tried, (row) => data.y[row]!);
      const trainMean = set.y.reduce((sum, value) => sum + value, 0) / train;
      sets.forEach((chosen, index) => {
        const at = (number - from) * sets.length + index;
        const refit = this.#refitter.fit(set, chosen, penalty, this.#anchor);
        writeRefit(batch, at, refit, chosen);
        const eta = predict(data, tried, refit.beta);
        writeScores(family, eta, y, trainMean, scores, at * scoreNames.length);
      });
    }
    return { batch, scores };
  }

  /** The fit of all columns on row sets that are made one after the other. */
  #each(from: number, to: number, rowsOf: (number: number) => RowSet): StudyOutput {
    const batch = emptyBatch(to - from, this.#shared.data.columns);
    for (let number = from; number < to; number++) {
      const refit = this.#refitter.fit(
        rowsOf(number),
        this.#all,
        this.#shared.penalty,
        this.#anchor,
      );
      writeRefit(batch, number - from, refit, this.#all);
    }
    return { batch, scores: null };
  }

  /** Rows of the table with outcomes drawn from the truth. */
  #simulate(number: number, size: number): RowSet {
    const { data, seed, truth, sigma, family } = this.#shared;
    const { order, uniform, normal } = drawRows(seed, number, size, data.rows);
    const set = packRows(data, order);
    const eta = predict(data, order, truth);
    for (let i = 0; i < size; i++)
      set.y[i] =
        family === 'gaussian'
          ? eta[i]! + sigma * normal()
          : Number(uniform() < 1 / (1 + Math.exp(-eta[i]!)));
    return set;
  }

  #selection(from: number, to: number, variables: number): StudyOutput {
    const { data, seed } = this.#shared;
    const batch = emptyBatch(to - from, data.columns);
    for (let number = from; number < to; number++) {
      const set = packRows(data, drawHalf(seed, number, data.rows));
      const refit = firstToEnter(this.#refitter, set, this.#all, variables);
      writeRefit(batch, number - from, refit, this.#all);
    }
    return { batch, scores: null };
  }
}
