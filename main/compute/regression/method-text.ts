import { missingTexts } from '../../../shared/domain/table.ts';
import type { PenalisedFit } from '../../../shared/contract/fit-diagnostics.ts';
import type { ErrorKind, RegressSpec } from '../../../shared/domain/regress-spec.ts';
import type { ModelFrame } from './model-frame.ts';

/**
 * How a fit was made, in words, so that its table can be read without the program: method, intercept,
 * penalty, coding, rows, errors, and what each figure means where programs differ.
 */
export function describeMethod(
  frame: ModelFrame,
  spec: RegressSpec,
  options: { readonly precise: boolean; readonly penalised: PenalisedFit | undefined },
): string {
  const { formula } = frame;
  const { penalised } = options;
  return [
    penalised ? penaltyText(spec, penalised) : methodText(frame, spec, options.precise),
    outcomeText(frame),
    formula.intercept ? 'With an intercept.' : interceptText(frame),
    penalised ? '' : 'No penalty.',
    penalised ? '' : errorText(frame, spec),
    weightsText(spec),
    codingText(frame),
    basisText(frame),
    rowsText(frame),
    'VIF: how much the variance of a coefficient is inflated by the other terms, from the design matrix without weights; for a term with several columns the generalised VIF (Fox & Monette 1992), shown at each of them. With exactly two predictors both have the same VIF.',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function methodText(frame: ModelFrame, spec: RegressSpec, precise: boolean): string {
  if (spec.family === 'gaussian') return gaussianMethod(frame, spec, precise);
  if (spec.family === 'poisson')
    return 'Poisson regression with log link by maximum likelihood (iteratively reweighted least squares by QR).';
  const accuracy =
    'Accuracy counts a probability above 1/2 as success, on the rows that were fitted; compare it with the base rate.';
  if (spec.method === 'firth')
    return `Logistic regression with Firth's bias reduction (likelihood times the root of the information's determinant; Firth 1993). ${accuracy}`;
  const kind = spec.link === 'probit' ? 'Probit' : 'Logistic';
  return `${kind} regression by maximum likelihood (iteratively reweighted least squares by QR). ${accuracy}`;
}

function gaussianMethod(frame: ModelFrame, { exact }: RegressSpec, precise: boolean): string {
  const digits = precise ? 'double-double arithmetic (about 32 digits)' : 'double precision';
  const decimals = exact ? ', from the printed decimals' : '';
  const name = frame.weights ? 'Weighted' : 'Ordinary';
  return `${name} least squares by Householder QR in ${digits}${decimals}. The error variance counts as a parameter in AIC and BIC, as in R.`;
}

function outcomeText({ response: { classes, label } }: ModelFrame): string {
  return classes ? `Success is ${label} = '${classes[1]}', failure '${classes[0]}'.` : '';
}

const errorTexts: Readonly<Record<Exclude<ErrorKind, 'classical'>, string>> = {
  HC0: 'Robust errors HC0 (White 1980).',
  HC1: 'Robust errors HC1: HC0 times n / (n - k).',
  HC2: 'Robust errors HC2: squared residuals over 1 - leverage.',
  HC3: 'Robust errors HC3: squared residuals over (1 - leverage)².',
  CR0: 'Errors clustered by %, CR0.',
  CR1: 'Errors clustered by %, CR1: CR0 times G / (G - 1) (n - 1) / (n - k).',
};

function errorText(frame: ModelFrame, { family, errors }: RegressSpec): string {
  const kind = errors?.kind ?? 'classical';
  const robust =
    kind === 'classical' ? '' : `${errorTexts[kind].replace('%', errors!.cluster ?? '')} `;
  if (family !== 'gaussian')
    return `${robust}Intervals are 95 % Wald intervals; p is from the normal distribution.`;
  const degrees = frame.clusters
    ? ` with ${frame.clusters.count - 1} degrees of freedom, one less than there are clusters`
    : '';
  const test = robust === '' ? '' : ' F is the classical test.';
  return `${robust}Intervals are 95 % and, like p, from Student's t${degrees}.${test}`;
}

function weightsText({ weights, family }: RegressSpec): string {
  if (weights === undefined) return '';
  return family === 'gaussian'
    ? `Rows are weighted by ${weights}, taken as proportional to the precision of the outcome.`
    : `Rows are weighted by ${weights}, taken as repetitions of the row.`;
}

const penaltyNames = {
  ridge: 'Ridge',
  lasso: 'Lasso',
  'elastic-net': 'Elastic net',
} as const;

function penaltyText({ family, penalty }: RegressSpec, fit: PenalisedFit): string {
  const { kind } = penalty!;
  const regression = family === 'gaussian' ? 'linear' : 'logistic';
  const shown = (value: number): string => String(Number(value.toPrecision(6)));
  const names = fit.equivalents
    .map(
      ({ program, argument, value, note }) =>
        `${program} ${argument} = ${shown(value ?? NaN)} (${note})`,
    )
    .join('; ');
  const chosen = {
    given: 'The strength was given.',
    minimum: `The strength has the least loss in ${fit.folds}-fold cross-validation (seed ${fit.seed}).`,
    'one-standard-error': `The strength is the largest within one standard error of the least loss in ${fit.folds}-fold cross-validation (seed ${fit.seed}).`,
  }[fit.chosenBy];
  const scaled = fit.standardised
    ? 'Columns are penalised at unit variance and shown in their own units.'
    : 'Columns are penalised as they are.';
  return `${penaltyNames[kind]} ${regression} regression by coordinate descent; the intercept is not penalised. ${scaled} ${chosen} The same penalty elsewhere: ${names}.`;
}

function interceptText(frame: ModelFrame): string {
  return frame.response.family === 'gaussian'
    ? 'Without an intercept, so R² is about zero, not about the mean.'
    : 'Without an intercept.';
}

function basisText(frame: ModelFrame): string {
  return frame.variables
    .flatMap((variable) =>
      variable.kind === 'basis' ? [`${variable.label}: ${variable.description}.`] : [],
    )
    .join(' ');
}

function codingText(frame: ModelFrame): string {
  const factors = frame.variables.filter((variable) => variable.kind === 'factor');
  if (factors.length === 0) return '';
  const listed = factors
    .slice(0, 20)
    .map(({ label, levels, origin }) => {
      const how = origin === 'text' ? ' (text)' : '';
      return `${label}${how}: ${levels.length} levels, reference '${levels[0]!}'`;
    })
    .join('; ');
  const more = factors.length > 20 ? `; and ${factors.length - 20} more` : '';
  return `Groups are compared with their first level (treatment contrasts): ${listed}${more}.`;
}

function rowsText(frame: ModelFrame): string {
  const marks = [...missingTexts].filter((text) => text !== '').join(', ');
  const filter = frame.filteredOut > 0 ? `${frame.filteredOut} rows were filtered out first. ` : '';
  const policy = {
    'drop-rows': 'Rows in which a variable is missing are left out',
    'drop-columns':
      'Variables that are missing somewhere are left out, and rows without an outcome',
    'mean-indicator':
      'Missing values are replaced by the mean of the variable beside an indicator, and rows without an outcome are left out',
  }[frame.policy];
  return `${filter}${policy} (empty cells, ${marks}, and . among numbers). scale and center are over the rows that the filter keeps.`;
}
