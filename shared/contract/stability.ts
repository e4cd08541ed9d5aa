import * as v from 'valibot';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { stabilitySpecSchema } from '../domain/stability-spec.ts';
import { operation } from './define.ts';
import { mazeStudy } from './maze-study.ts';
import { interval, proportion, spread } from './stability-parts.ts';
import { dependency, warning } from './statistics.ts';

/** What the refits that contain a term made of it. */
export const termOutcomes = v.object({
  term: shortText,
  /** Refits that contain the term and could be fitted: the number that the shares are of. */
  refits: count,
  /** Counts sum to `refits`. */
  same: proportion,
  zero: proportion,
  opposite: proportion,
  /** Refits whose rows or other terms leave the coefficient undetermined; not in `refits`. */
  undetermined: count,
  /** Null where no refit contains the term. */
  coefficients: v.nullable(spread),
});
export type TermOutcomes = v.InferOutput<typeof termOutcomes>;

/** Refits that could not be made, by reason: they are counted nowhere else. */
export const failedRefits = v.object({ reason: text, refits: count });

export const refitMode = v.object({
  mode: v.picklist(['subsets', 'splits', 'bootstrap']),
  refits: count,
  /** Different fits among them: a subset that is drawn twice is fitted once. */
  distinct: count,
  rows: count,
  failed: v.array(failedRefits),
  terms: v.array(termOutcomes),
});
export type RefitMode = v.InferOutput<typeof refitMode>;

/** Means over splits; intervals are Nadeau & Bengio's (2003), which allow for shared rows. */
export const heldOut = v.object({
  splits: count,
  trainRows: count,
  testRows: count,
  /** Of always saying what is more frequent in the training rows. Null for gaussian. */
  baseRate: v.nullable(interval),
  accuracy: v.nullable(interval),
  /** Accuracy minus base rate, split by split. */
  gain: v.nullable(interval),
  /** Mean of the two classes' shares of right answers. */
  balancedAccuracy: v.nullable(interval),
  auc: v.nullable(interval),
  /** 1 - squared errors / those of the training mean (gaussian). */
  r2: v.nullable(interval),
  failed: v.array(failedRefits),
});
export type HeldOut = v.InferOutput<typeof heldOut>;

/** The loss from leaving a term out: the full fit's figure minus the smaller one's, paired by split. */
export const dropOne = v.object({
  term: shortText,
  accuracy: v.nullable(interval),
  auc: v.nullable(interval),
  r2: v.nullable(interval),
  splits: count,
});
export type DropOne = v.InferOutput<typeof dropOne>;

/** A term in the reference fits. */
export const referenceTerm = v.object({
  term: shortText,
  /** Against which refits are counted; 0, which counts as positive, where every reference is zero. */
  sign: v.picklist([-1, 0, 1]),
  signOf: v.picklist(['full', 'alone', 'given']),
  /** In the fit of all rows and terms, with the spec's penalty. */
  estimate: maybeNumber,
  /** The same without a penalty, with its standard error; null where it is undetermined. */
  unpenalised: maybeNumber,
  se: maybeNumber,
  /** By itself, with the spec's penalty. */
  alone: maybeNumber,
  /** Without a penalty, by itself. */
  aloneUnpenalised: maybeNumber,
  aloneSe: maybeNumber,
  /** Held-out accuracy (R² for gaussian) of the term by itself, over the splits of dropOne. */
  aloneScore: v.nullable(interval),
  /** That accuracy minus the base rate, split by split (binomial). */
  aloneGain: v.nullable(interval),
  /** Infinite is null with `dependent` true. */
  vif: maybeNumber,
  dependent: v.boolean(),
});
export type ReferenceTerm = v.InferOutput<typeof referenceTerm>;

export const secondTable = v.object({
  table: shortText,
  sha256: shortText,
  n: count,
  terms: v.array(
    v.object({
      term: shortText,
      first: maybeNumber,
      firstSe: maybeNumber,
      second: maybeNumber,
      secondSe: maybeNumber,
      /** Of the difference, without a penalty; z and its two-sided p. */
      z: maybeNumber,
      p: maybeNumber,
      outcome: v.picklist(['same', 'zero', 'opposite', 'undetermined']),
    }),
  ),
  /** Of the first table's fit on the second table's rows; R² for gaussian. */
  score: maybeNumber,
  auc: maybeNumber,
  baseRate: maybeNumber,
});
export type SecondTable = v.InferOutput<typeof secondTable>;

/** Meinshausen & Bühlmann (2010), JRSS B 72: E[false selections] <= q^2 / ((2 threshold - 1) p). */
export const stabilitySelection = v.object({
  refits: count,
  rows: count,
  failed: v.array(failedRefits),
  /** q: variables that each half chose on average, and how many it was allowed. */
  chosen: v.number(),
  allowed: count,
  threshold: v.number(),
  /** Expected number of falsely selected variables at most; null where there is no bound. */
  bound: maybeNumber,
  terms: v.array(v.object({ term: shortText, selected: v.boolean(), probability: proportion })),
  thresholds: v.array(v.object({ threshold: v.number(), bound: v.number(), selected: count })),
});
export type StabilitySelection = v.InferOutput<typeof stabilitySelection>;

/** How often a sign that is true would come out otherwise, were the fitted model the truth. */
export const powerCurve = v.object({
  refits: count,
  truth: v.array(v.object({ term: shortText, coefficient: v.number() })),
  sizes: v.array(
    v.object({
      n: count,
      failed: v.array(failedRefits),
      /** In the order of `truth`. */
      terms: v.array(v.object({ refits: count, zero: proportion, opposite: proportion })),
    }),
  ),
});
export type PowerCurve = v.InferOutput<typeof powerCurve>;

export const stabilityDetail = v.object({
  id,
  name: shortText,
  createdAt: time,
  spec: stabilitySpecSchema,
  tableSha256: shortText,
  response: shortText,
  rowsInTable: count,
  filteredOut: count,
  dropped: count,
  n: count,
  /** Share of the outcome 1 (binomial). */
  rate: maybeNumber,
  terms: v.array(referenceTerm),
  /** The intercept of the full fit. */
  intercept: maybeNumber,
  dependencies: v.array(dependency),
  warnings: v.array(warning),
  modes: v.array(refitMode),
  heldOut: v.nullable(heldOut),
  dropOne: v.array(dropOne),
  secondTable: v.nullable(secondTable),
  selection: v.nullable(stabilitySelection),
  power: v.nullable(powerCurve),
  maze: v.nullable(mazeStudy),
  /** Penalty, its convention, intercept rule, standardisation, seeds, in words. */
  method: text,
});
export type StabilityDetail = v.InferOutput<typeof stabilityDetail>;

export const stabilityRow = v.object({
  id,
  name: shortText,
  createdAt: time,
  table: shortText,
  formula: text,
  template: v.nullable(shortText),
  n: count,
  refits: count,
  warnings: count,
});
export type StabilityRow = v.InferOutput<typeof stabilityRow>;

/** A study is made by a job of kind `stability` (jobs.submit). */
export const stabilityContract = {
  'stability.list': operation(v.strictObject({ project: id }), v.array(stabilityRow)),
  'stability.get': operation(v.strictObject({ project: id, study: id }), stabilityDetail),
  /** The spec of a template over a table of the project, to be submitted or edited. */
  'stability.template': operation(
    v.strictObject({
      project: id,
      template: v.picklist(['maze']),
      table: shortText,
      secondTable: v.optional(shortText),
    }),
    stabilitySpecSchema,
  ),
};
