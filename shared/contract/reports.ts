import * as v from 'valibot';
import { operation } from './define.ts';
import { count, id, shortText, text, time } from '../domain/schemas.ts';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

export const reportSection = v.variant('kind', [
  v.strictObject({ kind: v.literal('text'), title: shortText, text }),
  /** Metrics, curves, spec and provenance of runs; replicates are summarised with n. */
  v.strictObject({ kind: v.literal('runs'), runs: v.pipe(v.array(id), v.minLength(1)) }),
  /** Features of one dictionary with their examples: those listed, or the best by a rule. */
  v.strictObject({
    kind: v.literal('features'),
    dictionary: id,
    choice: v.picklist(['most-active', 'best-per-property', 'labelled', 'listed']),
    features: v.optional(v.array(count), []),
    limit: v.pipe(count, v.minValue(1), v.maxValue(2000)),
  }),
  v.strictObject({ kind: v.literal('fit'), fit: id }),
  /** Conditions of evaluations held against each other. */
  v.strictObject({ kind: v.literal('evaluation'), evaluation: id }),
  /** Dictionaries held against each other, at the minimum count of the comparison. */
  v.strictObject({ kind: v.literal('comparison'), comparison: id }),
  v.strictObject({ kind: v.literal('stability'), study: id }),
  /** A label from the features of a dictionary, by the job that predicted it. */
  v.strictObject({ kind: v.literal('prediction'), prediction: id }),
  /** Objectives held against each other at equal L0, from the runs that a study trained. */
  v.strictObject({
    kind: v.literal('study'),
    /** L0 that the coefficients were matched to, and the share of it by which a mean may differ. */
    target: positive,
    tolerance: positive,
    objectives: v.pipe(
      v.array(v.strictObject({ name: shortText, runs: v.pipe(v.array(id), v.minLength(1)) })),
      v.minLength(1),
      v.maxLength(16),
    ),
    /** Runs on the way to the match by the objective's name: of full length, and shorter ones. */
    trials: v.optional(v.array(v.strictObject({ name: shortText, run: id })), []),
    pilots: v.optional(v.array(v.strictObject({ name: shortText, run: id })), []),
  }),
]);
export type ReportSection = v.InferOutput<typeof reportSection>;

export const reportRow = v.object({
  id,
  title: shortText,
  createdAt: time,
  path: shortText,
  bytes: count,
  sha256: shortText,
});
export type ReportRow = v.InferOutput<typeof reportRow>;

export const reportsContract = {
  'reports.create': operation(
    v.strictObject({
      project: id,
      title: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
      sections: v.pipe(v.array(reportSection), v.minLength(1), v.maxLength(100)),
    }),
    reportRow,
  ),
  'reports.list': operation(v.strictObject({ project: id }), v.array(reportRow)),
  /** A handle under which the page can fetch the report (see blobs). */
  'reports.open': operation(
    v.strictObject({ project: id, report: id }),
    v.object({ url: shortText, bytes: count }),
  ),
};
