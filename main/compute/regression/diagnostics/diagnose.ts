import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { adjustments } from '../../../../shared/contract/fit-diagnostics.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import { toExtended } from '../../../../shared/domain/schemas.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { adjustP } from '../../../../shared/stats/p-adjust.ts';
import { keepColumns, type Triangle } from '../../linalg/triangular.ts';
import type { Steps } from '../../steps.ts';
import { inflationOf } from '../column-inflation.ts';
import { finiteOrNull, type PreparedDesign } from '../fit-result.ts';
import { fitModel, type FittedModel } from '../regress.ts';
import { conditionIndices } from './condition-indices.ts';
import { importanceOf } from './importance.ts';
import { influenceOf, pressOf, rowNumbers } from './influence.ts';
import { calibrationOf, rocOf } from './prediction.ts';
import { breuschPagan, durbinWatson } from './residual-tests.ts';
import { zeroOrderSlopes } from './zero-order-slopes.ts';

/** Terms beyond which shares are not calculated: each order of entry fits all of them. */
const sharedTerms = 60;

type Omitted = FitDiagnostics['omitted'];

/**
 * Everything that is known of a fit beyond its coefficients. What does not exist for it, or would take
 * too long, is named in `omitted` with the reason.
 * @throws AppError as regress does
 */
export function* diagnose(table: Table, spec: RegressSpec): Steps<FitDiagnostics> {
  const model = yield* fitModel(table, spec);
  const { frame, examined } = model.prepared;
  const omitted: Omitted = [];
  const design = examined ? yield* ofDesign(examined, spec, model, omitted) : nothingOfDesign;
  if (!examined)
    omitted.push({
      what: 'collinearity',
      why: 'There are more columns than rows, or more than are looked at for a penalised fit.',
    });
  return {
    tableSha256: table.sha256,
    n: frame.n,
    ...design,
    ...(yield* ofRows(model, spec, omitted)),
    ...ofOutcome(model),
    adjustedP: adjustedOf(model),
    omitted,
  };
}

type OfDesign = Pick<FitDiagnostics, 'inflation' | 'collinearity' | 'importance' | 'zeroOrder'>;

const nothingOfDesign: OfDesign = {
  inflation: [],
  collinearity: null,
  importance: null,
  zeroOrder: [],
};

function* ofDesign(
  examined: NonNullable<FittedModel['prepared']['examined']>,
  spec: RegressSpec,
  { fit, kept }: FittedModel,
  omitted: Omitted,
): Steps<OfDesign> {
  const { prepared, dependencies } = examined;
  const { design, whole } = prepared;
  const triangle = keepColumns(whole.r, whole.effects, whole.columns, prepared.kept);
  const { byTerm } = inflationOf(prepared, dependencies, triangle.r);
  const names = prepared.kept.map((column) => design.columns[column]!.name);
  const together = (column: number) => fit.estimates[kept.indexOf(column)];
  return {
    inflation: byTerm.map(({ term, factor, df }) => ({
      term: design.terms[term]!.label,
      df,
      gvif: toExtended(factor),
      adjusted: toExtended(factor ** (1 / (2 * df))),
    })),
    collinearity: conditionIndices(triangle.r, names),
    importance: yield* sharesOf(prepared, spec, triangle, omitted),
    zeroOrder: spec.penalty ? [] : yield* zeroOrderSlopes(prepared, spec, together),
  };
}

function* sharesOf(
  { frame, design, whole, kept }: PreparedDesign,
  spec: RegressSpec,
  triangle: Triangle,
  omitted: Omitted,
): Steps<FitDiagnostics['importance']> {
  const skip = (why: string): null => {
    omitted.push({ what: 'importance', why });
    return null;
  };
  if (spec.family !== 'gaussian') return skip('Shares of R² are for gaussian outcomes.');
  if (!design.intercept) return skip('Shares need an intercept.');
  if (frame.weights) return skip('Shares are for fits without weights.');
  const position = new Map(kept.map((column, k) => [column, k]));
  const terms = design.terms
    .map(({ label, columns }) => ({
      label,
      columns: columns.flatMap((column) => position.get(column) ?? []),
    }))
    .filter(({ columns }) => columns.length > 0);
  if (terms.length > sharedTerms)
    return skip(`There are more than ${sharedTerms} terms, and each order of entry fits them all.`);
  let total = whole.residualSquares;
  for (let i = 1; i < whole.columns; i++) total += whole.effects[i]! ** 2;
  return yield* importanceOf(triangle.r, triangle.effects, terms, total);
}

type OfRows = Pick<
  FitDiagnostics,
  'durbinWatson' | 'breuschPagan' | 'press' | 'predictedR2' | 'influence'
>;

function* ofRows(
  { prepared: { design, examined }, fit }: FittedModel,
  spec: RegressSpec,
  omitted: Omitted,
): Steps<OfRows> {
  const nothing: OfRows = {
    durbinWatson: null,
    breuschPagan: null,
    press: null,
    predictedR2: null,
    influence: null,
  };
  const { working } = fit;
  if (!working || !examined) {
    omitted.push({ what: 'influence', why: 'Leverages are not defined for penalised fits.' });
    return nothing;
  }
  const ready = examined.prepared;
  if (design.rows <= ready.kept.length + 1) {
    omitted.push({ what: 'influence', why: 'Too few rows are left to judge a row by the others.' });
    return nothing;
  }
  const isGaussian = spec.family === 'gaussian';
  const numbers = yield* rowNumbers(ready, working);
  const influence = yield* influenceOf(ready, working, numbers, isGaussian);
  if (!isGaussian) return { ...nothing, influence };
  const press = pressOf(working, numbers);
  const total = fit.figures.nullDeviance;
  const isPlain = design.intercept && !working.roots;
  if (!isPlain)
    omitted.push({ what: 'breuschPagan', why: 'It needs an intercept and no weights.' });
  return {
    durbinWatson: durbinWatson(working.residuals),
    breuschPagan: isPlain ? breuschPagan(working.residuals, numbers.squaredEffects) : null,
    press,
    predictedR2: press === null || !total ? null : finiteOrNull(1 - press / total),
    influence,
  };
}

function ofOutcome({
  prepared: { frame },
  fit,
}: FittedModel): Pick<FitDiagnostics, 'calibration' | 'roc'> {
  if (frame.response.family !== 'binomial') return { calibration: null, roc: null };
  const { values: y } = frame.response;
  const probability = fit.working?.fitted ?? fit.eta.map((eta) => 1 / (1 + Math.exp(-eta)));
  return { calibration: calibrationOf(probability, y), roc: rocOf(fit.eta, y) };
}

function adjustedOf({ prepared: { design }, fit, kept }: FittedModel): FitDiagnostics['adjustedP'] {
  const tested = kept.flatMap((column, k) => {
    const isIntercept = design.intercept && column === 0;
    const { p } = fit.estimates[k]!;
    return isIntercept || Number.isNaN(p) ? [] : [{ term: design.columns[column]!.name, p }];
  });
  if (tested.length === 0) return null;
  const p = tested.map((row) => row.p);
  return {
    terms: tested.map(({ term }) => term),
    p,
    methods: adjustments.map((method) => ({ method, p: adjustP(p, method) })),
  };
}
