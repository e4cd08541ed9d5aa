import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';

const familyNames: Readonly<Record<RegressSpec['family'], string>> = {
  gaussian: 'linear',
  binomial: 'logistic',
  poisson: 'Poisson',
};

const outcomes: Readonly<Record<RegressSpec['family'], string>> = {
  gaussian: 'a number',
  binomial: 'yes or no',
  poisson: 'a count',
};

/** What an outcome of the family is, as the form asks for it. */
export function outcomeWords(family: RegressSpec['family']): string {
  return outcomes[family];
}

/** The regression of a family by its usual name: `linear regression`. */
export function regressionName(family: RegressSpec['family']): string {
  return `${familyNames[family]} regression`;
}

/** A fit's method in a few words: `logistic regression, lasso`. */
export function methodWords({
  family,
  link,
  method,
  penalty,
  exact,
  errors,
  weights,
}: RegressSpec) {
  const kind = link === 'probit' ? 'probit regression' : regressionName(family);
  return [
    kind,
    ...(method === 'firth' ? ['Firth’s bias-reduced scores'] : []),
    ...(penalty ? [penalty.kind.replace('-', ' ')] : []),
    ...(exact ? ['in higher precision'] : []),
    ...(weights === undefined ? [] : ['weighted']),
    ...(errors && errors.kind !== 'classical' ? [`${errors.kind} errors`] : []),
  ].join(', ');
}

/** The unit of a coefficient. */
export function coefficientUnit({ family, link }: RegressSpec, response: string): string {
  if (family === 'gaussian') return response;
  if (family === 'poisson') return 'log of the expected count';
  return link === 'probit' ? 'probits' : 'log odds';
}
