import type { Dependency, Warning } from '../../../shared/contract/statistics.ts';
import type { Design } from './design.ts';
import type { ModelFrame } from './model-frame.ts';
import type { ZeroOrder } from './zero-order.ts';

/**
 * What a reader should know before trusting a fit. Each warning says what was found, why it matters
 * and what to do, with its threshold.
 */
export const thresholds = {
  /** Variance inflation: a note from 4 (the threshold of the maze study), a strong one from 10. */
  vif: 4,
  severeVif: 10,
  /** Belsley, Kuh & Welsch (1980): from 30 on, a design with unit columns is near-dependent. */
  scaledCondition: 30,
  /** Condition number of the raw columns from which doubles lose half of their digits. */
  condition: 1e8,
  /** Peduzzi et al. (1996): events of the rarer outcome for each coefficient. */
  eventsPerVariable: 10,
  /** |t| from which a sign counts as stable. */
  stableSign: 2,
  /** Pearson's chi-square over its degrees of freedom, from which counts vary too much for Poisson. */
  dispersion: 1.5,
} as const;

/** Counts that vary more than a Poisson distribution with these means. */
export function dispersionWarning(chiSquare: number, df: number): Warning[] {
  const ratio = chiSquare / df;
  if (!(df > 0 && ratio > thresholds.dispersion)) return [];
  return [
    {
      concerns: null,
      message: `The counts vary ${shorten(ratio)} times as much as a Poisson distribution allows (Pearson's chi-square over ${df} degrees of freedom; threshold ${thresholds.dispersion}).`,
      why: `Standard errors are then too small, by about a factor of ${shorten(Math.sqrt(ratio))}.`,
      whatToDo: 'Use robust errors (HC1), and look for a variable that is left out.',
    },
  ];
}

/** What a policy other than leaving out rows did, and what it costs. */
export function missingPolicyWarnings({ imputed, leftOut }: ModelFrame): Warning[] {
  const listed = (cells: ModelFrame['missing']): string =>
    cells
      .slice(0, 5)
      .map(({ label, rows }) => `${label} (${rows})`)
      .join(', ') + (cells.length > 5 ? ', …' : '');
  return [
    ...(leftOut.length === 0
      ? []
      : [
          {
            concerns: null,
            message: `${count(leftOut.length, 'variable')} left out because values are missing: ${listed(leftOut)}.`,
            why: 'All rows stay, but the other coefficients no longer hold these variables fixed.',
            whatToDo: 'Compare with the fit on complete rows.',
          },
        ]),
    ...(imputed.length === 0
      ? []
      : [
          {
            concerns: null,
            message: `Missing values of ${listed(imputed)} were replaced by the mean of the variable, with an indicator beside it.`,
            why: 'The coefficients of the other variables are biased by this unless values are missing by chance alone (Jones 1996), and all standard errors take the means for data.',
            whatToDo:
              'Compare with the fit on complete rows; for inference use multiple imputation elsewhere.',
          },
        ]),
  ];
}

/** What a reader of penalised coefficients has to know. */
export function penalisedWarning(): Warning {
  return {
    concerns: null,
    message: 'The coefficients are penalised, so they have no standard errors, tests or intervals.',
    why: 'They are pulled towards zero on purpose. Errors and p-values of the usual formulas would be wrong, because the penalty biases the estimates and, with a lasso, chose the variables from the same rows.',
    whatToDo:
      'Use stability over resampled rows to see which coefficients to trust, or fit without a penalty on rows that were not used to choose.',
  };
}

