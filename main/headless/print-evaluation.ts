import type { EvaluationDetail } from '../../shared/contract/evaluations.ts';
import { textTable } from './cli/text-table.ts';

type Evaluation = Omit<EvaluationDetail, 'id' | 'name' | 'createdAt'>;

/** A comparison as text: conditions, pairs, warnings, method. */
export function printEvaluation(evaluation: Evaluation): string {
  const { conditions, pairs, warnings, scorer, discordant, method } = evaluation;
  return [
    `scores of ${scorer}`,
    '',
    textTable([
      [
        'condition',
        'items',
        'mean',
        'se',
        'from',
        'to',
        'upper bound',
        'errors',
        'limits',
        'unscored',
      ],
      ...conditions.map((row) => [
        row.name,
        row.items,
        row.mean,
        row.se,
        row.low,
        row.high,
        row.upper,
        row.errored,
        row.limited,
        row.unscored,
      ]),
    ]),
    ...(pairs.length === 0
      ? []
      : [
          '',
          textTable([
            [
              'difference',
              'n',
              'value',
              'from',
              'to',
              'p',
              'Holm',
              'BH',
              'equivalent',
              'detectable',
            ],
            ...pairs.map((pair) => [
              `${pair.first} − ${pair.second}`,
              pair.n,
              pair.difference,
              pair.low,
              pair.high,
              pair.p,
              pair.holm,
              pair.bh,
              pair.equivalence.isEquivalent === true ? 'yes' : 'no',
              pair.detectable,
            ]),
          ]),
          '',
          `${discordant} items differ between conditions`,
        ]),
    ...warnings.flatMap(({ concerns, message, why, whatToDo }) => [
      '',
      `warning: ${concerns === null ? '' : `${concerns}: `}${message}`,
      `  why: ${why}`,
      `  what to do: ${whatToDo}`,
    ]),
    '',
    method,
  ].join('\n');
}
