import type {
  EvaluationCondition,
  EvaluationPair,
} from '../../../../../shared/contract/evaluations.ts';
import { visibleText } from '../../../../../shared/text.ts';
import type { Column } from '../../../../components/data-table/columns.ts';
import { exactNumber, formatCount, formatNumber, formatP } from '../../../../components/format.ts';

/** The name of a difference, as warnings call it. */
export function pairName({ first, second }: { first: string; second: string }): string {
  return `${first} − ${second}`;
}

export function conditionColumns(confidence: number): Column<EvaluationCondition>[] {
  const level = Number((confidence * 100).toFixed(2));
  const figure = figureOf<EvaluationCondition>();
  const counted = countOf<EvaluationCondition>();
  return [
    { key: 'name', title: 'condition', width: 210, text: ({ name }) => visibleText(name) },
    counted('items', 'items', 'Items with a score, epochs averaged'),
    figure('mean', 'mean', 'Mean score over items'),
    figure('low', `${level} % from`, 'Wilson where all is right or wrong, else Student’s t'),
    figure('high', 'to', 'Upper end of the interval'),
    figure('se', '± se', 'Standard error of the mean; clustered where a key is chosen'),
    figure('upper', 'at most', `One-sided ${level} % upper bound of Clopper and Pearson`),
    { ...figure('ruleOfThree', '3/n', 'Rule of three, where nothing succeeded'), hidden: true },
    counted('errored', 'errors', 'Samples that ended with an error'),
    counted('limited', 'limits', 'Samples that ended at a limit'),
    counted('unscored', 'unscored', 'Samples without a number from the scorer'),
    {
      key: 'signs',
      title: 'room to think',
      definition:
        'Samples with reasoning tokens or blocks, tool calls or more than one turn of the assistant',
      numeric: true,
      width: 96,
      text: ({ signs }) => formatCount(signs.any),
      value: ({ signs }) => signs.any,
    },
    {
      ...counted('samples', 'samples', 'Samples read, every epoch its own'),
      hidden: true,
    },
    {
      key: 'models',
      title: 'models',
      width: 170,
      text: ({ models }) => models.map(visibleText).join(', '),
    },
  ];
}

export function pairColumns(confidence: number): Column<EvaluationPair>[] {
  const level = Number((confidence * 100).toFixed(2));
  const figure = figureOf<EvaluationPair>();
  const counted = countOf<EvaluationPair>();
  const p = (key: 'p' | 'holm' | 'bh' | 'midP' | 'exactP', title: string, definition: string) => ({
    ...figure(key, title, definition),
    text: (row: EvaluationPair) => formatP(row[key]),
  });
  return [
    { key: 'pair', title: 'difference', width: 250, text: (row) => visibleText(pairName(row)) },
    counted('n', 'n', 'Items that both have scored'),
    figure('difference', 'value', 'Mean of the paired differences'),
    figure('low', `${level} % from`, 'Newcombe where all is right or wrong, else Student’s t'),
    figure('high', 'to', 'Upper end of the interval'),
    p('p', 'p', 'Exact McNemar; paired t for graded scores; t on clustered errors with clusters'),
    p('holm', 'p Holm', 'Adjusted over all pairs so that any false finding is unlikely'),
    p('bh', 'p BH', 'Benjamini and Hochberg: bounds the share of false findings'),
    p('midP', 'mid-p', 'McNemar’s mid-p: less cautious than the exact test'),
    figure('se', '± se', 'Standard error of the difference'),
    {
      key: 'equivalent',
      title: 'equivalent',
      definition: 'Whether the narrower interval lies within the margin (two one-sided tests)',
      width: 92,
      text: ({ equivalence }) =>
        equivalence.isEquivalent === null ? '–' : equivalence.isEquivalent ? 'yes' : 'not shown',
    },
    figure('detectable', 'detectable', 'Smallest true difference found with 80 % power at this n'),
    {
      key: 'table',
      title: 'only first / second',
      definition: 'Items that only the first, only the second has right',
      width: 130,
      text: ({ table }) => (table ? `${table.onlyFirst} / ${table.onlySecond}` : '–'),
    },
    counted('unpairedFirst', 'first alone', 'Items that only the first has scored'),
    counted('unpairedSecond', 'second alone', 'Items that only the second has scored'),
    interval(
      'bootstrap',
      'bootstrap',
      'Percentile bootstrap of 2,000 resamples, for graded scores',
    ),
    interval('bonettPrice', 'Bonett–Price', 'Bonett and Price’s interval'),
    interval('wald', 'Wald', 'Wald’s interval: too narrow for few items'),
    {
      ...figure('chiSquare', 'χ²', 'McNemar’s statistic without correction'),
      hidden: true,
    },
    {
      ...figure('chiSquareCorrected', 'χ² corrected', 'With the correction for continuity'),
      hidden: true,
    },
  ];
}

function interval(
  key: 'bootstrap' | 'bonettPrice' | 'wald',
  title: string,
  definition: string,
): Column<EvaluationPair> {
  return {
    key,
    title,
    definition,
    width: 150,
    hidden: true,
    text: (row) => {
      const found = row[key];
      return found ? `${formatNumber(found.low)} to ${formatNumber(found.high)}` : '–';
    },
  };
}

/** Keys of the fields that are numbers or missing. */
type Numeric<Row> = {
  [Key in keyof Row]-?: Row[Key] extends number | null ? Key : never;
}[keyof Row] &
  string;

function figureOf<Row>() {
  return (key: Numeric<Row>, title: string, definition: string): Column<Row> => ({
    key,
    title,
    definition,
    numeric: true,
    sortable: true,
    width: 84,
    text: (row) => formatNumber(row[key] as number | null, 3),
    exact: (row) => exactNumber(row[key] as number | null),
    value: (row) => row[key] as number | null,
  });
}

function countOf<Row>() {
  return (key: Numeric<Row>, title: string, definition: string): Column<Row> => ({
    key,
    title,
    definition,
    numeric: true,
    sortable: true,
    width: 76,
    text: (row) => formatCount(row[key] as number | null),
    value: (row) => row[key] as number | null,
  });
}
