import type { Refit, RefitStatus } from './logistic-refit.ts';

/** How a refit ended, by the numbers in a batch. */
export const statuses: readonly RefitStatus[] = [
  'fitted',
  'one-class',
  'separated',
  'no-convergence',
];

/** What a refit that failed is called where it is counted. */
export const failureWords: Readonly<Record<Exclude<RefitStatus, 'fitted'>, string>> = {
  'one-class': 'all rows drawn have the same outcome',
  separated: 'the outcomes are separated, so that no finite coefficient exists',
  'no-convergence': 'the fit did not settle',
};

/** Refits of one task, packed for the way between threads. */
export interface RefitBatch {
  readonly count: number;
  /** Index into {@link statuses}. */
  readonly status: Uint8Array;
  /** [count, p + 1] */
  readonly beta: Float64Array;
  /** [count, p]: the column is part of the refit, and its coefficient is determined (1) or not (2). */
  readonly member: Uint8Array;
}

export function emptyBatch(count: number, columns: number): RefitBatch {
  return {
    count,
    status: new Uint8Array(count),
    beta: new Float64Array(count * (columns + 1)),
    member: new Uint8Array(count * columns),
  };
}

export function writeRefit(
  batch: RefitBatch,
  at: number,
  refit: Refit,
  chosen: readonly number[],
): void {
  const columns = refit.undetermined.length;
  batch.status[at] = statuses.indexOf(refit.status);
  batch.beta.set(refit.beta, at * (columns + 1));
  for (const j of chosen) batch.member[at * columns + j] = refit.undetermined[j] === 1 ? 2 : 1;
}
