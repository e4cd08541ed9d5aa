import { AppError } from '../../../../shared/errors.ts';
import type { Steps } from '../../steps.ts';
import { linearPredictor, type StandardisedColumns } from './columns.ts';
import { approximate, emptyApproximation, type Approximation, type SparseFamily } from './loss.ts';

/**
 * L1-penalised fits of sparse columns: minimises the mean loss + l1 |b| over standardised columns, the
 * intercept unpenalised, as glmnet does. Proximal Newton steps (Lee, Sun & Saunders 2014), each solved
 * by cyclic coordinate descent with naive updates (Friedman, Hastie & Tibshirani 2010, sections 2.1 to
 * 2.3) over an active set. A centred column differs from a sparse one by a constant that all rows share;
 * the sum of these constants, `shift`, is carried beside the residuals, so that a move of one coefficient
 * costs as many operations as its column has entries.
 */
const maximumSteps = 100;
const maximumSweeps = 20_000;
/** Share of the last objective by which a step may seem to rise from rounding alone. */
const rounding = 1e-13;

export class SparseLasso {
  readonly slopes: Float64Array;
  /** On the standardised columns. */
  intercept = 0;
  readonly nullDeviance: number;
  /** Of each standardised column: minus the derivative of the mean loss where the fit stands. [columns] */
  readonly gradient: Float64Array;
  /** Where the fit stands. [rows] */
  readonly eta: Float64Array;
  readonly data: StandardisedColumns;
  readonly #family: SparseFamily;
  readonly #y: Float64Array;
  readonly #at: Approximation;
  readonly #tolerance: number;
  /** For each column: sum of curvature times x, and the second derivative. */
  readonly #crossed: Float64Array;
  readonly #bends: Float64Array;
  #shift = 0;

  /**
   * @param y [rows]; 0 and 1 for binomial, both of them among the rows with a weight
   * @param tolerance share of the null deviance below which the gain of a move counts as nothing
   */
  constructor(data: StandardisedColumns, y: Float64Array, family: SparseFamily, tolerance: number) {
    const { rows, columns } = data.source;
    this.data = data;
    this.#family = family;
    this.#y = y;
    this.slopes = new Float64Array(columns);
    this.gradient = new Float64Array(columns);
    this.eta = new Float64Array(rows);
    this.#at = emptyApproximation(rows);
    this.#crossed = new Float64Array(columns);
    this.#bends = new Float64Array(columns);
    const mean = y.reduce((sum, value, i) => sum + data.weights[i]! * value, 0);
    this.intercept = family === 'gaussian' ? mean : Math.log(mean / (1 - mean));
    this.#approximate();
    this.nullDeviance = this.#at.deviance;
    this.#tolerance = tolerance * this.nullDeviance;
    this.#fillGradient();
  }

  get deviance(): number {
    return this.#at.deviance;
  }

  /** An l1 from which on all slopes are zero, of a fit that was not moved yet. */
  largestGradient(): number {
    return this.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }

  /**
   * Moves to the optimum at `l1` from where the fit stands. Only columns that the sequential strong rule
   * keeps are looked at (Tibshirani et al. 2012, JRSS B 74, equation 7); the conditions of the optimum are
   * then checked for all others, and those that break them are let in.
   * @param last the l1 of where the fit stands
   * @throws AppError `no-convergence`
   */
  *solve(l1: number, last: number): Steps<void> {
    const { columns } = this.data.source;
    const inside = new Uint8Array(columns);
    const bound = 2 * l1 - last;
    for (let j = 0; j < columns; j++)
      if (this.slopes[j] !== 0 || Math.abs(this.gradient[j]!) >= bound)
        inside[j] = this.data.scales[j]! > 0 ? 1 : 0;
    for (;;) {
      yield* this.#descend(l1, indicesOf(inside));
      this.#fillGradient();
      let wrong = 0;
      for (let j = 0; j < columns; j++)
        if (!inside[j] && Math.abs(this.gradient[j]!) > l1 * (1 + 1e-9)) wrong += inside[j] = 1;
      if (wrong === 0) return;
    }
  }

  /** Newton steps over some columns until a step gains nothing. */
  *#descend(l1: number, among: Int32Array): Steps<void> {
    let objective = this.#objective(l1);
    for (let step = 0; step < maximumSteps; step++) {
      const before = this.slopes.slice();
      const interceptBefore = this.intercept;
      const gain = yield* this.#newtonStep(l1, among);
      this.#approximate();
      let reached = this.#objective(l1);
      for (let halving = 0; halving < 40 && reached > objective * (1 + rounding); halving++) {
        for (const j of among) this.slopes[j] = (this.slopes[j]! + before[j]!) / 2;
        this.intercept = (this.intercept + interceptBefore) / 2;
        this.#approximate();
        reached = this.#objective(l1);
      }
      objective = reached;
      if (gain <= this.#tolerance) return;
    }
    throw new AppError(
      'no-convergence',
      `The penalised fit did not settle in ${maximumSteps} steps. End the path at a larger strength.`,
      { steps: maximumSteps, l1 },
    );
  }

