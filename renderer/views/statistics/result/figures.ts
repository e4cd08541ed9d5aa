import type { FitDetail, Warning } from '../../../../shared/contract/statistics.ts';
import {
  exactNumber,
  formatCount,
  formatNumber,
  formatP,
  formatShare,
  type Figure,
} from '../../../components/format.ts';

/** A figure of a fit as a whole, with its definition and what warns about it. */
export interface FitFigure {
  readonly term: string;
  readonly text: string;
  readonly exact: string;
  readonly definition: string;
  readonly warnings: readonly Warning[];
}

/** The figures that a fit has, in the order in which they are read. */
export function figuresOf(fit: FitDetail): FitFigure[] {
  const figure = (
    term: string,
    value: Figure,
    definition: string,
    options: { text?: string; concerns?: string } = {},
  ): FitFigure[] =>
    value === null || value === undefined
      ? []
      : [
          {
            term,
            text: options.text ?? formatNumber(value, 4),
            exact: exactNumber(value),
            definition,
            warnings:
              options.concerns === undefined
                ? []
                : fit.warnings.filter(({ concerns }) => concerns === options.concerns),
          },
        ];
  return [
    ...figure('R²', fit.r2, 'Share of the variance of the outcome that the fit explains.'),
    ...figure(
      'adjusted R²',
      fit.adjustedR2,
      'R² with a penalty for the number of coefficients: 1 − (1 − R²)(n − 1) / residual degrees of freedom.',
    ),
    ...figure(
      'residual sd',
      fit.sigma,
      'Standard deviation of what the fit leaves unexplained, in the units of the outcome.',
    ),
    ...figure(
      fit.fDegrees ? `F(${fit.fDegrees.map(formatCount).join(', ')})` : 'F',
      fit.fStatistic,
      'Test that all coefficients but the intercept are 0.',
      { text: `${formatNumber(fit.fStatistic, 4)}, p ${equals(formatP(fit.fP))}` },
    ),
    ...figure(
      'accuracy',
      fit.accuracy,
      'Share of the fitted rows on the right side of probability 1/2. Compare it with the base rate. It is of the rows that were fitted, so it flatters.',
      { text: formatShare(fit.accuracy, 3) },
    ),
    ...figure(
      'base rate',
      fit.baseRate,
      'Share of the more frequent outcome: the accuracy of always guessing it.',
      { text: formatShare(fit.baseRate, 3) },
    ),
    ...figure(
      'AUC',
      fit.auc,
      'Probability that a row with the outcome gets a higher probability than one without; 0.5 is chance. Of the rows that were fitted.',
    ),
    ...figure(
      'deviance',
      fit.deviance,
      'Twice the distance in log-likelihood from a fit with one parameter for each row; for a linear fit the residual sum of squares.',
    ),
    ...figure('null deviance', fit.nullDeviance, 'The deviance of the intercept alone.'),
    ...figure('log-likelihood', fit.logLik, 'Natural logarithm of the likelihood at its maximum.'),
    ...figure(
      'AIC',
      fit.aic,
      'Akaike: 2 × parameters − 2 × log-likelihood. Lower is better, on the same rows only.',
    ),
    ...figure(
      'BIC',
      fit.bic,
      'Schwarz: log(n) × parameters − 2 × log-likelihood. Lower is better, on the same rows only.',
    ),
    ...figure('residual df', fit.dfResidual, 'Rows minus coefficients.', {
      text: formatCount(fit.dfResidual),
    }),
    ...figure(
      'condition number',
      fit.conditionNumber,
      'Largest over smallest singular value of the design matrix as fitted: how much errors in the data can be magnified. 1e8 costs half of the digits of a double.',
      { concerns: 'conditionNumber' },
    ),
    ...figure(
      'scaled condition number',
      fit.scaledConditionNumber,
      'The same with every column scaled to unit length (Belsley, Kuh & Welsch 1980). From 30 on, columns are nearly dependent.',
      { concerns: 'scaledConditionNumber' },
    ),
    ...figure('iterations', fit.iterations, 'Steps of iteratively reweighted least squares.', {
      text: formatCount(fit.iterations),
    }),
  ];
}

function equals(text: string): string {
  return text.startsWith('<') ? text : `= ${text}`;
}

/** What warnings call figures; their own sentences name them in words. */
const figureNames: readonly string[] = ['conditionNumber', 'scaledConditionNumber'];

/** Warnings that stand beside a figure or a coefficient. */
export function warningsInPlace(fit: FitDetail): Warning[] {
  const general = new Set(generalWarnings(fit));
  return fit.warnings
    .filter((warning) => !general.has(warning))
    .map((warning) =>
      figureNames.includes(warning.concerns ?? '') ? { ...warning, concerns: null } : warning,
    );
}

/** Warnings that stand at no figure and no coefficient. */
export function generalWarnings(fit: FitDetail): Warning[] {
  const placed = new Set([...fit.coefficients.map(({ term }) => term), ...figureNames]);
  return fit.warnings.filter(({ concerns }) => concerns === null || !placed.has(concerns));
}
