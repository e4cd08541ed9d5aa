import { chiSquareSurvival } from '../../../../shared/stats/chi-square.ts';
import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { finiteOrNull } from '../fit-result.ts';

/** Durbin & Watson (1950): near 2 where neighbouring rows have unrelated residuals. */
export function durbinWatson(residuals: Float64Array): number | null {
  let [steps, squares] = [0, 0];
  for (let i = 0; i < residuals.length; i++) {
    squares += residuals[i]! ** 2;
    if (i > 0) steps += (residuals[i]! - residuals[i - 1]!) ** 2;
  }
  return finiteOrNull(steps / squares);
}

/**
 * Breusch & Pagan (1979) in Koenker's (1981) form, as R's bptest: n R² of the squared residuals on the
 * same columns, chi-square with one degree for each beside the intercept. The first column must be the
 * intercept.
 * @param squaredEffects Q'z for z the squared residuals
 */
export function breuschPagan(
  residuals: Float64Array,
  squaredEffects: Float64Array,
): FitDiagnostics['breuschPagan'] {
  const n = residuals.length;
  const df = squaredEffects.length - 1;
  let sum = 0;
  for (const value of residuals) sum += value ** 2;
  const mean = sum / n;
  let total = 0;
  for (const value of residuals) total += (value ** 2 - mean) ** 2;
  let explained = 0;
  for (let j = 1; j <= df; j++) explained += squaredEffects[j]! ** 2;
  const statistic = (n * explained) / total;
  if (df === 0 || !Number.isFinite(statistic)) return null;
  return { statistic, df, p: finiteOrNull(chiSquareSurvival(statistic, df)) };
}
