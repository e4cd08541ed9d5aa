import type { Coefficient } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { toExtended } from '../../../shared/domain/schemas.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { namesIn } from '../../../shared/formula/formula.ts';
import { conditionNumber, unitColumns } from '../linalg/singular-values.ts';
import { keepColumns } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import { inflationOf } from './column-inflation.ts';
import { fitFirth } from './fit-firth.ts';
import { fitGaussian } from './fit-gaussian.ts';
import { fitLikelihood } from './fit-likelihood.ts';
import { fitWithPenalty } from './fit-penalty.ts';
import { finiteOrNull, type FamilyFit, type FitResult, type PreparedDesign } from './fit-result.ts';
import type { Estimate } from './least-squares.ts';
import { describeMethod } from './method-text.ts';
import { describeDependencies, prepareFit, type Prepared } from './prepare-fit.ts';
import {
  conditionWarning,
  dependencyWarning,
  droppedRowsWarning,
  filterWarning,
  inflationWarnings,
  missingPolicyWarnings,
  suppressionWarnings,
} from './warnings.ts';
import { zeroOrderFits } from './zero-order.ts';

/** A fit with what it was made from, for the diagnostics. */
export interface FittedModel {
  readonly prepared: Prepared;
  readonly fit: FamilyFit;
  /** The columns that `fit.estimates` are of. */
  readonly kept: readonly number[];
}

/**
 * One regression from a table to its finished result: filter, model frame, design, dependencies,
 * fit, diagnostics, warnings. Deterministic: equal tables and specs give equal results.
 * @throws AppError for whatever in the data or the spec makes the fit impossible, each with its code
 */
export function* regress(table: Table, spec: RegressSpec): Steps<FitResult> {
  return assemble(table, spec, yield* fitModel(table, spec));
}

/** The fit alone. @throws AppError as regress does */
export function* fitModel(table: Table, spec: RegressSpec): Steps<FittedModel> {
  const prepared = yield* prepareFit(table, spec);
  const { frame, design, examined } = prepared;
  if (spec.penalty)
    return {
      prepared,
      fit: yield* fitWithPenalty(frame, design, spec.penalty),
      kept: design.columns.map((_, column) => column),
    };
  const ready = examined!.prepared;
  return { prepared, fit: yield* fitBy(ready, spec), kept: ready.kept };
}

function fitBy(ready: PreparedDesign, spec: RegressSpec): Steps<FamilyFit> {
  if (spec.family === 'gaussian') return fitGaussian(ready, spec);
  return spec.method === 'firth' ? fitFirth(ready) : fitLikelihood(ready, spec);
}

function assemble(
  table: Table,
  spec: RegressSpec,
  { prepared, fit, kept }: FittedModel,
): FitResult {
  const { frame, design } = prepared;
  const position = new Map(kept.map((column, k) => [column, k]));
  const known = collinearityOf(prepared, spec, (column) => {
    const k = position.get(column);
    return k === undefined ? NaN : fit.estimates[k]!.statistic;
  });
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
      const isIntercept = design.intercept && column === 0;
      const vif = isIntercept ? null : toExtended(known.vif[column] ?? NaN);
      return coefficientRow(name, k === undefined ? undefined : fit.estimates[k]!, vif);
    }),
    dependencies: known.dependencies,
    warnings: [
      ...known.before,
      ...droppedRowsWarning(frame),
      ...missingPolicyWarnings(frame),
      ...filterWarning(frame),
      ...fit.warnings,
      ...known.after,
    ],
    ...fit.figures,
    conditionNumber: toExtended(known.condition),
    scaledConditionNumber: toExtended(known.scaledCondition),
    method: describeMethod(frame, spec, { precise: fit.precise, penalised: fit.extra?.penalised }),
    ...fit.extra,
    ...(frame.imputed.length > 0 ? { imputed: frame.imputed.map(toTerm) } : {}),
    ...(frame.leftOut.length > 0 ? { leftOut: frame.leftOut.map(toTerm) } : {}),
  };
}

function toTerm({ label, rows }: { label: string; rows: number }): { term: string; rows: number } {
  return { term: label, rows };
}

interface Collinearity {
  readonly vif: readonly number[];
  readonly condition: number;
  readonly scaledCondition: number;
  readonly dependencies: FitResult['dependencies'];
  readonly before: FitResult['warnings'];
  readonly after: FitResult['warnings'];
}

/** What the design alone says, with its warnings; nothing where it was not factorised. */
function collinearityOf(
  { frame, design, examined }: Prepared,
  spec: RegressSpec,
  statisticOf: (column: number) => number,
): Collinearity {
  if (!examined)
    return {
      vif: [],
      condition: NaN,
      scaledCondition: NaN,
      dependencies: [],
      before: [],
      after: [],
    };
  const { whole, kept } = examined.prepared;
  const triangle = keepColumns(whole.r, whole.effects, whole.columns, kept).r;
  const condition = conditionNumber(unscale(triangle, kept, whole.scales), kept.length);
  const scaledCondition = conditionNumber(unitColumns(triangle, kept.length), kept.length);
  const inflation = inflationOf(examined.prepared, examined.dependencies, triangle);
  const dependencies = describeDependencies(design, examined.dependencies);
  const alone = zeroOrderFits(design, whole, (variable) =>
    namesIn(frame.formula.variables[variable]!.node),
  );
  const isPenalised = spec.penalty !== undefined;
  return {
    vif: inflation.byColumn,
    condition,
    scaledCondition,
    dependencies: dependencies.map(({ words }) => words),
    before: dependencies.map(({ words, aliased, kind }) =>
      dependencyWarning(words, aliased, kind, isPenalised),
    ),
    after: [
      ...(isPenalised ? [] : conditionWarning(condition, scaledCondition)),
      ...inflationWarnings(design, inflation.byTerm),
      ...suppressionWarnings(design, alone, statisticOf),
    ],
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
