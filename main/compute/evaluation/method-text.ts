import type { EvaluationPair } from '../../../shared/contract/evaluations.ts';
import type { EvaluationSpec } from '../../../shared/domain/evaluation.ts';

/** What was done, in words that a paper can take over. */
export function evaluationMethod(
  spec: EvaluationSpec,
  scorer: string,
  pairs: readonly EvaluationPair[],
): string {
  const level = Number((spec.confidence * 100).toFixed(2));
  const erred = spec.errored === 'wrong' ? 'count as wrong (0)' : 'are left out';
  const limited = {
    'as-scored': 'count as they were scored',
    'leave-out': 'are left out',
    wrong: 'count as wrong (0)',
  };
  const tests = new Set(pairs.map(({ test }) => test));
  const sentences = [
    `Scores are those of ${scorer} (C 1, P .5, I and N 0); epochs of an item are averaged first. Samples that ended with an error ${erred}; samples that ended at a limit ${limited[spec.limited]}.`,
    spec.cluster === undefined
      ? `Means have Wilson's ${level} % interval where every item is right or wrong, else Student's t; standard errors take items as independent.`
      : `Standard errors are clustered by ${spec.cluster} (Miller 2024, with C / (C - 1)), and intervals are Student's t with C - 1 degrees of freedom.`,
    'Pairs are made by sample and epoch; only what both conditions have scored is compared.',
    tests.has('exact McNemar')
      ? "Differences of right and wrong have Newcombe's interval (1998, method 10) and McNemar's exact test; mid-p is shown beside it."
      : '',
    tests.has('paired t')
      ? `Graded differences have a paired t test, with a percentile bootstrap of 2,000 resamples beside it (seed ${spec.seed}).`
      : '',
    pairs.length > 1
      ? `P values are adjusted over all ${pairs.length} pairs (Holm; Benjamini and Hochberg).`
      : '',
    `Equivalence means that the ${Number((2 * level - 100).toFixed(2))} % interval lies within ±${spec.margin} (two one-sided tests). The detectable difference is that found with 80 % power at this n. Upper bounds of success are one-sided, of Clopper and Pearson.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}
