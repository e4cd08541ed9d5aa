import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { fromExtended, type ExtendedNumber } from '../../../../shared/domain/schemas.ts';

type Collinearity = NonNullable<FitDiagnostics['collinearity']>;

/** Belsley, Kuh & Welsch (1980): dependencies do harm from about 30 on. */
export const conditionThreshold = 30;
/** And concern the coefficients with more than half of their variance in the dimension. */
export const proportionThreshold = 0.5;

/** Near dependencies: a large index, and at least two columns that it blurs; the worst first. */
export function blurredBy({
  columns,
  dimensions,
}: Collinearity): { index: ExtendedNumber; columns: string[] }[] {
  return dimensions
    .filter(({ index }) => fromExtended(index) >= conditionThreshold)
    .map(({ index, proportions }) => ({
      index,
      columns: columns.filter((_, at) => (proportions[at] ?? 0) > proportionThreshold),
    }))
    .filter((found) => found.columns.length > 1)
    .reverse();
}
