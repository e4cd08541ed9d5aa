import type { Coefficient } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';
import { toExtended } from '../../../shared/domain/schemas.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { namesIn } from '../../../shared/formula/formula.ts';
import { conditionNumber, unitColumns } from '../linalg/singular-values.ts';
import { keepColumns } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import type { Dependencies } from './dependencies.ts';
import { fitBinomial } from './fit-binomial.ts';
import { fitGaussian } from './fit-gaussian.ts';
import { finiteOrNull, type FamilyFit, type FitResult, type PreparedDesign } from './fit-result.ts';
import { inflationFactors } from './inflation.ts';
import type { Estimate } from './least-squares.ts';
import { describeMethod } from './method-text.ts';
import { describeDependencies, prepareFit } from './prepare-fit.ts';
import {
  conditionWarning,
  dependencyWarning,
  droppedRowsWarning,
  filterWarning,
  inflationWarnings,
  suppressionWarnings,
} from './warnings.ts';
import { zeroOrderFits } from './zero-order.ts';

/**
 * One regression from a table to its finished result: filter, model frame, design, dependencies,
 * fit, diagnostics, warnings. Deterministic: equal tables and specs give equal results.
 * @throws AppError for whatever in the data or the spec makes the fit impossible, each with its code
 */
export function* regress(table: Table, spec: RegressSpec): Steps<FitResult> {
  const { prepared, dependencies } = yield* prepareFit(table, spec);
  const fit = yield* spec.family === 'gaussian' ? fitGaussian(prepared) : fitBinomial(prepared);
  return assemble(table, spec, prepared, dependencies, fit);
}

function assemble(
  table: Table,
  spec: RegressSpec,
  prepared: PreparedDesign,
  found: Dependencies,
  fit: FamilyFit,
): FitResult {
  const { frame, design, whole, kept } = prepared;
  const triangle = keepColumns(whole.r, whole.effects, whole.columns, kept).r;
  const condition = conditionNumber(unscale(triangle, kept, whole.scales), kept.length);
  const scaledCondition = conditionNumber(unitColumns(triangle, kept.length), kept.length);
  const inflation = inflate(prepared, found, triangle);
  const dependencies = describeDependencies(prepared.design, found);
  const position = new Map(kept.map((column, k) => [column, k]));
  const statisticOf = (column: number): number => {
    const k = position.get(column);
    return k === undefined ? NaN : fit.estimates[k]!.statistic;
  };
  const alone = zeroOrderFits(design, whole, (variable) =>
    namesIn(frame.formula.variables[variable]!.node),
  );
  return {
    spec,
    tableSha256: table.sha256,
    response: frame.response.label,
    rowsInTable: frame.rowsInTable,
    filteredOut: frame.filteredOut,
    dropped: frame.dropped,
    n: frame.n,
    coefficients: design.columns.map(({ name }, column) => {
      const k = position.get(column);
      const vif = design.intercept && column === 0 ? null : toExtended(inflation.byColumn[column]!);
      return coefficientRow(name, k === undefined ? undefined : fit.estimates[k]!, vif);
    }),
    dependencies: dependencies.map(({ words }) => words),
    warnings: [
      ...dependencies.map(({ words, aliased, kind }) => dependencyWarning(words, aliased, kind)),
      ...droppedRowsWarning(frame),
      ...filterWarning(frame),
      ...fit.warnings,
      ...conditionWarning(condition, scaledCondition),
      ...inflationWarnings(design, inflation.byTerm),
      ...suppressionWarnings(design, alone, statisticOf),
    ],
    ...fit.figures,
    conditionNumber: toExtended(condition),
    scaledConditionNumber: toExtended(scaledCondition),
    method: describeMethod(frame, { precise: fit.precise }),
  };
}

function coefficientRow(
  term: string,
  found: Estimate | undefined,
  vif: Coefficient['vif'],
): Coefficient {
  if (!found)
    return { term, estimate: null, se: null, statistic: null, p: null, low: null, high: null, vif };
  return {
    term,
    estimate: finiteOrNull(found.estimate),
    se: finiteOrNull(found.se),
    statistic: toExtended(found.statistic),
    p: finiteOrNull(found.p),
    low: finiteOrNull(found.low),
    high: finiteOrNull(found.high),
    vif,
  };
}

/**
 * Variance inflation of each column: its term's factor; infinite for every column that takes part in
 * an exact dependency; 1 where a term is alone beside the intercept.
 */
function inflate(
  { design, kept }: PreparedDesign,
  found: Dependencies,
  triangle: Float64Array,
): { byColumn: number[]; byTerm: { term: number; factor: number; df: number }[] } {
  const position = new Map(kept.map((column, k) => [column, k]));
  const sets = design.terms.map(({ columns }) =>
    columns.flatMap((column) => position.get(column) ?? []),
  );
  const factors = inflationFactors(triangle, kept.length, design.intercept, sets);
  const involved = new Set(
    found.relations.flatMap(({ terms }) => terms.map(({ column }) => column)),
  );
  const byColumn = design.columns.map(({ term }, column) =>
    involved.has(column) ? Infinity : term < 0 ? NaN : factors[term]!,
  );
  const byTerm = design.terms.map(({ columns }, term) => ({
    term,
    factor: columns.some((column) => involved.has(column)) ? Infinity : factors[term]!,
    df: sets[term]!.length,
  }));
  return { byColumn, byTerm };
}

/** R in the units of the data, times a common power of two that keeps squares in range. */
function unscale(
  triangle: Float64Array,
  kept: readonly number[],
  scales: Float64Array,
): Float64Array {
  const k = kept.length;
  const smallest = kept.reduce((least, column) => Math.min(least, scales[column]!), Infinity);
  return triangle.map((value, i) => value * (smallest / scales[kept[Math.floor(i / k)]!]!));
}
