import * as v from 'valibot';

/**
 * The spec of a stability study: one regression, and the refits that say what its coefficients can
 * bear. Equal specs give equal results, whatever the number of threads. A part with no refits is left
 * out.
 */

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));
const refits = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000));
const share = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));

/**
 * Whose rule the strength of an L1 penalty follows. `liblinear` and `saga`: scikit-learn's C, a
 * multiplier of the summed loss; liblinear penalises the intercept like any coefficient. `glmnet`:
 * lambda, a multiplier of the penalty beside the mean loss; the intercept is free.
 */
export const l1Conventions = ['liblinear', 'saga', 'glmnet'] as const;

export const stabilityPenaltySchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('none') }),
  v.strictObject({
    kind: v.literal('l1'),
    convention: v.picklist(l1Conventions),
    strength: v.pipe(v.number(), v.finite(), v.gtValue(0)),
  }),
]);
export type StabilityPenalty = v.InferOutput<typeof stabilityPenaltySchema>;

export const stabilitySpecSchema = v.strictObject({
  kind: v.literal('stability'),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** Relative to the project folder. */
  table: path,
  /** A table of the same columns on which signs and accuracy are looked at once more. */
  secondTable: v.optional(path),
  /** R's notation; needs an intercept. */
  formula: v.pipe(v.string(), v.minLength(3), v.maxLength(20_000)),
  family: v.optional(v.picklist(['gaussian', 'binomial']), 'binomial'),
  filter: v.optional(v.pipe(v.string(), v.maxLength(20_000))),
  /** By which standard deviation each column is divided, once, over all rows used. */
  standardise: v.optional(v.picklist(['population', 'sample', 'none']), 'population'),
  penalty: v.optional(stabilityPenaltySchema, { kind: 'none' }),
  seed: v.optional(seed, 0),
  /** Where the sign comes from against which refits are counted. */
  reference: v.optional(v.picklist(['full', 'alone', 'given']), 'full'),
  /** The signs of `given`, by term; terms that are not named take the full fit's. */
  signs: v.optional(v.record(v.string(), v.picklist([-1, 1]))),
  /** Refits on random subsets of the variables, each variable in with probability 1/2. */
  subsets: v.optional(refits, 2000),
  /** Refits on random training rows, tried on the others. */
  splits: v.optional(v.strictObject({ refits, testShare: v.optional(share, 0.2) }), {
    refits: 2000,
  }),
  /** Splits on which each variable is left out in turn; the first of the splits above. */
  dropOne: v.optional(refits, 200),
  /** Refits on rows drawn with replacement. */
  bootstrap: v.optional(refits, 1000),
  /** Meinshausen & Bühlmann's stability selection: L1 paths on random halves of the rows. */
  selection: v.optional(
    v.strictObject({
      refits,
      /** Variables that a half may choose; the whole part of sqrt(0.8 p) where not given, for a bound of 1. */
      variables: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))),
      threshold: v.optional(v.pipe(v.number(), v.gtValue(0.5), v.maxValue(1)), 0.9),
    }),
    { refits: 100 },
  ),
  /** Refits for each number of rows on outcomes drawn from the fitted model. */
  power: v.optional(
    v.strictObject({
      refits,
      /** A quarter of the rows, half of them, all, twice and four times as many where not given. */
      sizes: v.optional(
        v.pipe(
          v.array(v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(1_000_000))),
          v.minLength(1),
          v.maxLength(20),
        ),
      ),
    }),
    { refits: 200 },
  ),
  /** All that the maze study did with its table, beside what it should have done. */
  template: v.optional(v.literal('maze')),
});
export type StabilitySpec = v.InferOutput<typeof stabilitySpecSchema>;

/** Fields that are each valid but cannot hold together: the place and what is wrong there. */
export function stabilityContradiction({
  family,
  penalty,
  reference,
  signs,
  template,
}: StabilitySpec): { readonly place: string; readonly problem: string } | undefined {
  if (family === 'gaussian' && penalty.kind === 'l1' && penalty.convention !== 'glmnet')
    return {
      place: 'penalty.convention',
      problem: `${penalty.convention} is for a binomial outcome; use glmnet`,
    };
  if ((reference === 'given') !== (signs !== undefined))
    return {
      place: 'signs',
      problem: signs ? 'belong to reference: given' : 'are needed for reference: given',
    };
  if (template && family !== 'binomial')
    return { place: 'family', problem: `the template ${template} is for a binomial outcome` };
  return undefined;
}
