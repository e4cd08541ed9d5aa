import type { RowSet } from './row-set.ts';

/** The penalty of one refit: minimises the summed loss plus these times the absolute values. */
export interface L1Weights {
  readonly slope: number;
  readonly intercept: number;
}

/** One refit under way. */
export class LogisticTask {
  readonly set: RowSet;
  readonly k: number;
  /** For each coefficient its place in [p + 1]. */
  readonly places: Int32Array;
  readonly lambda: Float64Array;
  readonly beta: Float64Array;
  readonly score: Float64Array;
  readonly h: Float64Array;
  readonly isPenalised: boolean;

  constructor(set: RowSet, columns: readonly number[], penalty: L1Weights) {
    this.set = set;
    this.k = columns.length + 1;
    this.places = Int32Array.from([0, ...columns.map((j) => j + 1)]);
    this.lambda = new Float64Array(this.k).fill(penalty.slope);
    this.lambda[0] = penalty.intercept;
    this.beta = new Float64Array(this.k);
    this.score = new Float64Array(this.k);
    this.h = new Float64Array(this.k * this.k);
    this.isPenalised = penalty.slope > 0;
  }

  reset(): void {
    this.beta.fill(0);
  }

  read(all: Float64Array): void {
    for (let j = 0; j < this.k; j++) this.beta[j] = all[this.places[j]!]!;
  }

  write(all: Float64Array): void {
    for (let j = 0; j < this.k; j++) all[this.places[j]!] = this.beta[j]!;
  }

  penalty(): number {
    let sum = 0;
    for (let j = 0; j < this.k; j++) sum += this.lambda[j]! * Math.abs(this.beta[j]!);
    return sum;
  }

  largestMove(before: Float64Array): number {
    let most = 0;
    for (let j = 0; j < this.k; j++)
      most = Math.max(most, Math.abs(this.beta[j]! - before[j]!) / (1 + Math.abs(this.beta[j]!)));
    return most;
  }
}

/**
 * The correction (Broyden, Fletcher, Goldfarb & Shanno) of h [k, k] that makes it explain the change of the score, where that is
 * convex.
 */
export function correctCurvature(
  h: Float64Array,
  k: number,
  beta: Float64Array,
  betaBefore: Float64Array,
  score: Float64Array,
  scoreBefore: Float64Array,
  work: Float64Array,
): void {
  let curve = 0;
  let along = 0;
  for (let i = 0; i < k; i++) {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += h[i * k + j]! * (beta[j]! - betaBefore[j]!);
    work[i] = sum;
    const move = beta[i]! - betaBefore[i]!;
    along += move * sum;
    curve += move * (scoreBefore[i]! - score[i]!);
  }
  if (!(along > 0) || !(curve > 1e-3 * along) || curve > 1e3 * along) return;
  for (let i = 0; i < k; i++) {
    const fall = (scoreBefore[i]! - score[i]!) / curve;
    const own = work[i]! / along;
    for (let j = 0; j < k; j++)
      h[i * k + j]! += fall * (scoreBefore[j]! - score[j]!) - own * work[j]!;
  }
}
