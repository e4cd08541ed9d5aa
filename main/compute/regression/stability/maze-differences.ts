import type { MazeSet, MazeStudy, MazeVerdict } from '../../../../shared/contract/maze-study.ts';
import { mazeKept, mazeSuppressor } from '../../../../shared/domain/maze-template.ts';
import type { StudyResult } from './run-study.ts';

type Difference = MazeStudy['differences'][number];

/** The steps of the maze study beside what stands in their place, with this table's numbers. */
export function mazeDifferences(
  study: StudyResult,
  sets: readonly MazeSet[],
  verdicts: readonly MazeVerdict[],
  drops: MazeStudy['drops'],
): Difference[] {
  return [
    dependency(study),
    inflation(sets),
    zeros(verdicts),
    suppressor(study, sets, verdicts),
    accuracies(study),
    lastSplit(sets),
    intercept(sets),
    battery(study, drops),
  ].flatMap((difference) => difference ?? []);
}

function dependency({ dependencies }: StudyResult): Difference | undefined {
  if (dependencies.length === 0) return undefined;
  return {
    title: 'Exact dependencies among the candidates',
    study: 'All candidates are fitted together, and nothing is said of their dependencies.',
    instead: `${dependencies.map(({ sentence }) => sentence).join('; ')}: named before anything is fitted.`,
    why: 'Only the penalty tells the coefficients of such variables apart: without one there are infinitely many that fit equally well.',
  };
}

function inflation(sets: readonly MazeSet[]): Difference | undefined {
  const kept = sets.find(({ name }) => name === 'CBA');
  const six = sets.find(({ name }) => name === 'six');
  if (!kept || !six) return undefined;
  return {
    title: 'Variance inflation of the fit that decided',
    study: `VIFs of the three survivors only: ${list(kept.vif)}.`,
    instead: `VIFs of the six-variable fit on which the choice rests: ${list(six.vif)}.`,
    why: 'The two Euclidean distances from cheese to corner are nearly the same variable; in their company neither can be judged by its coefficient.',
  };
}

function zeros(verdicts: readonly MazeVerdict[]): Difference | undefined {
  const worst = [...verdicts].sort(
    (a, b) => b.notebookFlips.share - b.opposite.share - (a.notebookFlips.share - a.opposite.share),
  )[0];
  if (!worst) return undefined;
  return {
    title: 'What counts as a change of sign',
    study: `A coefficient of exactly zero counts as positive in a refit and as negative in the reference, of all refits: ${worst.term} then "flips" in ${percent(worst.notebookFlips.share)}.`,
    instead: `Three outcomes over the refits that contain the variable: ${worst.term} is zero in ${percent(worst.zero.share)} and opposite in ${percent(worst.opposite.share)}.`,
    why: 'The penalty sets coefficients to zero where another variable takes their place; that is no change of sign. Refits without the variable say nothing about it.',
  };
}

function suppressor(
  study: StudyResult,
  sets: readonly MazeSet[],
  verdicts: readonly MazeVerdict[],
): Difference | undefined {
  const verdict = verdicts.find(({ term }) => term === mazeSuppressor);
  const row = study.terms.find(({ term }) => term === mazeSuppressor);
  const four = sets.find(({ name }) => name === 'BACD');
  const three = sets.find(({ name }) => name === 'CBA');
  const at = four?.terms.indexOf(mazeSuppressor) ?? -1;
  const fit = four?.unpenalised;
  if (!verdict || !row || !fit || !three?.unpenalised || row.aloneUnpenalised === null)
    return undefined;
  const joint = fit.coefficients[at]!;
  if (joint > 0 === row.aloneUnpenalised > 0) return undefined;
  const gain = 2 * (fit.logLik - three.unpenalised.logLik);
  return {
    title: `${mazeSuppressor}: thrown out by its sign`,
    study: `A variable whose sign in subsets differs from its sign alone is dropped; this one differs in ${percent(verdict.againstAlone.share)} of the subsets that contain it.`,
    instead: `It is kept: beside the three variables that the study kept its coefficient is ${short(joint)} (SE ${short(fit.se[at]!)}), and twice the log-likelihood rises by ${short(gain)}.`,
    why: `By itself it is ${short(row.aloneUnpenalised)}, because a decision square far from the corner goes along with a cheese far from it. With these distances held fixed its own effect shows: it is a suppressor, and its two signs answer two questions.`,
  };
}

