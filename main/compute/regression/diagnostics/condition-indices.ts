import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { toExtended } from '../../../../shared/domain/schemas.ts';
import { singularVectors, unitColumns } from '../../linalg/singular-values.ts';
import { finiteOrNull } from '../fit-result.ts';

/**
 * Condition indices with variance proportions (Belsley, Kuh & Welsch 1980, chapter 3): singular values
 * d of X with columns of unit length, not centred; index = largest d / d; the share of column j's
 * variance that belongs to dimension k is (v_jk / d_k)^2 over its sum.
 * @param r triangle of the columns, [k, k]
 */
export function conditionIndices(
  r: Float64Array,
  names: readonly string[],
): NonNullable<FitDiagnostics['collinearity']> {
  const k = names.length;
  const { values, vectors } = singularVectors(unitColumns(r, k), k);
  const parts = Array.from({ length: k }, (_, dimension) =>
    Array.from({ length: k }, (_, j) => (vectors[dimension * k + j]! / values[dimension]!) ** 2),
  );
  const totals = names.map((_, j) => parts.reduce((sum, row) => sum + row[j]!, 0));
  return {
    columns: [...names],
    dimensions: parts.map((row, dimension) => ({
      singularValue: values[dimension]!,
      index: toExtended(values[0]! / values[dimension]!),
      proportions: row.map((value, j) => finiteOrNull(value / totals[j]!)),
    })),
  };
}
