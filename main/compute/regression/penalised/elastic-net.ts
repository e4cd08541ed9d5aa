import { AppError } from '../../../../shared/errors.ts';
import { solveCholesky } from '../../linalg/cholesky.ts';

/**
 * The elastic net of a quadratic form: minimises
 *
 *     1/2 b'Gb - c'b + sum_j f_j (l1 |b_j| + l2/2 b_j^2)
 *
 * by cyclic coordinate descent on the Gram matrix (Friedman, Hastie & Tibshirani 2010, J. Stat.
 * Softw. 33, section 2.2, "covariance updates"). Once the signs have settled, the conditions of the
 * optimum are linear: they are solved at once, and the answer is exact to rounding instead of to a
 * tolerance. Where the solution proves wrong (a sign changes, or a zero should not be one) descent
 * goes on from where it was.
 */
export interface QuadraticForm {
  /** [p, p], symmetric. */
  readonly gram: Float64Array;
  /** c, [p]. */
  readonly linear: Float64Array;
  /** f, [p]; 0 for an unpenalised column. */
  readonly factors: Float64Array;
}

const maximumSweeps = 20_000;
/** Coefficients up to which the settled conditions are solved directly. */
const directSize = 1500;

/**
 * @param start [p], where descent begins: the solution at a neighbouring strength
 * @throws AppError `no-convergence`
 */
export function solveElasticNet(
  form: QuadraticForm,
  l1: number,
  l2: number,
  start: Float64Array,
): Float64Array {
  const { gram, linear, factors } = form;
  const p = linear.length;
  const beta = start.slice();
  const gradient = residualOf(form, beta);
  let scale = 0;
  for (let j = 0; j < p; j++) {
    const diagonal = gram[j * p + j]!;
    if (diagonal > 0) scale = Math.max(scale, linear[j]! ** 2 / diagonal);
  }
  for (let sweep = 1; sweep <= maximumSweeps; sweep++) {
    let largest = 0;
    for (let j = 0; j < p; j++) {
      const old = beta[j]!;
      const diagonal = gram[j * p + j]!;
      const curvature = diagonal + l2 * factors[j]!;
      if (!(curvature > 0)) continue;
      const next = shrink(gradient[j]! + diagonal * old, l1 * factors[j]!) / curvature;
      if (next === old) continue;
      const move = next - old;
      beta[j] = next;
      for (let i = 0; i < p; i++) gradient[i]! -= move * gram[j * p + i]!;
      largest = Math.max(largest, curvature * move * move);
    }
    const settled = largest <= 1e-20 * scale;
    if (settled || largest <= 1e-10 * scale || sweep % 16 === 0) {
      const exact = solveSettled(form, l1, l2, beta);
      if (exact) return exact;
    }
    if (settled) return beta;
  }
  throw new AppError(
    'no-convergence',
    `Coordinate descent did not settle in ${maximumSweeps} sweeps. Use a larger strength, or leave out columns that are nearly the same.`,
    { sweeps: maximumSweeps },
  );
}

/** The soft threshold: towards zero by `by`, and zero within it. */
function shrink(value: number, by: number): number {
  if (value > by) return value - by;
  return value < -by ? value + by : 0;
}

/** c - G b, the negative gradient of the smooth part. */
function residualOf({ gram, linear }: QuadraticForm, beta: Float64Array): Float64Array {
  const p = linear.length;
  const gradient = linear.slice();
  for (let j = 0; j < p; j++) {
    const value = beta[j]!;
    if (value !== 0) for (let i = 0; i < p; i++) gradient[i]! -= value * gram[j * p + i]!;
  }
  return gradient;
}

/** The optimum if its zeros and signs are those of `beta`; undefined where they are not. */
function solveSettled(
  form: QuadraticForm,
  l1: number,
  l2: number,
  beta: Float64Array,
): Float64Array | undefined {
  const { gram, linear, factors } = form;
  const p = linear.length;
  const active: number[] = [];
  for (let j = 0; j < p; j++) if (beta[j] !== 0 || factors[j] === 0) active.push(j);
  const k = active.length;
  if (k > directSize) return undefined;
  const matrix = new Float64Array(k * k);
  const right = new Float64Array(k);
  active.forEach((j, a) => {
    active.forEach((i, b) => (matrix[a * k + b] = gram[j * p + i]!));
    matrix[a * k + a]! += l2 * factors[j]!;
    right[a] = linear[j]! - l1 * factors[j]! * Math.sign(beta[j]!);
  });
  const solved = solveCholesky(matrix, k, right);
  if (!solved) return undefined;
  const exact = new Float64Array(p);
  for (const [a, j] of active.entries()) {
    const value = solved[a]!;
    if (factors[j]! > 0 && l1 > 0 && value * beta[j]! <= 0) return undefined;
    exact[j] = value;
  }
  const gradient = residualOf(form, exact);
  for (let j = 0; j < p; j++) {
    if (exact[j] !== 0) continue;
    if (Math.abs(gradient[j]!) > l1 * factors[j]! * (1 + 1e-9)) return undefined;
  }
  return exact;
}
