import type { PenaltyEquivalent } from '../../../../shared/contract/fit-diagnostics.ts';
import type { Penalty, RegressSpec } from '../../../../shared/domain/regress-spec.ts';

/**
 * How programs write the strength of a penalty. All minimise a loss plus l1 |b| + l2/2 b'b once their
 * constants are divided out; `Strengths` are those of the mean loss (half the mean square for gaussian,
 * mean negative log-likelihood for binomial). n rows, s the deviation (1/n) of a gaussian outcome:
 *
 * - glmnet: l1 = lambda alpha, l2 = lambda (1 - alpha), columns at unit variance. For gaussian it
 *   also brings y to unit variance, which leaves l1 but makes l2 = lambda (1 - alpha) / s.
 * - scikit-learn: Lasso and ElasticNet have l1 = alpha l1_ratio, l2 = alpha (1 - l1_ratio); Ridge, whose
 *   loss is the sum of squares, l2 = alpha / n; LogisticRegression, which multiplies the summed loss by
 *   C, l1 = l1_ratio / (n C), l2 = (1 - l1_ratio) / (n C). Columns as they are. (Its liblinear solver
 *   also penalises the intercept; saga and lbfgs do not.)
 * - statsmodels: fit_regularized of OLS and GLM has l1 = alpha L1_wt, l2 = alpha (1 - L1_wt). Columns as
 *   they are, and the intercept is penalised too unless alpha is 0 for it.
 */
export interface Strengths {
  readonly l1: number;
  readonly l2: number;
}

interface Setting {
  readonly family: RegressSpec['family'];
  readonly n: number;
  /** Deviation (1/n) of the outcome; used for gaussian only. */
  readonly outcomeScale: number;
}

/** glmnet's alpha: the share of the absolute values. */
export function mixingOf({ kind, mixing }: Penalty): number {
  return kind === 'ridge' ? 0 : kind === 'lasso' ? 1 : mixing!;
}

/** Whether columns are brought to unit variance where the spec does not say. */
export function standardisesByDefault({ convention = 'glmnet' }: Penalty): boolean {
  return convention === 'glmnet';
}

/** The strengths of a mean loss that `value` means under the penalty's convention. */
export function strengthsOf(penalty: Penalty, value: number, setting: Setting): Strengths {
  const share = mixingOf(penalty);
  const { family, n, outcomeScale } = setting;
  const split = (whole: number, quadratic = 1): Strengths => ({
    l1: whole * share,
    l2: whole * (1 - share) * quadratic,
  });
  switch (penalty.convention ?? 'glmnet') {
    case 'glmnet':
      return split(value, family === 'gaussian' ? 1 / outcomeScale : 1);
    case 'scikit-learn':
      if (family === 'binomial') return split(1 / (n * value));
      return split(penalty.kind === 'ridge' ? value / n : value);
    case 'statsmodels':
      return split(value);
  }
}

/** glmnet's lambda and alpha of some strengths. */
export function glmnetStrength(
  { l1, l2 }: Strengths,
  { family, outcomeScale }: Setting,
): { readonly lambda: number; readonly alpha: number } {
  const quadratic = family === 'gaussian' ? l2 * outcomeScale : l2;
  const lambda = l1 + quadratic;
  return { lambda, alpha: lambda === 0 ? 1 : l1 / lambda };
}

/** The same penalty as each program would be told it. */
export function equivalentsOf(
  strengths: Strengths,
  setting: Setting,
  standardised: boolean,
): PenaltyEquivalent[] {
  const { l1, l2 } = strengths;
  const { family, n } = setting;
  const { lambda, alpha } = glmnetStrength(strengths, setting);
  const whole = l1 + l2;
  const ratio = whole === 0 ? 1 : l1 / whole;
  const shown = (value: number): string => String(Number(value.toPrecision(6)));
  const first = standardised
    ? 'on columns brought to mean 0 and unit variance (1/n) first'
    : 'on the columns as they are';
  const isRidge = l1 === 0;
  return [
    {
      program: 'glmnet',
      argument: 'lambda',
      value: lambda,
      note: `alpha = ${shown(alpha)}, standardize = ${standardised ? 'TRUE' : 'FALSE'}`,
    },
    family === 'binomial'
      ? {
          program: 'scikit-learn',
          argument: 'C',
          value: 1 / (n * whole),
          note: `LogisticRegression(l1_ratio=${shown(ratio)}, solver='saga'), ${first}`,
        }
      : {
          program: 'scikit-learn',
          argument: 'alpha',
          value: isRidge ? n * l2 : whole,
          note: isRidge ? `Ridge, ${first}` : `ElasticNet(l1_ratio=${shown(ratio)}), ${first}`,
        },
    {
      program: 'statsmodels',
      argument: 'alpha',
      value: whole,
      note: `fit_regularized(L1_wt=${shown(ratio)}) with alpha = 0 for the constant, ${first}`,
    },
  ];
}