  #objective(l1: number): number {
    return this.#at.deviance / 2 + l1 * this.slopes.reduce((sum, b) => sum + Math.abs(b), 0);
  }

  #approximate(): void {
    linearPredictor(this.data, this.slopes, this.intercept, this.eta);
    approximate(this.#family, this.#y, this.data.weights, this.eta, this.#at);
    this.#shift = 0;
  }

  #fillGradient(): void {
    const { source, centres, scales } = this.data;
    const { pointers, row, value } = source;
    const { residual, residualSum } = this.#at;
    for (let j = 0; j < source.columns; j++) {
      if (scales[j] === 0) continue;
      let product = 0;
      for (let e = pointers[j]!, to = pointers[j + 1]!; e < to; e++)
        product += residual[row[e]!]! * value[e]!;
      this.gradient[j] = (product - centres[j]! * residualSum) / scales[j]!;
    }
  }

  /** Minimises the penalised approximation; answers the largest gain of a first move. */
  *#newtonStep(l1: number, among: Int32Array): Steps<number> {
    this.#fillCurvatures(among);
    let most = this.#sweep(l1, among);
    let largest = most;
    for (let sweep = 1; largest > this.#tolerance; sweep++) {
      if (sweep > maximumSweeps)
        throw new AppError(
          'no-convergence',
          `Coordinate descent did not settle in ${maximumSweeps} sweeps. End the path at a larger strength, or leave out columns that are nearly the same.`,
          { sweeps: maximumSweeps, l1 },
        );
      const active = among.filter((j) => this.slopes[j] !== 0);
      for (let rounds = 0; rounds < 200; rounds++) {
        const moved = this.#sweep(l1, active);
        most = Math.max(most, moved);
        if (moved <= this.#tolerance) break;
        yield { phase: 'fitting', done: 0, total: 1 };
      }
      largest = this.#sweep(l1, among);
      yield { phase: 'fitting', done: 0, total: 1 };
    }
    return most;
  }

  #fillCurvatures(among: Int32Array): void {
    const { source, centres, scales } = this.data;
    const { pointers, row, value } = source;
    const { curvature, curvatureSum } = this.#at;
    for (const j of among) {
      let [crossed, squares] = [0, 0];
      for (let e = pointers[j]!, to = pointers[j + 1]!; e < to; e++) {
        const product = curvature[row[e]!]! * value[e]!;
        crossed += product;
        squares += product * value[e]!;
      }
      const centre = centres[j]!;
      this.#crossed[j] = crossed;
      this.#bends[j] =
        (squares - 2 * centre * crossed + centre * centre * curvatureSum) / scales[j]! ** 2;
    }
  }

  /** Moves the intercept and each of some slopes once; answers the largest gain. */
  #sweep(l1: number, among: Int32Array): number {
    const { source, centres, scales } = this.data;
    const { pointers, row, value } = source;
    const { residual, curvature, curvatureSum } = this.#at;
    let largest = 0;
    let shift = this.#shift;
    let residualSum = this.#at.residualSum;
    const rise = residualSum / curvatureSum - shift;
    if (curvatureSum > 0) {
      this.intercept += rise;
      shift += rise;
      largest = curvatureSum * rise * rise;
    }
    for (let at = 0; at < among.length; at++) {
      const j = among[at]!;
      const [from, to] = [pointers[j]!, pointers[j + 1]!];
      const [centre, scale, bend] = [centres[j]!, scales[j]!, this.#bends[j]!];
      if (!(bend > 0)) continue;
      let product = 0;
      for (let e = from; e < to; e++) product += residual[row[e]!]! * value[e]!;
      const left = residualSum - shift * curvatureSum;
      const gradient = (product - shift * this.#crossed[j]! - centre * left) / scale;
      const old = this.slopes[j]!;
      const next = shrink(gradient + bend * old, l1) / bend;
      if (next === old) continue;
      this.slopes[j] = next;
      const move = (next - old) / scale;
      for (let e = from; e < to; e++) residual[row[e]!]! -= curvature[row[e]!]! * value[e]! * move;
      residualSum -= move * this.#crossed[j]!;
      shift -= move * centre;
      largest = Math.max(largest, bend * (next - old) ** 2);
    }
    this.#shift = shift;
    this.#at.residualSum = residualSum;
    return largest;
  }
}

/** The soft threshold: towards zero by `by`, and zero within it. */
function shrink(value: number, by: number): number {
  if (value > by) return value - by;
  return value < -by ? value + by : 0;
}

function indicesOf(marked: Uint8Array): Int32Array {
  let count = 0;
  for (const mark of marked) count += mark;
  const out = new Int32Array(count);
  let at = 0;
  for (let j = 0; j < marked.length; j++) if (marked[j]) out[at++] = j;
  return out;
}
