/** Families whose penalised fits take sparse columns. */
export type SparseFamily = 'gaussian' | 'binomial';

/** The quadratic approximation of the mean loss at a linear predictor, row by row. */
export interface Approximation {
  /** w times the second derivative. [rows] */
  readonly curvature: Float64Array;
  /** Minus w times the first derivative; later less curvature times what was added since. [rows] */
  readonly residual: Float64Array;
  /** Mean deviance of the rows with a weight. */
  deviance: number;
  /** Sums of residual and of curvature. */
  residualSum: number;
  curvatureSum: number;
}

export function emptyApproximation(rows: number): Approximation {
  return {
    curvature: new Float64Array(rows),
    residual: new Float64Array(rows),
    deviance: 0,
    residualSum: 0,
    curvatureSum: 0,
  };
}

/**
 * Half the squared error (gaussian) or the negative log-likelihood (binomial, y of 0 and 1), weighted,
 * at `eta`. Rows without a weight count for nothing.
 */
export function approximate(
  family: SparseFamily,
  y: Float64Array,
  weights: Float64Array,
  eta: Float64Array,
  out: Approximation,
): void {
  const { curvature, residual } = out;
  let [deviance, residuals, curvatures] = [0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) {
      curvature[i] = residual[i] = 0;
      continue;
    }
    let [score, bend] = [y[i]! - eta[i]!, 1];
    if (family === 'gaussian') deviance += weight * score * score;
    else {
      const sign = y[i] === 1 ? 1 : -1;
      const margin = sign * eta[i]!;
      const small = Math.exp(-Math.abs(margin));
      const miss = margin > 0 ? small / (1 + small) : 1 / (1 + small);
      score = sign * miss;
      bend = small / (1 + small) ** 2;
      deviance += 2 * weight * (Math.log1p(small) + Math.max(0, -margin));
    }
    residuals += residual[i] = weight * score;
    curvatures += curvature[i] = weight * bend;
  }
  out.deviance = deviance;
  out.residualSum = residuals;
  out.curvatureSum = curvatures;
}

/** Weighted mean deviance of the rows with a weight in `held`. */
export function heldOutDeviance(
  family: SparseFamily,
  y: Float64Array,
  held: Float64Array,
  eta: Float64Array,
): number {
  let [deviance, total] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const weight = held[i]!;
    if (weight === 0) continue;
    total += weight;
    if (family === 'gaussian') deviance += weight * (y[i]! - eta[i]!) ** 2;
    else {
      const margin = y[i] === 1 ? eta[i]! : -eta[i]!;
      deviance += 2 * weight * (Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin));
    }
  }
  return deviance / total;
}