export function droppedRowsWarning(frame: ModelFrame): Warning[] {
  if (frame.dropped === 0) return [];
  const kept = frame.n + frame.dropped;
  const worst = [...frame.missing].sort((a, b) => b.rows - a.rows);
  const listed = worst
    .slice(0, 5)
    .map(({ label, rows }) => `${label} (${rows})`)
    .join(', ');
  return [
    {
      concerns: null,
      message: `${count(frame.dropped, 'row')} of ${kept} left out because a value is missing: ${listed}.`,
      why: 'The coefficients describe only the rows in which every variable is present. Where missing values are not a matter of chance, those rows differ from the others.',
      whatToDo: `Compare the rows left out with the rest, or take out the variables that are missing most.`,
    },
  ];
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

export function filterWarning(frame: ModelFrame): Warning[] {
  if (frame.filterUnknown === 0) return [];
  return [
    {
      concerns: null,
      message: `The filter is unknown for ${count(frame.filterUnknown, 'row')} because a value is missing; they are left out.`,
      why: 'As in R, a condition on a missing value is neither true nor false.',
      whatToDo: 'Use is.na(…) in the filter to keep or drop such rows on purpose.',
    },
  ];
}

export function dependencyWarning(
  dependency: Dependency,
  aliased: string,
  kind: 'rational' | 'decimal' | 'rounding',
  isPenalised = false,
): Warning {
  const constant = dependency.parts.length <= 1 && isConstant(dependency);
  const subject = constant
    ? `${aliased} is constant: ${dependency.sentence}.`
    : kind === 'rounding'
      ? `To rounding, ${dependency.sentence}.`
      : `Exactly, ${dependency.sentence}.`;
  if (isPenalised && !constant)
    return {
      concerns: aliased,
      message: `${subject} All of them stay, and the penalty divides the effect among them.`,
      why: 'A ridge penalty shares it out; a lasso picks among terms that say the same, and may pick others with slightly different rows.',
      whatToDo: 'Read these terms together, or take one of them out of the formula.',
    };
  return {
    concerns: aliased,
    message: `${subject} ${aliased} ${isPenalised ? 'has the coefficient 0' : 'is left out'}.`,
    why: constant
      ? 'A column that never changes cannot be told from the intercept.'
      : 'Infinitely many sets of coefficients fit equally well. As in R, the term that comes last in the formula is left out; the coefficients of the others depend on that choice, and their variance inflation is infinite.',
    whatToDo: constant
      ? `Take ${aliased} out of the formula.`
      : 'Decide which of these terms the question is about, and take one of them out of the formula.',
  };
}

function isConstant({ parts }: Dependency): boolean {
  return parts.every(({ term }) => term === '(Intercept)');
}

/** One warning for each term with a large factor. */
export function inflationWarnings(
  design: Design,
  factors: readonly { readonly term: number; readonly factor: number; readonly df: number }[],
): Warning[] {
  return factors.flatMap(({ term, factor, df }) => {
    if (!(factor > thresholds.vif) || factor === Infinity) return [];
    // A factor's generalised VIF grows with its columns; its 1/df-th power is comparable to a VIF.
    const comparable = factor ** (1 / df);
    if (comparable <= thresholds.vif) return [];
    const { label, variables } = design.terms[term]!;
    const severe = comparable > thresholds.severeVif;
    const isPower = variables.length > 1 || label.startsWith('I(');
    const name = df > 1 ? 'GVIF^(1/df)' : 'VIF';
    return [
      {
        concerns: label,
        message: `${name} of ${label} is ${shorten(comparable)}, above ${severe ? thresholds.severeVif : thresholds.vif}: ${severe ? 'most' : 'much'} of it can be predicted from the other terms.`,
        why: `Its standard error is ${shorten(Math.sqrt(comparable))} times as large as if it were unrelated to them, so its size and even its sign may change with small changes of the data.`,
        whatToDo: isPower
          ? 'For powers and products, center the variables first, as in center(x). Otherwise read the terms together rather than one by one.'
          : 'Look at the correlations, read these terms together rather than one by one, or keep the one that the question is about.',
      },
    ];
  });
}

export function conditionWarning(condition: number, scaled: number): Warning[] {
  if (condition >= thresholds.condition) {
    const digits = Math.max(0, Math.floor(15.95 - Math.log10(condition)));
    return [
      {
        concerns: 'conditionNumber',
        message: `The design matrix is badly conditioned: its condition number is ${shorten(condition)} (${shorten(scaled)} with columns of unit length).`,
        why: `Errors in the data can be magnified by that much; of the 16 digits of the data about ${digits} are certain to survive. Programs that use normal equations, or cut off small singular values, may print something else here.`,
        whatToDo:
          'Center and scale the variables, as in scale(x), or use fewer powers. Check that the result stays when the last digits of the data change.',
      },
    ];
  }
  if (scaled < thresholds.scaledCondition) return [];
  return [
    {
      concerns: 'scaledConditionNumber',
      message: `The columns are nearly dependent: with unit length their condition number is ${shorten(scaled)}, above ${thresholds.scaledCondition}.`,
      why: 'Some combination of the terms, perhaps with the intercept, hardly varies, so the data say little about it.',
      whatToDo:
        'Where the cause is a variable far from zero, such as a year, center it. Otherwise look at the VIFs and correlations.',
    },
  ];
}

export function suppressionWarnings(
  design: Design,
  alone: readonly ZeroOrder[],
  statisticOf: (column: number) => number,
): Warning[] {
  return alone.flatMap(({ column, t }) => {
    const joint = statisticOf(column);
    const stable = Math.abs(t) > thresholds.stableSign && Math.abs(joint) > thresholds.stableSign;
    if (!stable || t > 0 === joint > 0) return [];
    const { name } = design.columns[column]!;
    const word = (value: number): string => (value > 0 ? 'positive' : 'negative');
    return [
      {
        concerns: name,
        message: `${name} is ${word(joint)} here and ${word(t)} on its own, and both are clear (statistics ${shorten(joint)} and ${shorten(t)}, threshold ${thresholds.stableSign}).`,
        why: 'Its sign depends on which other variables are held fixed (suppression). Neither sign is wrong: they answer different questions.',
        whatToDo:
          'Say which variables are held fixed when you report it. Do not drop it for this reason alone, and do not read it as the effect of the variable by itself.',
      },
    ];
  });
}

export function eventsWarning(events: number, slopes: number, response: string): Warning[] {
  if (slopes === 0 || events / slopes >= thresholds.eventsPerVariable) return [];
  return [
    {
      concerns: response,
      message: `Few events: ${events} rows have the rarer outcome, for ${count(slopes, 'coefficient')} beside the intercept; at least ${thresholds.eventsPerVariable} for each are advised.`,
      why: 'With so few, estimates of a logistic fit are biased away from zero and their intervals are too narrow.',
      whatToDo: 'Use fewer terms, add rows, or use a penalised fit.',
    },
  ];
}

export function extremeProbabilityWarning(largestEta: number): Warning[] {
  if (largestEta < 16) return [];
  return [
    {
      concerns: null,
      message: `Some fitted probabilities are 0 or 1 to within ${Math.exp(-largestEta).toExponential(0)}.`,
      why: 'The outcome is nearly separated: a few rows decide how large the coefficients are, and their standard errors are not to be trusted.',
      whatToDo: 'Look for a variable or group with only one outcome, and for outliers.',
    },
  ];
}

export function perfectFitWarning(r2: number, dfResidual: number): Warning[] {
  if (dfResidual === 0)
    return [
      {
        concerns: null,
        message: 'There are as many coefficients as rows, so the fit passes through every point.',
        why: 'Nothing is left from which an error could be estimated: standard errors, tests and intervals do not exist.',
        whatToDo: 'Use fewer terms or more rows.',
      },
    ];
  if (!(1 - r2 < 1e-14)) return [];
  return [
    {
      concerns: null,
      message: 'The fit is perfect to rounding.',
      why: 'The residuals are rounding errors, so standard errors, tests and R² say nothing about the world.',
      whatToDo: 'Check whether a term is calculated from the outcome.',
    },
  ];
}

function shorten(value: number): string {
  if (Math.abs(value) >= 1e6) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}
