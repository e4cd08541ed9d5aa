import * as v from 'valibot';
import { count, maybeNumber, shortText, text } from '../domain/schemas.ts';
import { interval, proportion } from './stability-parts.ts';

/** One fit of a variable set, by solver and strength as the study names them. */
export const mazeFit = v.object({
  /** Such as `L1, C = 1, intercept penalised (liblinear)`. */
  label: shortText,
  intercept: v.number(),
  /** In the order of the set's terms. */
  coefficients: v.array(v.number()),
});

export const mazeSet = v.object({
  /** The study's short name, such as CBA. */
  name: shortText,
  terms: v.array(shortText),
  fits: v.array(mazeFit),
  /** Without a penalty; null where the terms depend on each other exactly. */
  unpenalised: v.nullable(
    v.object({
      intercept: v.number(),
      interceptSe: v.number(),
      coefficients: v.array(v.number()),
      se: v.array(v.number()),
      logLik: v.number(),
      nullLogLik: v.number(),
      mcFadden: v.number(),
      auc: v.number(),
      brier: v.number(),
      accuracyInSample: v.number(),
    }),
  ),
  /** In the order of the terms; null where it is infinite. */
  vif: v.array(maybeNumber),
  /** L1 at C = 1 over random splits: what the study shows, and the last split's, which it printed. */
  splits: v.nullable(
    v.object({
      splits: count,
      accuracy: interval,
      gain: interval,
      meanIntercept: v.number(),
      meanCoefficients: v.array(v.number()),
      lastIntercept: v.number(),
      lastCoefficients: v.array(v.number()),
    }),
  ),
});
export type MazeSet = v.InferOutput<typeof mazeSet>;

/** A variable by the study's rule and by the corrected one. */
export const mazeVerdict = v.object({
  term: shortText,
  /** One-variable sign and held-out accuracy. */
  alone: maybeNumber,
  accuracyAlone: v.nullable(interval),
  /** As the notebook counts: 0 is positive in a refit and negative in the reference, of all refits. */
  notebookFlips: proportion,
  /** Of the refits that contain the term. */
  zero: proportion,
  opposite: proportion,
  /** Against the sign of the variable alone: the rule by which suppressors were thrown out. */
  againstAlone: proportion,
  keptByStudy: v.boolean(),
  verdict: v.picklist(['kept', 'kept, suppressed alone', 'not supported', 'undetermined']),
  why: text,
});
export type MazeVerdict = v.InferOutput<typeof mazeVerdict>;

/** A step of the study beside the one in its place. */
export const mazeDifference = v.object({ title: text, study: text, instead: text, why: text });
export type MazeDifference = v.InferOutput<typeof mazeDifference>;

export const mazeStudy = v.object({
  sets: v.array(mazeSet),
  verdicts: v.array(mazeVerdict),
  /** Accuracy that the three kept variables lose without each, paired by split. */
  drops: v.array(v.object({ term: shortText, accuracy: interval })),
  differences: v.array(mazeDifference),
  /** Pearson correlation of the two distances between cheese and decision square. */
  distanceCorrelation: maybeNumber,
});
export type MazeStudy = v.InferOutput<typeof mazeStudy>;
