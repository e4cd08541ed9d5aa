import type { RegressSpec } from './regress-spec.ts';

const penaltyWords = { ridge: 'ridge', lasso: 'lasso', 'elastic-net': 'elastic net' } as const;

/** What a fit is called: `linear`, `weighted linear`, `probit`, `lasso logistic`. */
export function fitWords({ family, link, method, penalty, weights }: RegressSpec): string {
  const model = {
    gaussian: 'linear',
    binomial: link === 'probit' ? 'probit' : 'logistic',
    poisson: 'Poisson',
  }[family];
  const first = [
    ...(weights === undefined ? [] : ['weighted']),
    ...(penalty ? [penaltyWords[penalty.kind]] : []),
    ...(method === 'firth' ? ['Firth'] : []),
  ];
  return [...first, model].join(' ');
}

/** What the errors of a fit are called; empty for classical ones. */
export function errorWords({ errors }: RegressSpec): string {
  if (!errors || errors.kind === 'classical') return '';
  return errors.cluster === undefined
    ? `robust errors ${errors.kind}`
    : `errors clustered by ${errors.cluster} (${errors.kind})`;
}