function accuracies({ terms }: StudyResult): Difference | undefined {
  const below = terms.filter(({ aloneGain }) => aloneGain && aloneGain.mean < 0);
  const unclear = below.filter(({ aloneGain }) => (aloneGain?.high ?? 0) >= 0);
  if (unclear.length === 0) return undefined;
  return {
    title: 'Variables that are "worse than nothing"',
    study: 'One-variable accuracies a little below the base rate are called worse than nothing.',
    instead: `${unclear.map(({ term, aloneGain }) => `${term} ${percent(aloneGain!.mean)}`).join(', ')} against the base rate of the same splits: the intervals of ${unclear.length} of these ${below.length} contain zero.`,
    why: 'The differences are smaller than what other splits of the same rows would change. They say that the variable alone does not move a prediction across 1/2, not that it harms.',
  };
}

function lastSplit(sets: readonly MazeSet[]): Difference | undefined {
  const moved = sets.flatMap(({ name, terms, splits }) =>
    splits
      ? terms.map((term, j) => ({
          name,
          term,
          last: splits.lastCoefficients[j]!,
          mean: splits.meanCoefficients[j]!,
          splits: splits.splits,
        }))
      : [],
  );
  moved.sort((a, b) => Math.abs(b.last - b.mean) - Math.abs(a.last - a.mean));
  const most = moved[0];
  if (!most) return undefined;
  return {
    title: 'Whose coefficients are printed',
    study: `The full-fit table shows the last random split’s coefficients, such as ${short(most.last)} for ${most.term} in the set ${most.name}.`,
    instead: `Fits of all rows, with the spread over splits beside them; the mean over ${most.splits} splits is ${short(most.mean)} there.`,
    why: 'A split without a seed cannot be repeated, and one of many is no summary.',
  };
}

function intercept(sets: readonly MazeSet[]): Difference | undefined {
  const kept = sets.find(({ name }) => name === 'CBA');
  const [, strong, free] = kept?.fits ?? [];
  if (!strong || !free) return undefined;
  return {
    title: 'The penalty on the intercept',
    study: `liblinear penalises the intercept, too: at C = 0.01 it is ${short(strong.intercept)} for the three kept variables.`,
    instead: `Without a penalty on it (saga) the intercept is ${short(free.intercept)}. The convention is printed with every table.`,
    why: 'At C = 1 and some thousand rows it hardly matters; at stronger penalties it shifts every probability.',
  };
}

function battery({ power, n }: StudyResult, drops: MazeStudy['drops']): Difference | undefined {
  const losses = drops.flatMap(({ term, accuracy: { mean, low, high } }) =>
    low === null || high === null
      ? []
      : [`${term} ${percent(mean)} (${percent(low)} to ${percent(high)})`],
  );
  if (losses.length === 0) return undefined;
  const size = power?.sizes.find((curve) => curve.n === n);
  const shares = size
    ? power!.truth.flatMap(({ term }, at) =>
        mazeKept.includes(term) ? [size.terms[at]!.opposite.share] : [],
      )
    : [];
  const flips = shares.length
    ? ` Were the full fit true, their signs would come out opposite at this n in at most ${percent(Math.max(...shares))} of such tables.`
    : '';
  return {
    title: 'How sure the effects are',
    study:
      'Accuracies with and without a variable are compared by eye, and a second batch of runs that disagrees is a surprise.',
    instead: `Accuracy that the three kept variables lose without each, paired by split: ${losses.join('; ')}.${flips}`,
    why: 'A loss whose interval contains zero comes and goes from batch to batch; that can be known beforehand. A clear sign may still be worth little accuracy.',
  };
}

function list(values: readonly (number | null)[]): string {
  return values.map((value) => (value === null ? '∞' : short(value))).join(', ');
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
