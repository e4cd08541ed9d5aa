import * as v from 'valibot';
import { count, extendedNumber, maybeNumber, shortText, text } from '../domain/schemas.ts';

/** A strength as another program writes it; null where that program has no such penalty. */
export const penaltyEquivalent = v.object({
  program: shortText,
  /** The argument's name there, such as `lambda` or `C`. */
  argument: shortText,
  value: maybeNumber,
  /** What has to be done to the data first for the same coefficients, in words. */
  note: text,
});
export type PenaltyEquivalent = v.InferOutput<typeof penaltyEquivalent>;

export const penalisedFit = v.object({
  /** glmnet's alpha. */
  mixing: v.number(),
  /** glmnet's lambda of the coefficients shown. */
  strength: v.number(),
  /** Where the strength came from. */
  chosenBy: v.picklist(['given', 'minimum', 'one-standard-error']),
  standardised: v.boolean(),
  equivalents: v.array(penaltyEquivalent),
  /** Share of the null deviance that is explained. */
  deviancePart: v.number(),
  /** Coefficients that are not zero, beside the intercept. */
  nonZero: count,
  /** In falling strength; empty where a strength was given. */
  path: v.array(
    v.object({
      strength: v.number(),
      nonZero: count,
      deviancePart: v.number(),
      /** Mean loss over the folds (deviance of a row), with its standard error. */
      loss: maybeNumber,
      lossSe: maybeNumber,
    }),
  ),
  /** Coefficients along the path, [term][strength], for the terms that enter first (at most 60). */
  curves: v.array(v.object({ term: shortText, values: v.array(v.number()) })),
  folds: v.nullable(count),
  seed: v.nullable(count),
  minimum: maybeNumber,
  oneStandardError: maybeNumber,
});
export type PenalisedFit = v.InferOutput<typeof penalisedFit>;

/** Row of a table, from 1, with a value. */
const extremeRow = v.object({ row: count, value: v.number() });

export const inflationOfTerm = v.object({
  term: text,
  df: count,
  gvif: extendedNumber,
  /** GVIF^(1/(2 df)): comparable between terms, the square root of a VIF. */
  adjusted: extendedNumber,
});

/** Belsley, Kuh & Welsch (1980): columns of unit length, not centred. */
export const collinearity = v.object({
  columns: v.array(shortText),
  /** In rising condition index; the proportions of each column sum to 1 over them. */
  dimensions: v.array(
    v.object({
      singularValue: v.number(),
      index: extendedNumber,
      proportions: v.array(maybeNumber),
    }),
  ),
});

export const rowDiagnostics = v.object({
  row: count,
  fitted: v.number(),
  /** Outcome minus fitted value. */
  residual: v.number(),
  /** Divided by its standard deviation under the model. */
  standardised: maybeNumber,
  /** The same with the variance estimated without the row. */
  studentised: maybeNumber,
  devianceResidual: maybeNumber,
  leverage: v.number(),
  cook: maybeNumber,
});
export type RowDiagnostics = v.InferOutput<typeof rowDiagnostics>;

export const influence = v.object({
  maxLeverage: extremeRow,
  maxCook: v.nullable(extremeRow),
  leverageSum: v.number(),
  /** Rows above 2 p / n, and above 4 / n. */
  highLeverage: count,
  highCook: count,
  /** All rows where there are few; else a fixed, evenly spaced choice. */
  rows: v.array(rowDiagnostics),
  sampled: v.boolean(),
  /** The rows of largest Cook's distance, with the change of each coefficient in its errors. */
  most: v.array(v.object({ ...rowDiagnostics.entries, dfbetas: v.array(maybeNumber) })),
  columns: v.array(shortText),
});

export const calibration = v.object({
  /** Rows in about equal numbers, by rising predicted probability; intervals are Wilson's, 95 %. */
  bins: v.array(
    v.object({
      n: count,
      from: v.number(),
      to: v.number(),
      predicted: v.number(),
      observed: v.number(),
      low: v.number(),
      high: v.number(),
    }),
  ),
  brier: v.number(),
  /** Of predicting the base rate for every row. */
  brierOfBaseRate: v.number(),
});

export const roc = v.object({
  auc: v.number(),
  /** From (0, 0) to (1, 1); thinned to at most 400 points. */
  points: v.array(
    v.object({ threshold: extendedNumber, truePositive: v.number(), falsePositive: v.number() }),
  ),
});

const slope = v.object({
  estimate: maybeNumber,
  se: maybeNumber,
  statistic: extendedNumber,
  p: maybeNumber,
});

/** A variable by itself beside the same one with all others held fixed. */
export const zeroOrder = v.object({
  term: shortText,
  alone: slope,
  together: slope,
  note: v.nullable(text),
});

export const importance = v.object({
  /** Of the squares explained in the outcome: average gain over all orders (LMG, Shapley). */
  shares: v.array(v.object({ term: text, share: v.number() })),
  r2: v.number(),
  /** All orders, or this many drawn. */
  orders: v.nullable(count),
  seed: v.nullable(count),
});

export const adjustments = ['bonferroni', 'holm', 'hochberg', 'hommel', 'BH', 'BY'] as const;

export const adjustedP = v.object({
  terms: v.array(shortText),
  p: v.array(v.number()),
  methods: v.array(v.object({ method: v.picklist(adjustments), p: v.array(v.number()) })),
});

export const fitDiagnostics = v.object({
  /** Of the table that was read now; the fit names the one it was made from. */
  tableSha256: shortText,
  n: count,
  inflation: v.array(inflationOfTerm),
  collinearity: v.nullable(collinearity),
  /** What could not be calculated, and why. */
  omitted: v.array(v.object({ what: shortText, why: text })),
  durbinWatson: maybeNumber,
  /** Koenker's studentised form. */
  breuschPagan: v.nullable(v.object({ statistic: v.number(), df: count, p: maybeNumber })),
  press: maybeNumber,
  /** 1 - PRESS / total squares. */
  predictedR2: maybeNumber,
  influence: v.nullable(influence),
  calibration: v.nullable(calibration),
  roc: v.nullable(roc),
  zeroOrder: v.array(zeroOrder),
  importance: v.nullable(importance),
  adjustedP: v.nullable(adjustedP),
});
export type FitDiagnostics = v.InferOutput<typeof fitDiagnostics>;
