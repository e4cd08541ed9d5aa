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
}

/** A design whose dependencies are known: what a family fits. */
export interface PreparedDesign {
  readonly frame: ModelFrame;
  readonly design: Design;
  readonly whole: Factorisation;
  readonly kept: readonly number[];
}

/** A finite number, or null: no NaN and no infinity leaves a calculation unnamed. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
