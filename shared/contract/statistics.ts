import * as v from 'valibot';
import { operation } from './define.ts';
import {
  count,
  extendedNumber,
  id,
  maybeNumber,
  shortText,
  text,
  time,
} from '../domain/schemas.ts';
import { regressSpecSchema } from '../domain/regress-spec.ts';
import { fitDiagnostics, penalisedFit } from './fit-diagnostics.ts';
import { limits } from '../limits.ts';

export const columnSummary = v.object({
  name: shortText,
  type: v.picklist(['number', 'text', 'boolean', 'empty']),
  n: count,
  missing: count,
  distinct: count,
  mean: maybeNumber,
  sd: maybeNumber,
  min: maybeNumber,
  max: maybeNumber,
  /** The most frequent values, for text columns. */
  levels: v.array(v.object({ value: text, n: count })),
});
export type ColumnSummary = v.InferOutput<typeof columnSummary>;

export const tableDescription = v.object({
  path: shortText,
  rows: count,
  columns: v.array(columnSummary),
  delimiter: shortText,
  sha256: shortText,
  /** Where the table's own header says that it is simulated or how it was made. */
  note: v.nullable(text),
});
export type TableDescription = v.InferOutput<typeof tableDescription>;

/** An exact linear relation among columns, such as `a = b + c`. */
export const dependency = v.object({
  term: shortText,
  /** In words: `a = b + c`. */
  sentence: text,
  parts: v.array(v.object({ term: shortText, coefficient: v.number() })),
});
export type Dependency = v.InferOutput<typeof dependency>;

export const warning = v.object({
  /** The term, statistic or row that it concerns; null for the fit as a whole. */
  concerns: v.nullable(shortText),
  message: text,
  why: text,
  whatToDo: text,
});
export type Warning = v.InferOutput<typeof warning>;

export const coefficient = v.object({
  term: shortText,
  /** Null where the term was left out because it depends exactly on others. */
  estimate: maybeNumber,
  se: maybeNumber,
  /** t for gaussian, z for binomial. */
  statistic: extendedNumber,
  p: maybeNumber,
  low: maybeNumber,
  high: maybeNumber,
  /** Infinite where the term depends exactly on others; null for the intercept. */
  vif: extendedNumber,
});
export type Coefficient = v.InferOutput<typeof coefficient>;

export const fitDetail = v.object({
  id,
  name: shortText,
  createdAt: time,
  spec: regressSpecSchema,
  tableSha256: shortText,
  response: shortText,
  rowsInTable: count,
  filteredOut: count,
  /** Rows left out because a variable was missing. */
  dropped: count,
  n: count,
  coefficients: v.array(coefficient),
  dependencies: v.array(dependency),
  warnings: v.array(warning),
  r2: maybeNumber,
  adjustedR2: maybeNumber,
  /** Residual standard deviation (gaussian). */
  sigma: maybeNumber,
  fStatistic: extendedNumber,
  fDegrees: v.nullable(v.tuple([count, count])),
  fP: maybeNumber,
  deviance: maybeNumber,
  nullDeviance: maybeNumber,
  logLik: maybeNumber,
  aic: maybeNumber,
  bic: maybeNumber,
  dfResidual: count,
  /** Of the design matrix as fitted, and with columns scaled to unit length. */
  conditionNumber: extendedNumber,
  scaledConditionNumber: extendedNumber,
  iterations: v.nullable(count),
  /** Method, penalty, missing-value and intercept rules, in words. */
  method: text,
  /** Share of the more frequent outcome (binomial). */
  baseRate: maybeNumber,
  accuracy: maybeNumber,
  auc: maybeNumber,
  /** Path, chosen strength and its name in other programs; of penalised fits only. */
  penalised: v.optional(penalisedFit),
  /** Log-likelihood plus half the log-determinant of the information (Firth). */
  penalisedLogLik: v.optional(maybeNumber),
  /** Clusters of CR0 and CR1. */
  clusters: v.optional(count),
  /** Cells replaced by the mean of their variable, with an indicator beside it. */
  imputed: v.optional(v.array(v.object({ term: text, rows: count }))),
  /** Variables left out because they are missing somewhere. */
  leftOut: v.optional(v.array(v.object({ term: text, rows: count }))),
});
export type FitDetail = v.InferOutput<typeof fitDetail>;

/** What a fit would be made of, known before fitting. */
export const fitCheck = v.object({
  response: shortText,
  /** What counts as failure and as success, for an outcome in words. */
  classes: v.nullable(v.tuple([text, text])),
  rowsInTable: count,
  filteredOut: count,
  /** Rows left out because a variable is missing. */
  dropped: count,
  /** Which variables are missing in how many of the rows that the filter keeps. */
  missing: v.array(v.object({ term: text, rows: count })),
  n: count,
  /** Names of the coefficients, the intercept first. */
  terms: v.array(shortText),
  /** `aliased` is the term that would be left out. */
  dependencies: v.array(v.object({ ...dependency.entries, aliased: shortText })),
});
export type FitCheck = v.InferOutput<typeof fitCheck>;

export const fitRow = v.object({
  id,
  name: shortText,
  createdAt: time,
  table: shortText,
  formula: text,
  filter: v.nullable(text),
  family: shortText,
  n: count,
  r2: maybeNumber,
  warnings: count,
});
export type FitRow = v.InferOutput<typeof fitRow>;

export const correlation = v.object({
  columns: v.array(shortText),
  /** Row-major; null where a column is constant. */
  values: v.array(maybeNumber),
  n: count,
  dropped: count,
  dependencies: v.array(dependency),
  /** The columns' positions in the order of an average-linkage clustering by 1 - |r|. */
  order: v.array(count),
});
export type Correlation = v.InferOutput<typeof correlation>;

const inTable = { project: id, table: shortText };

export const statisticsContract = {
  'tables.describe': operation(v.strictObject(inTable), tableDescription),
  'tables.rows': operation(
    v.strictObject({
      ...inTable,
      offset: count,
      limit: v.pipe(count, v.maxValue(limits.pageRows)),
    }),
    v.object({ total: count, rows: v.array(v.array(v.nullable(text))) }),
  ),
  /** Correlations of numeric columns over the rows in which all of them are present. */
  'tables.correlation': operation(
    v.strictObject({
      ...inTable,
      columns: v.pipe(v.array(shortText), v.minLength(2), v.maxLength(200)),
      filter: v.optional(text),
      /** Pearson where not given. */
      method: v.optional(v.picklist(['pearson', 'spearman'])),
    }),
    correlation,
  ),
  /** Reads a spec against its table without fitting, so that a form can say what would happen. */
  'fits.check': operation(
    v.strictObject({ project: id, spec: v.record(v.string(), v.unknown()) }),
    fitCheck,
  ),
  /** Everything that is known of a fit beyond its coefficients, calculated anew from its spec. */
  'fits.diagnostics': operation(
    v.strictObject({ project: id, spec: v.record(v.string(), v.unknown()) }),
    fitDiagnostics,
  ),
  'fits.create': operation(
    v.strictObject({ project: id, spec: v.record(v.string(), v.unknown()) }),
    fitDetail,
  ),
  'fits.list': operation(v.strictObject({ project: id }), v.array(fitRow)),
  'fits.get': operation(v.strictObject({ project: id, fit: id }), fitDetail),
};
