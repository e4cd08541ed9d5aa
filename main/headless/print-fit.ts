import type { FitDetail } from '../../shared/contract/statistics.ts';
import { errorWords, fitWords } from '../../shared/domain/fit-words.ts';
import { align, number, probability } from './print-numbers.ts';

type Warning = FitDetail['warnings'][number];
type Fit = Omit<FitDetail, 'id' | 'name' | 'createdAt'>;

/** The answer of `assay regress --json`: the fit with its family and formula in place of its spec. */
export type FitAnswer = Omit<Fit, 'spec'> & { readonly family: string; readonly formula: string };

/** A fit as one JSON document. Infinities travel as the words "Infinity" and "-Infinity". */
export function fitAnswer(fit: Fit): FitAnswer {
  const { spec, ...rest } = fit;
  return { family: spec.family, formula: spec.formula, ...rest };
}

/** A fit as text: the coefficients in aligned columns, the figures, dependencies, warnings, method. */
export function printFit(fit: Fit): string {
  return [
    `${fit.spec.formula}   (${[fitWords(fit.spec), errorWords(fit.spec)].filter(Boolean).join(', ')})`,
    rowsLine(fit),
    '',
    ...coefficientTable(fit),
    '',
    ...figureLines(fit),
    ...fit.dependencies.map(({ sentence }) => `exact dependency: ${sentence}`),
    ...fit.warnings.flatMap(warningLines),
    '',
    fit.method,
  ].join('\n');
}

/** Advice that the next warning repeats is given once, after the last of them. */
function warningLines(warning: Warning, at: number, all: readonly Warning[]): string[] {
  const isRepeated = all[at + 1]?.whatToDo === warning.whatToDo;
  const follows = all[at - 1]?.whatToDo === warning.whatToDo;
  return [
    ...(follows ? [] : ['']),
    `warning: ${warning.message}`,
    `  why: ${warning.why}`,
    ...(isRepeated ? [] : [`  what to do: ${warning.whatToDo}`]),
  ];
}

function rowsLine(fit: Fit): string {
  const parts = [`n ${fit.n} of ${fit.rowsInTable} rows`];
  if (fit.filteredOut > 0) parts.push(`${fit.filteredOut} filtered out`);
  if (fit.dropped > 0) parts.push(`${fit.dropped} with missing values left out`);
  return parts.join(', ');
}

function coefficientTable(fit: Fit): string[] {
  const statistic = fit.spec.family === 'gaussian' ? 't' : 'z';
  const rows = fit.coefficients.map((row) => [
    row.term,
    number(row.estimate),
    number(row.se),
    number(row.statistic, 4),
    probability(row.p),
    number(row.low),
    number(row.high),
    number(row.vif, 4),
  ]);
  return align([['term', 'estimate', 'se', statistic, 'p', '2.5 %', '97.5 %', 'VIF'], ...rows]);
}

function figureLines(fit: Fit): string[] {
  if (fit.penalised) return penalisedLines(fit, fit.penalised);
  const lines = fit.spec.family === 'gaussian' ? gaussianLines(fit) : likelihoodLines(fit);
  return [
    ...lines,
    ...(fit.clusters === undefined ? [] : [`${fit.clusters} clusters`]),
    ...(fit.penalisedLogLik === undefined
      ? [`log-likelihood ${number(fit.logLik)}, AIC ${number(fit.aic)}, BIC ${number(fit.bic)}`]
      : [
          `log-likelihood ${number(fit.logLik)}, penalised log-likelihood ${number(fit.penalisedLogLik)}`,
        ]),
    `condition number ${number(fit.conditionNumber, 4)} (columns of unit length: ${number(fit.scaledConditionNumber, 4)})`,
  ];
}

function penalisedLines(fit: Fit, penalised: NonNullable<Fit['penalised']>): string[] {
  const chosen =
    penalised.chosenBy === 'given'
      ? 'given'
      : `${penalised.chosenBy} of ${penalised.folds} folds, seed ${penalised.seed}`;
  return [
    `lambda ${number(penalised.strength)} (${chosen}), alpha ${number(penalised.mixing)}: ${penalised.nonZero} coefficients are not zero`,
    ...penalised.equivalents.map(
      ({ program, argument, value, note }) =>
        `  in ${program}: ${argument} = ${number(value)}, ${note}`,
    ),
    `deviance explained ${number(penalised.deviancePart)}`,
    ...(fit.spec.family === 'binomial' ? [accuracyLine(fit)] : []),
  ];
}

function gaussianLines(fit: Fit): string[] {
  const first = `R² ${number(fit.r2)}, adjusted ${number(fit.adjustedR2)}, sigma ${number(fit.sigma)} on ${fit.dfResidual} degrees of freedom`;
  if (fit.fDegrees === null) return [first];
  const [df1, df2] = fit.fDegrees;
  return [first, `F(${df1}, ${df2}) ${number(fit.fStatistic, 5)}, p ${probability(fit.fP)}`];
}

function likelihoodLines(fit: Fit): string[] {
  return [
    `deviance ${number(fit.deviance)} of ${number(fit.nullDeviance)}, ${fit.dfResidual} degrees of freedom, ${fit.iterations} iterations`,
    ...(fit.spec.family === 'binomial' ? [accuracyLine(fit)] : []),
  ];
}

function accuracyLine(fit: Fit): string {
  return `accuracy ${number(fit.accuracy, 4)} (base rate ${number(fit.baseRate, 4)}), AUC ${number(fit.auc, 4)}, all on the fitted rows`;
}
