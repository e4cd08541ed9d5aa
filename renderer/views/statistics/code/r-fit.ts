import { rExpression } from './r-code.ts';
import { madePenalty, type Reproducible } from './reproducible.ts';

interface RFit {
  readonly packages: readonly string[];
  readonly lines: readonly string[];
}

/** The lines of R that fit a formula by the spec's method. @throws AppError `unsupported` */
export function rFit(about: Reproducible, formula: string): RFit {
  const { spec } = about;
  const weights = spec.weights === undefined ? '' : `, weights = ${rExpression(spec.weights)}`;
  if (spec.penalty) return penalisedFit(about, formula);
  if (spec.method === 'firth')
    return {
      packages: ['logistf'],
      lines: [`fit <- logistf(${formula}, data = d, pl = FALSE${weights})`, 'summary(fit)'],
    };
  const family = {
    gaussian: '',
    binomial: spec.link === 'probit' ? 'binomial("probit")' : 'binomial',
    poisson: 'poisson',
  }[spec.family];
  const fit =
    spec.family === 'gaussian'
      ? `fit <- lm(${formula}, data = d${weights})`
      : `fit <- glm(${formula}, family = ${family}, data = d${weights})`;
  const note = spec.exact
    ? ['# Assay calculated this fit in higher precision; lm has double precision.']
    : [];
  const errors = robustErrors(about);
  if (errors) return { packages: ['sandwich', 'lmtest'], lines: [...note, fit, ...errors] };
  return {
    packages: [],
    // confint of a glm profiles the likelihood; Assay's intervals are Wald's.
    lines: [
      ...note,
      fit,
      'summary(fit)',
      spec.family === 'gaussian' ? 'confint(fit)' : 'confint.default(fit)',
      'nobs(fit)',
    ],
  };
}

function robustErrors({ spec }: Reproducible): string[] | undefined {
  const { kind, cluster } = spec.errors ?? {};
  if (kind === undefined || kind === 'classical') return undefined;
  const matrix =
    cluster === undefined
      ? `vcovHC(fit, type = "${kind}")`
      : `vcovCL(fit, cluster = ~ ${rExpression(cluster)}, type = "${kind === 'CR1' ? 'HC1' : 'HC0'}", cadjust = ${kind === 'CR1' ? 'TRUE' : 'FALSE'})`;
  return [`V <- ${matrix}`, 'coeftest(fit, vcov. = V)', 'coefci(fit, vcov. = V)', 'nobs(fit)'];
}

function penalisedFit(about: Reproducible, formula: string): RFit {
  const { spec } = about;
  const { strength, mixing, standardised, chosenBy } = madePenalty(about);
  const options = [
    `family = "${spec.family}"`,
    `alpha = ${mixing}`,
    `standardize = ${standardised ? 'TRUE' : 'FALSE'}`,
    ...(formula.endsWith('- 1') || formula.endsWith('~ 0') ? ['intercept = FALSE'] : []),
    ...(spec.weights === undefined ? [] : ['weights = model.weights(m)']),
    'thresh = 1e-14',
  ].join(', ');
  const weights = spec.weights === undefined ? '' : `, weights = ${rExpression(spec.weights)}`;
  return {
    packages: ['glmnet'],
    lines: [
      `m <- model.frame(${formula}, d${weights})`,
      'X <- model.matrix(attr(m, "terms"), m)',
      'X <- X[, colnames(X) != "(Intercept)", drop = FALSE]',
      'y <- model.response(m)',
      `fit <- glmnet(X, y, ${options})`,
      ...(chosenBy === 'given'
        ? []
        : ['# The strength that cross-validation chose in Assay; other folds choose another.']),
      `lambda <- ${strength}`,
      `coef(fit, s = lambda, exact = TRUE, x = X, y = y${spec.weights === undefined ? '' : ', weights = model.weights(m)'})`,
    ],
  };
}
