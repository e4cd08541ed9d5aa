import * as v from 'valibot';

/**
 * The spec of a regression: rows, variables, method and errors as one object, so that a table of
 * coefficients always belongs to the fit that it names. Fields that came later have no default.
 */

const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));
const expression = v.pipe(v.string(), v.minLength(1), v.maxLength(20_000));

export const families = ['gaussian', 'binomial', 'poisson'] as const;

/** Whose rule the strength of a penalty follows; see `compute/regression/penalised/conventions.ts`. */
export const penaltyConventions = ['glmnet', 'scikit-learn', 'statsmodels'] as const;
export type PenaltyConvention = (typeof penaltyConventions)[number];

/** The intercept is never penalised. */
export const penaltySchema = v.strictObject({
  kind: v.picklist(['ridge', 'lasso', 'elastic-net']),
  /** Share of the absolute values in an elastic net (glmnet's alpha, scikit-learn's l1_ratio). */
  mixing: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /**
   * glmnet's lambda, scikit-learn's alpha (binomial: its C) or statsmodels' alpha, as `convention`
   * says. Chosen by cross-validation where not given.
   */
  strength: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))),
  /** glmnet where not given. */
  convention: v.optional(v.picklist(penaltyConventions)),
  /** Whether columns are brought to unit variance first; by default where the convention does so. */
  standardise: v.optional(v.boolean()),
  /** Strengths of the path; 100 where not given. */
  pathLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1000))),
  validation: v.optional(
    v.strictObject({
      /** 10 where not given. */
      folds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(100))),
      /** Seed of the assignment of rows to folds. */
      seed: v.optional(seed),
      /** The strength of least loss, or the largest within one standard error of it. */
      rule: v.optional(v.picklist(['minimum', 'one-standard-error'])),
    }),
  ),
});
export type Penalty = v.InferOutput<typeof penaltySchema>;

export const errorKinds = ['classical', 'HC0', 'HC1', 'HC2', 'HC3', 'CR0', 'CR1'] as const;
export type ErrorKind = (typeof errorKinds)[number];

export const missingPolicies = ['drop-rows', 'drop-columns', 'mean-indicator'] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

export const regressSpecSchema = v.strictObject({
  kind: v.literal('regress'),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** CSV, TSV, JSON Lines or Parquet file, relative to the project folder. */
  table: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** R's notation: y ~ x1 + scale(x2) + ns(x3, df = 3) + C(g, "b") - 1. */
  formula: v.pipe(v.string(), v.minLength(3), v.maxLength(20_000)),
  family: v.optional(v.picklist(families), 'gaussian'),
  /** Of the binomial family; logit where not given. */
  link: v.optional(v.picklist(['logit', 'probit'])),
  /** Rows to keep, such as `age >= 18 & group == "a"`. */
  filter: v.optional(v.pipe(v.string(), v.maxLength(20_000))),
  /** Likelihood where not given; firth is logistic regression with bias-reducing scores. */
  method: v.optional(v.picklist(['likelihood', 'firth'])),
  penalty: v.optional(penaltySchema),
  /** Standard errors; classical where not given. */
  errors: v.optional(
    v.strictObject({
      kind: v.picklist(errorKinds),
      /** Column whose values name the clusters of CR0 and CR1. */
      cluster: v.optional(expression),
    }),
  ),
  /** Calculate in double-double arithmetic, and refuse where the problem is too large for that. */
  exact: v.optional(v.boolean()),
  /**
   * What a missing value of a predictor does: its row is left out (where not given), its variable is,
   * or it is replaced by the mean beside an indicator. A missing outcome always drops the row.
   */
  missing: v.optional(v.picklist(missingPolicies)),
  /** Weight of each row, an expression of columns: precisions for gaussian, repetitions otherwise. */
  weights: v.optional(expression),
});
export type RegressSpec = v.InferOutput<typeof regressSpecSchema>;

/** Fields that are each valid but cannot hold together: the place and what is wrong there. */
export function regressContradiction(
  spec: RegressSpec,
): { readonly place: string; readonly problem: string } | undefined {
  const { family, link, method, penalty, errors, exact } = spec;
  if (link && family !== 'binomial')
    return { place: 'link', problem: `belongs to the binomial family, not to ${family}` };
  if (method === 'firth' && (family !== 'binomial' || link === 'probit'))
    return { place: 'method', problem: 'firth is for logistic regression only' };
  if (errors && errors.kind.startsWith('CR') !== (errors.cluster !== undefined))
    return {
      place: 'errors.cluster',
      problem: errors.cluster
        ? `belongs to CR0 and CR1, not to ${errors.kind}`
        : `is needed for ${errors.kind}`,
    };
  if (exact && (family !== 'gaussian' || penalty))
    return { place: 'exact', problem: 'is offered for least squares without a penalty' };
  if (method === 'firth' && errors && errors.kind !== 'classical')
    return { place: 'errors', problem: 'robust errors are not defined for firth' };
  return penalty ? penaltyContradiction(spec, penalty) : undefined;
}

function penaltyContradiction(
  { family, link, method, errors }: RegressSpec,
  { kind, mixing, strength, convention, validation }: Penalty,
): { readonly place: string; readonly problem: string } | undefined {
  if (family === 'poisson' || link === 'probit')
    return { place: 'penalty', problem: 'is offered for gaussian and logistic regression' };
  if (method === 'firth') return { place: 'penalty', problem: 'and firth exclude each other' };
  if (errors && errors.kind !== 'classical')
    return { place: 'errors', problem: 'a penalised fit has no standard errors' };
  if ((kind === 'elastic-net') !== (mixing !== undefined))
    return {
      place: 'penalty.mixing',
      problem: kind === 'elastic-net' ? 'is needed for elastic-net' : `is not part of ${kind}`,
    };
  if (strength === undefined && convention !== undefined && convention !== 'glmnet')
    return {
      place: 'penalty.convention',
      problem: 'says what a strength means, and none is given',
    };
  if (strength !== undefined && validation)
    return { place: 'penalty.validation', problem: 'chooses a strength, and one is given' };
  return undefined;
}
