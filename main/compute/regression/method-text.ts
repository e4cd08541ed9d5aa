import { missingTexts } from '../../../shared/domain/table.ts';
import type { ModelFrame } from './model-frame.ts';

/**
 * How a fit was made, in words, so that its table can be read without the program: method, intercept,
 * coding, rows, intervals, and what each figure means where programs differ.
 */
export function describeMethod(frame: ModelFrame, options: { readonly precise: boolean }): string {
  const { formula, response } = frame;
  return [
    response.family === 'gaussian' ? gaussianMethod(options.precise) : binomialMethod(frame),
    formula.intercept ? 'With an intercept.' : interceptText(frame),
    'No penalty.',
    codingText(frame),
    rowsText(frame),
    'VIF: how much the variance of a coefficient is inflated by the other terms, from the design matrix without weights; for a term with several columns the generalised VIF (Fox & Monette 1992), shown at each of them. With exactly two predictors both have the same VIF.',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function gaussianMethod(precise: boolean): string {
  const digits = precise ? 'double-double arithmetic (about 32 digits)' : 'double precision';
  return `Ordinary least squares by Householder QR in ${digits}. Intervals are 95 % and, like p, from Student's t. The error variance counts as a parameter in AIC and BIC, as in R.`;
}

function binomialMethod(frame: ModelFrame): string {
  const { classes, label } = frame.response;
  const success = classes ? ` Success is ${label} = '${classes[1]}', failure '${classes[0]}'.` : '';
  return `Logistic regression by maximum likelihood (iteratively reweighted least squares by QR).${success} Intervals are 95 % Wald intervals; p is from the normal distribution. Accuracy counts a probability above 1/2 as success, on the rows that were fitted; compare it with the base rate.`;
}

function interceptText(frame: ModelFrame): string {
  return frame.response.family === 'gaussian'
    ? 'Without an intercept, so R² is about zero, not about the mean.'
    : 'Without an intercept.';
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
  return `${filter}Rows in which a variable is missing are left out (empty cells, ${marks}, and . among numbers). scale and center are over the rows that the filter keeps.`;
}
