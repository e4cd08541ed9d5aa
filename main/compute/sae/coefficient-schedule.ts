import type { Objective, ObjectiveTerm } from './objective.ts';

/** How the coefficients of an objective come to their values; lengths in optimiser steps. */
export interface CoefficientSchedule {
  /** Steps over which the coefficient of the sparsity rises from 0. */
  readonly sparsityWarmup: number;
  /**
   * A local objective first, for `local` steps; then, over `over` steps, all coefficients move linearly
   * to their own.
   */
  readonly mixed?: {
    readonly local: number;
    readonly over: number;
    /** Coefficient of the sparsity in the local objective. */
    readonly sparsity: number;
  };
}

export const constantCoefficients: CoefficientSchedule = { sparsityWarmup: 0 };

/**
 * The objective of a step, counted from 0. What a mixed objective does not use yet is left out, so that
 * its local part costs what a local objective costs.
 */
export function objectiveAt(
  objective: Objective,
  { sparsityWarmup, mixed }: CoefficientSchedule,
  step: number,
): Objective {
  const share = mixed ? shareAt(step - mixed.local, mixed.over) : 1;
  const warmth = step < sparsityWarmup ? (step + 1) / sparsityWarmup : 1;
  return objective.flatMap((term): ObjectiveTerm[] => {
    const { kind } = term;
    const local = kind === 'sparsity' ? (mixed?.sparsity ?? 0) : kind === 'outToIn' ? 1 : 0;
    const moved = (1 - share) * local + share * term.coefficient;
    const coefficient = kind === 'sparsity' ? moved * warmth : moved;
    const isOfLocal = kind === 'sparsity' || kind === 'outToIn';
    return share === 0 && !isOfLocal ? [] : [{ ...term, coefficient }];
  });
}

/** 0 up to the end of the local part, then linearly to 1. */
function shareAt(beyond: number, over: number): number {
  if (beyond < 0) return 0;
  return over === 0 ? 1 : Math.min(1, (beyond + 1) / over);
}
