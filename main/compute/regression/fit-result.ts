import type { FitDetail, Warning } from '../../../shared/contract/statistics.ts';
import type { Design } from './design.ts';
import type { Factorisation } from './factorise.ts';
import type { Estimate } from './least-squares.ts';
import type { ModelFrame } from './model-frame.ts';

/** A fit as it is calculated; the host adds id, name and time. */
export type FitResult = Omit<FitDetail, 'id' | 'name' | 'createdAt'>;

/** What every family's fit gives to the result. */
export interface FamilyFit {
  /** For each kept column. */
  readonly estimates: readonly Estimate[];
  readonly figures: Pick<
    FitResult,
    | 'r2'
    | 'adjustedR2'
    | 'sigma'
    | 'fStatistic'
    | 'fDegrees'
    | 'fP'
    | 'deviance'
    | 'nullDeviance'
    | 'logLik'
    | 'aic'
    | 'bic'
    | 'dfResidual'
    | 'iterations'
    | 'baseRate'
    | 'accuracy'
    | 'auc'
  >;
  readonly warnings: readonly Warning[];
  readonly precise: boolean;
  /** Linear predictor of each row. */
  readonly eta: Float64Array;
  /** What robust errors and diagnostics are calculated from; a penalised fit has none. */
  readonly working?: WorkingFit | undefined;
  readonly extra?: Pick<FitResult, 'penalised' | 'penalisedLogLik' | 'clusters'>;
}

/** A fit as the least-squares problem that its last step solved. */
export interface WorkingFit {
  /** R of the kept columns, scaled and multiplied by `roots`, [k, k]. */
  readonly r: Float64Array;
  /** What each row is multiplied by: roots of its working and prior weight; undefined for 1. */
  readonly roots: Float64Array | undefined;
  /** Working residuals times the roots, [n]; Pearson residuals. */
  readonly residuals: Float64Array;
  /** Signed roots of each row's part of the deviance, [n]. */
  readonly devianceResiduals: Float64Array;
  /** Expected outcomes. */
  readonly fitted: Float64Array;
  /** Variance of a Pearson residual: estimated for gaussian, 1 otherwise. */
  readonly dispersion: number;
}

/** A design whose dependencies are known: what a family fits. */
export interface PreparedDesign {
  readonly frame: ModelFrame;
  readonly design: Design;
  /** Of all columns as they are, without weights. */
  readonly whole: Factorisation;
  readonly kept: readonly number[];
}

/** A finite number, or null: no NaN and no infinity leaves a calculation unnamed. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
