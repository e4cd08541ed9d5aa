import { preciseLeastSquares } from '../linalg/precise-qr.ts';
import { inverseDiagonal, invertUpper, keepColumns, solveUpper } from '../linalg/triangular.ts';
import { tQuantile, tTwoSided } from '../../../shared/stats/student-t.ts';
import { fSurvival } from '../../../shared/stats/fisher-f.ts';
import type { Design } from './design.ts';
import type { Factorisation } from './factorise.ts';

/** One coefficient with its Wald test and interval; NaN where a number does not exist. */
export interface Estimate {
  readonly estimate: number;
  readonly se: number;
  readonly statistic: number;
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

export interface LeastSquares {
  /** For each kept column. */
  readonly estimates: readonly Estimate[];
  readonly dfResidual: number;
  readonly residualSquares: number;
  /** Of the outcome: about its mean, or about zero where there is no intercept. */
  readonly totalSquares: number;
  readonly r2: number;
  readonly adjustedR2: number;
  readonly sigma: number;
  readonly f: {
    readonly statistic: number;
    readonly df: [number, number];
    readonly p: number;
  } | null;
  readonly logLik: number;
  readonly aic: number;
  readonly bic: number;
  /** Whether double-double arithmetic was used. */
  readonly precise: boolean;
}

interface Solution {
  readonly estimates: Float64Array;
  /** Diagonal of (X'X)^-1. */
  readonly variances: Float64Array;
  readonly residualSquares: number;
  readonly effects: Float64Array;
}

/**
 * Ordinary least squares on the kept columns of a design, with R's conventions (summary.lm, logLik,
 * AIC, BIC): R² without an intercept is about 0; the error variance counts as a parameter in AIC and
 * BIC; log-likelihood at the maximum-likelihood variance.
 * @param design, y, whole multiplied by the roots of the weights, where there are any
 * @param options `precise` for double-double arithmetic; the sum of the logarithms of the weights
 */
export function leastSquares(
  design: Design,
  y: { readonly values: Float64Array; readonly low: Float64Array | undefined },
  whole: Factorisation,
  kept: readonly number[],
  options: { readonly precise: boolean; readonly logWeights: number },
): LeastSquares {
  const n = design.rows;
  const p = kept.length;
  const { precise } = options;
  const solution = precise
    ? solvePrecisely(design, y, whole, kept)
    : solveFromTriangle(whole, kept);
  const dfResidual = n - p;
  const { residualSquares } = solution;
  const intercept = design.intercept ? 1 : 0;
  let modelSquares = 0;
  for (let i = intercept; i < p; i++) modelSquares += solution.effects[i]! ** 2;
  const scale = 1 / whole.responseScale;
  const variance = residualSquares / dfResidual;
  const r2 = modelSquares / (modelSquares + residualSquares);
  const logLik =
    0.5 * options.logWeights -
    0.5 *
      n *
      (Math.log(2 * Math.PI) + 1 - Math.log(n) + Math.log(residualSquares) + 2 * Math.log(scale));
  return {
    estimates: kept.map((column, k) => {
      const unit = whole.scales[column]! * scale;
      const estimate = solution.estimates[k]! * unit;
      const se = Math.sqrt(solution.variances[k]! * variance) * unit;
      return testEstimate(estimate, se, dfResidual);
    }),
    dfResidual,
    residualSquares: residualSquares * scale * scale,
    totalSquares: (modelSquares + residualSquares) * scale * scale,
    r2,
    adjustedR2: 1 - (1 - r2) * ((n - intercept) / dfResidual),
    sigma: Math.sqrt(variance) * scale,
    f: fTest(modelSquares, residualSquares, p - intercept, dfResidual),
    logLik,
    aic: -2 * logLik + 2 * (p + 1),
    bic: -2 * logLik + Math.log(n) * (p + 1),
    precise,
  };
}

/** The t test of an estimate, with its interval. */
export function testEstimate(estimate: number, se: number, df: number): Estimate {
  const statistic = estimate / se;
  const half = tQuantile(0.975, df) * se;
  return {
    estimate,
    se,
    statistic,
    p: tTwoSided(statistic, df),
    low: estimate - half,
    high: estimate + half,
  };
}

function fTest(
  modelSquares: number,
  residualSquares: number,
  df1: number,
  df2: number,
): LeastSquares['f'] {
  if (df1 === 0 || df2 === 0) return null;
  const statistic = modelSquares / df1 / (residualSquares / df2);
  return { statistic, df: [df1, df2], p: fSurvival(statistic, df1, df2) };
}

function solveFromTriangle(whole: Factorisation, kept: readonly number[]): Solution {
  const { r, effects, addedSquares } = keepColumns(whole.r, whole.effects, whole.columns, kept);
  const p = kept.length;
  return {
    estimates: solveUpper(r, p, effects),
    variances: inverseDiagonal(invertUpper(r, p), p),
    residualSquares: whole.residualSquares + addedSquares,
    effects,
  };
}

function solvePrecisely(
  design: Design,
  y: { readonly values: Float64Array; readonly low: Float64Array | undefined },
  whole: Factorisation,
  kept: readonly number[],
): Solution {
  const n = design.rows;
  const p = kept.length;
  const high = new Float64Array(n * (p + 1));
  const low = new Float64Array(n * (p + 1));
  kept.forEach((column, k) => {
    design.fillPrecise(column, high, low, k * n);
    for (let i = k * n; i < (k + 1) * n; i++) {
      high[i]! *= whole.scales[column]!;
      low[i]! *= whole.scales[column]!;
    }
  });
  for (let i = 0; i < n; i++) {
    high[p * n + i] = y.values[i]! * whole.responseScale;
    low[p * n + i] = (y.low?.[i] ?? 0) * whole.responseScale;
  }
  const fit = preciseLeastSquares(high, low, n, p);
  return {
    estimates: fit.estimates,
    variances: fit.inverseDiagonal,
    residualSquares: fit.residualSquares,
    effects: fit.effects,
  };
}
