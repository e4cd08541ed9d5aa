import type { DropOne, HeldOut, RefitMode } from '../../../../shared/contract/stability.ts';
import type { Interval } from '../../../../shared/contract/stability-parts.ts';
import { drawSubset } from './draws.ts';
import { countFailures, countOutcomes, splitInterval, type CountedBatch } from './outcomes.ts';
import { trainRowsOf, type StudyOutput, type StudyShared, type StudyTask } from './refit-tasks.ts';
import { scoreNames, type ScoreName } from './scores.ts';
import { blocks, runStudyTasks, type StudyControl } from './task-runner.ts';

/** Refits on random subsets; equal subsets are fitted once and counted as often as drawn. */
export async function refitSubsets(
  shared: StudyShared,
  refits: number,
  control: StudyControl,
  options: { readonly split: number | null; readonly first: number } = { split: null, first: 0 },
): Promise<{ batches: CountedBatch[]; distinct: number }> {
  const { subsets, times } = distinctSubsets(
    Array.from({ length: refits }, (_, i) =>
      drawSubset(shared.seed, options.first + i, shared.data.columns),
    ),
  );
  const parts = blocks(subsets.length, 25);
  const tasks = parts.map(({ from, to }): StudyTask => ({
    kind: 'subsets',
    subsets: subsets.slice(from, to),
    split: options.split,
  }));
  const outputs = await runStudyTasks(shared, tasks, 'refitting subsets', control);
  const batches = outputs.map(({ batch }, index) => ({
    batch,
    times: Uint32Array.from(times.slice(parts[index]!.from, parts[index]!.to)),
  }));
  return { batches, distinct: subsets.length };
}

/** In the order in which they first came. */
export function distinctSubsets(drawn: readonly (readonly number[])[]): {
  subsets: (readonly number[])[];
  times: number[];
} {
  const places = new Map<string, number>();
  const subsets: (readonly number[])[] = [];
  const times: number[] = [];
  for (const subset of drawn) {
    const key = subset.join(',');
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, subsets.length);
      subsets.push(subset);
      times.push(1);
    } else times[place]!++;
  }
  return { subsets, times };
}

export async function refitBootstrap(
  shared: StudyShared,
  refits: number,
  control: StudyControl,
): Promise<CountedBatch[]> {
  const tasks = blocks(refits, 20).map((block): StudyTask => ({ kind: 'bootstrap', ...block }));
  const outputs = await runStudyTasks(shared, tasks, 'refitting bootstraps', control);
  return outputs.map(({ batch }) => ({ batch, times: null }));
}

/** Several sets of columns fitted on the same splits. */
export class SplitScores {
  readonly splits: number;
  readonly trainRows: number;
  readonly testRows: number;
  readonly #outputs: readonly StudyOutput[];
  readonly #sets: number;
  readonly #columns: number;

  constructor(shared: StudyShared, splits: number, sets: number, outputs: readonly StudyOutput[]) {
    this.splits = splits;
    this.trainRows = trainRowsOf(shared.data.rows, shared.testShare);
    this.testRows = shared.data.rows - this.trainRows;
    this.#sets = sets;
    this.#columns = shared.data.columns;
    this.#outputs = outputs;
  }

  /** Score of a set on each split, NaN where it has none. */
  scores(set: number, name: ScoreName): number[] {
    const place = scoreNames.indexOf(name);
    return this.#each(set, ({ batch, scores }, at) =>
      batch.status[at] === 0 ? scores![at * scoreNames.length + place]! : NaN,
    );
  }

  /** Coefficients of a set, [p + 1], on each split. */
  coefficients(set: number): Float64Array[] {
    const size = this.#columns + 1;
    return this.#each(set, ({ batch }, at) => batch.beta.subarray(at * size, (at + 1) * size));
  }

  interval(set: number, name: ScoreName): Interval | null {
    return this.#mean(this.scores(set, name));
  }

  /** Of set a minus set b, or of one score minus another, split by split. */
  difference(a: number, nameA: ScoreName, b: number, nameB: ScoreName): Interval | null {
    const others = this.scores(b, nameB);
    return this.#mean(this.scores(a, nameA).map((value, split) => value - others[split]!));
  }

  #mean(values: readonly number[]): Interval | null {
    return splitInterval(values, this.trainRows, this.testRows);
  }

  #each<T>(set: number, read: (output: StudyOutput, at: number) => T): T[] {
    return this.#outputs.flatMap((output) => {
      const splits = output.batch.count / this.#sets;
      return Array.from({ length: splits }, (_, split) => read(output, split * this.#sets + set));
    });
  }
}

export async function refitSplits(
  shared: StudyShared,
  splits: number,
  sets: readonly (readonly number[])[],
  phase: string,
  control: StudyControl,
): Promise<{ batches: CountedBatch[]; scores: SplitScores }> {
  const perTask = Math.max(1, Math.ceil(20 / sets.length));
  const tasks = blocks(splits, perTask).map((block): StudyTask => ({
    kind: 'splits',
    ...block,
    sets,
  }));
  const outputs = await runStudyTasks(shared, tasks, phase, control);
  return {
    batches: outputs.map(({ batch }) => ({ batch, times: null })),
    scores: new SplitScores(shared, splits, sets.length, outputs),
  };
}

export function modeOf(
  mode: RefitMode['mode'],
  batches: readonly CountedBatch[],
  about: { refits: number; distinct: number; rows: number },
  terms: readonly string[],
  signs: readonly number[],
): RefitMode {
  return {
    mode,
    ...about,
    failed: countFailures(batches),
    terms: countOutcomes(terms, signs, batches),
  };
}

/** What set 0 is worth on the rows held out. */
export function heldOutOf(scores: SplitScores, batches: readonly CountedBatch[]): HeldOut {
  const { splits, trainRows, testRows } = scores;
  return {
    splits,
    trainRows,
    testRows,
    baseRate: scores.interval(0, 'baseRate'),
    accuracy: scores.interval(0, 'accuracy'),
    gain: scores.difference(0, 'accuracy', 0, 'baseRate'),
    balancedAccuracy: scores.interval(0, 'balancedAccuracy'),
    auc: scores.interval(0, 'auc'),
    r2: scores.interval(0, 'r2'),
    failed: countFailures(batches),
  };
}

/** Sets are: all terms, then all but each. */
export function dropOneOf(scores: SplitScores, terms: readonly string[]): DropOne[] {
  return terms.map((term, j) => ({
    term,
    accuracy: scores.difference(0, 'accuracy', j + 1, 'accuracy'),
    auc: scores.difference(0, 'auc', j + 1, 'auc'),
    r2: scores.difference(0, 'r2', j + 1, 'r2'),
    splits: scores.splits,
  }));
}
