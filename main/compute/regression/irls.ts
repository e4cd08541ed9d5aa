import { AppError } from '../../../shared/errors.ts';
import { CompensatedSum } from '../../../shared/stats/summary.ts';
import { blockRows, StreamedQr } from '../linalg/streamed-qr.ts';
import { inverseDiagonal, invertUpper, solveUpper } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import type { Design } from './design.ts';
import { multiply } from './factorise.ts';
import type { GlmFamily, WorkingRow } from './glm-family.ts';

/**
 * Generalised linear models by iteratively reweighted least squares (McCullagh & Nelder 1989,
 * section 2.5): each step solves the weighted problem by QR of the weighted columns, never by normal
 * equations. R's glm stops where the deviance changes by 1e-8 of itself; here the iteration goes on to
 * `tolerance`, where the estimates have settled to about 1e-11 of their standard errors.
 */
const tolerance = 1e-11;
const maximumIterations = 60;

export interface GlmFit {
  /** For each kept column, in units of the design. */
  readonly estimates: Float64Array;
  readonly se: Float64Array;
  readonly deviance: number;
  readonly iterations: number;
  /** Linear predictor of each row. */
  readonly eta: Float64Array;
  /** R of the weighted columns (scaled by `scales`), [k, k]. */
  readonly r: Float64Array;
  /** Largest |eta|: fitted probabilities beyond 0 or 1 by rounding show here. */
  readonly largestEta: number;
}

/** How the margins (2y - 1) eta of a binary outcome moved in the last step. */
export interface MarginMove {
  /** Smallest and largest change of a margin. */
  readonly least: number;
  readonly most: number;
  /** Smallest margin itself. */
  readonly leastMargin: number;
}

export interface IrlsOptions {
  readonly kept: readonly number[];
  /** Powers of two for all columns of the design. */
  readonly scales: Float64Array;
  /** Prior weights of the rows; undefined for 1. */
  readonly weights?: Float64Array | undefined;
  /**
   * Called after each step with the direction of the step (or the estimates themselves) in the scaled
   * columns; throws where that direction shows that no finite estimate exists.
   */
  readonly onStep?: (step: Float64Array, beta: Float64Array, move: MarginMove) => void;
}

interface Pass {
  readonly qr: StreamedQr;
  readonly deviance: number;
  readonly move: MarginMove;
  readonly largestEta: number;
}

/** @throws AppError `no-convergence`, and what `onStep` throws */
export function* fitGlm(
  design: Design,
  y: Float64Array,
  family: GlmFamily,
  options: IrlsOptions,
): Steps<GlmFit> {
  const { kept, scales } = options;
  const k = kept.length;
  const eta = Float64Array.from(y, (value) => family.start(value));
  const first = yield* pass(design, y, family, options, eta, undefined);
  // The start is not a linear predictor: the first step fits the working response itself.
  let beta = solveUpper(first.qr.r, k, first.qr.effects);
  eta.fill(0);
  let step = beta;
  let deviance = Infinity;
  for (let iteration = 1; iteration <= maximumIterations; iteration++) {
    let current = yield* pass(design, y, family, options, eta, step);
    let halvings = 0;
    for (; halvings < 30 && !(current.deviance <= deviance * (1 + 1e-8)); halvings++) {
      // Too far: go back half of the way.
      step = step.map((value) => value / 2);
      beta = beta.map((value, j) => value - step[j]!);
      const back = step.map((value) => -value);
      current = yield* pass(design, y, family, options, eta, back);
    }
    if (!Number.isFinite(current.deviance)) break;
    if (halvings === 0) options.onStep?.(step, beta, current.move);
    const change = Math.abs(current.deviance - deviance) / (current.deviance + 0.1);
    deviance = current.deviance;
    const next = solveUpper(current.qr.r, k, current.qr.effects);
    const largestMove = Math.max(Math.abs(current.move.least), Math.abs(current.move.most));
    if (change < tolerance && largestMove < 1e-3) {
      const units = kept.map((column) => scales[column]!);
      const variances = inverseDiagonal(invertUpper(current.qr.r, k), k);
      return {
        estimates: beta.map((value, j) => (value + next[j]!) * units[j]!),
        se: variances.map((value, j) => Math.sqrt(value) * units[j]!),
        deviance,
        iterations: iteration,
        eta,
        r: current.qr.r,
        largestEta: current.largestEta,
      };
    }
    step = next;
    beta = beta.map((value, j) => value + step[j]!);
  }
  throw new AppError(
    'no-convergence',
    `The fit did not settle in ${maximumIterations} iterations: its deviance still moves, or cannot be calculated. Scale the variables, or leave out those that are nearly the same.`,
    { iterations: maximumIterations, deviance: Number.isFinite(deviance) ? deviance : null },
  );
}

/**
 * One pass over the rows: moves eta by the step, and factorises the weighted columns with the
 * weighted working residual at the new eta. Without a step (the very first pass) the response is the
 * working response at the starting eta.
 */
function* pass(
  design: Design,
  y: Float64Array,
  family: GlmFamily,
  { kept, scales, weights }: IrlsOptions,
  eta: Float64Array,
  step: Float64Array | undefined,
): Steps<Pass> {
  const k = kept.length;
  const qr = new StreamedQr(k, 1);
  const size = Math.min(design.rows, blockRows(k));
  const buffer = new Float64Array(size * (k + 1));
  const moves = new Float64Array(size);
  const roots = new Float64Array(size);
  const deviance = new CompensatedSum();
  const row: WorkingRow = { root: 0, residual: 0, deviance: 0 };
  let [least, most, leastMargin, largestEta] = [Infinity, -Infinity, Infinity, 0];
  for (let start = 0; start < design.rows; start += size) {
    const count = Math.min(size, design.rows - start);
    const block = count === size ? buffer : buffer.subarray(0, count * (k + 1));
    for (let j = 0; j < k; j++) {
      design.fill(kept[j]!, start, count, block, j * count);
      multiply(block, j * count, count, scales[kept[j]!]!);
    }
    if (step) combine(block, count, step, moves);
    for (let i = 0; i < count; i++) {
      const outcome = y[start + i]!;
      const move = step ? moves[i]! : 0;
      const value = eta[start + i]! + move;
      eta[start + i] = value;
      family.evaluate(outcome, value, row);
      if (weights) weigh(row, weights[start + i]!);
      deviance.add(row.deviance);
      roots[i] = row.root;
      block[k * count + i] = step ? row.residual : row.residual + row.root * value;
      const sign = outcome === 1 ? 1 : -1;
      least = Math.min(least, sign * move);
      most = Math.max(most, sign * move);
      leastMargin = Math.min(leastMargin, sign * value);
      largestEta = Math.max(largestEta, Math.abs(value));
    }
    for (let j = 0; j < k; j++) for (let i = 0; i < count; i++) block[j * count + i]! *= roots[i]!;
    qr.add(block, count);
    yield { phase: 'fitting', done: start + count, total: design.rows };
  }
  return { qr, deviance: deviance.value, move: { least, most, leastMargin }, largestEta };
}

/** An observation that counts `weight` times. */
export function weigh(row: WorkingRow, weight: number): void {
  const root = Math.sqrt(weight);
  row.root *= root;
  row.residual *= root;
  row.deviance *= weight;
}

/** moves = X step for one block. */
function combine(
  block: Float64Array,
  count: number,
  step: Float64Array,
  moves: Float64Array,
): void {
  moves.fill(0, 0, count);
  for (let j = 0; j < step.length; j++) {
    const weight = step[j]!;
    for (let i = 0; i < count; i++) moves[i]! += weight * block[j * count + i]!;
  }
}
