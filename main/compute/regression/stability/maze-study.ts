import type { MazeSet, MazeStudy, MazeVerdict } from '../../../../shared/contract/maze-study.ts';
import type { TermOutcomes } from '../../../../shared/contract/stability.ts';
import { AppError } from '../../../../shared/errors.ts';
import { cholesky } from '../../linalg/cholesky.ts';
import { inverseDiagonal, invertUpper } from '../../linalg/triangular.ts';
import { accuracyOf, areaUnderCurve } from '../classification.ts';
import { momentsOf } from './gaussian-refit.ts';
import { mazeDifferences } from './maze-differences.ts';
import {
  mazeDistances,
  mazeKept,
  mazeOutcome,
  mazeSets,
  mazeVariables,
} from '../../../../shared/domain/maze-template.ts';
import { countOutcomes, proportionOf, type CountedBatch } from './outcomes.ts';
import type { PreparedStudy } from './prepare-study.ts';
import { noPenalty, plainFit } from './reference-fits.ts';
import { refitSplits, refitSubsets, type SplitScores } from './refit-modes.ts';
import type { StudyShared, StudyTask } from './refit-tasks.ts';
import { predict, Refitter, type StudyPenalty } from './refitter.ts';
import { wholeRowSet, type RowSet, type StudyData } from './row-set.ts';
import type { StudyResult } from './run-study.ts';
import { suppressors } from './study-warnings.ts';
import { runStudyTasks, type StudyControl } from './task-runner.ts';

/** Splits that each set is averaged over, and subsets that the notebook drew. */
const mostSplits = 1000;
const notebookSubsets = 200;
/** First number of the notebook's own subsets: apart from those of the study beside it. */
const firstNotebookSubset = 0x40000000;

const conventions: readonly { readonly label: string; readonly penalty: StudyPenalty }[] = [
  { label: 'L1, C = 1, intercept penalised (liblinear)', penalty: liblinear(1) },
  { label: 'L1, C = 0.01, intercept penalised (liblinear)', penalty: liblinear(0.01) },
  {
    label: 'L1, C = 0.01, intercept not penalised (saga)',
    penalty: { ...liblinear(0.01), onIntercept: false },
  },
];

function liblinear(c: number): StudyPenalty {
  return { strength: 1 / c, perRow: false, onIntercept: true };
}

/**
 * What the maze study did with its table (nine variable sets under L1 at C = 1 and 0.01, random splits,
 * sign flips as its notebook counts them), beside the study's numbers as they should be counted.
 */
export async function runMazeStudy(
  prepared: PreparedStudy,
  shared: StudyShared,
  study: StudyResult,
  control: StudyControl,
): Promise<MazeStudy> {
  const { data, terms } = prepared;
  const columnOf = (term: string): number => terms.indexOf(term);
  const chosen = Object.values(mazeSets).map((names) => names.map(columnOf));
  const splits = Math.min(mostSplits, study.spec.splits.refits);
  const own = { ...shared, penalty: liblinear(1) };
  const scores =
    splits > 0
      ? (await refitSplits(own, splits, chosen, 'refitting the nine sets', control)).scores
      : undefined;
  const refitter = new Refitter('binomial', data.columns);
  const set = wholeRowSet(data);
  const sets: MazeSet[] = [];
  for (const [index, [name, names]] of Object.entries(mazeSets).entries()) {
    await control.pause();
    sets.push({
      name,
      terms: [...names],
      ...fitSet(refitter, set, data, chosen[index]!),
      splits: scores ? splitsOf(scores, index, chosen[index]!) : null,
    });
  }
  const verdicts = await judge(prepared, own, study, splits, control);
  const drops = scores ? dropsOf(scores) : [];
  const distanceCorrelation = correlationOf(data, ...mazeDistances.map(columnOf));
  return {
    sets,
    verdicts,
    distanceCorrelation,
    drops,
    differences: mazeDifferences(study, sets, verdicts, drops),
  };
}

/** @throws AppError `bad-input` naming what the table or the formula lacks */
export function checkMazeTerms({ terms, frame }: PreparedStudy): void {
  const lacking = mazeVariables.filter((name) => !terms.includes(name));
  if (
    lacking.length === 0 &&
    terms.length === mazeVariables.length &&
    frame.response.label === mazeOutcome
  )
    return;
  throw new AppError(
    'bad-spec',
    `The template maze needs ${mazeOutcome} on its eleven candidates${lacking.length > 0 ? `, and ${lacking.join(', ')} is not in the formula` : ' and nothing else'}. Leave the formula as the template writes it, or study another table without the template.`,
    { place: 'formula', lacking },
  );
}

function fitSet(
  refitter: Refitter,
  set: RowSet,
  data: StudyData,
  chosen: readonly number[],
): Pick<MazeSet, 'fits' | 'unpenalised' | 'vif'> {
  const all = [...chosen].sort((a, b) => a - b);
  const fits = conventions.map(({ label, penalty }) => {
    const { beta } = refitter.fit(set, all, penalty);
    return { label, intercept: beta[0]!, coefficients: chosen.map((j) => beta[j + 1]!) };
  });
  return { fits, unpenalised: fitPlain(refitter, set, data, chosen, all), vif: vifOf(set, chosen) };
}

function fitPlain(
  refitter: Refitter,
  set: RowSet,
  data: StudyData,
  chosen: readonly number[],
  all: readonly number[],
): MazeSet['unpenalised'] {
  const refit = refitter.fit(set, all, noPenalty);
  if (refit.status !== 'fitted' || all.some((j) => refit.undetermined[j] === 1)) return null;
  const { se, interceptSe } = plainFit(refitter, set, data, 'binomial', all);
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  const eta = predict(data, order, refit.beta);
  const { y, rows } = data;
  let [logLik, brier, ones] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const against = y[i] === 1 ? -eta[i]! : eta[i]!;
    logLik -= Math.max(0, against) + Math.log1p(Math.exp(-Math.abs(against)));
    brier += (y[i]! - 1 / (1 + Math.exp(-eta[i]!))) ** 2 / rows;
    ones += y[i]!;
  }
  const rate = ones / rows;
  const nullLogLik = ones * Math.log(rate) + (rows - ones) * Math.log(1 - rate);
  return {
    intercept: refit.beta[0]!,
    interceptSe,
    coefficients: chosen.map((j) => refit.beta[j + 1]!),
    se: chosen.map((j) => se[j]!),
    logLik,
    nullLogLik,
    mcFadden: 1 - logLik / nullLogLik,
    auc: areaUnderCurve(eta, y),
    brier,
    accuracyInSample: accuracyOf(eta, y),
  };
}

/** Diagonal of the inverse times that of the products about the means. */
function vifOf(set: RowSet, chosen: readonly number[]): (number | null)[] {
  const columns = set.constant.length;
  const { products } = momentsOf(set, columns);
  const k = chosen.length;
  const h = new Float64Array(k * k);
  chosen.forEach((i, a) => chosen.forEach((j, b) => (h[a * k + b] = products[i * columns + j]!)));
  const r = cholesky(h, k);
  if (!r) return chosen.map(() => null);
  return [...inverseDiagonal(invertUpper(r, k), k)].map((value, a) => value * h[a * k + a]!);
}

function splitsOf(
  scores: SplitScores,
  index: number,
  chosen: readonly number[],
): MazeSet['splits'] {
  const accuracy = scores.interval(index, 'accuracy');
  const gain = scores.difference(index, 'accuracy', index, 'baseRate');
  if (!accuracy || !gain) return null;
  const betas = scores.coefficients(index);
  const mean = (place: number): number =>
    betas.reduce((sum, beta) => sum + beta[place]!, 0) / betas.length;
  const last = betas.at(-1)!;
  return {
    splits: scores.splits,
    accuracy,
    gain,
    meanIntercept: mean(0),
    meanCoefficients: chosen.map((j) => mean(j + 1)),
    lastIntercept: last[0]!,
    lastCoefficients: chosen.map((j) => last[j + 1]!),
  };
}

/** The set of the kept variables against those that lack one of them. */
function dropsOf(scores: SplitScores): MazeStudy['drops'] {
  const names = Object.keys(mazeSets);
  const all = names.indexOf('CBA');
  return mazeKept.flatMap((term) => {
    const rest = mazeKept.filter((other) => other !== term);
    const set = Object.values(mazeSets).findIndex(
      (terms) => terms.length === 2 && rest.every((name) => terms.includes(name)),
    );
    const accuracy = scores.difference(all, 'accuracy', set, 'accuracy');
    return accuracy ? [{ term, accuracy }] : [];
  });
}

/** Pearson's, of columns that are standardised already. */
function correlationOf({ x, rows }: StudyData, a?: number, b?: number): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const [u, v] = [x[a! * rows + i]!, x[b! * rows + i]!];
    ab += u * v;
    aa += u * u;
    bb += v * v;
  }
  return ab / Math.sqrt(aa * bb);
}

async function judge(
  { terms, data }: PreparedStudy,
  own: StudyShared,
  study: StudyResult,
  splits: number,
  control: StudyControl,
): Promise<MazeVerdict[]> {
  const split = Math.max(0, splits - 1);
  const options = { split, first: firstNotebookSubset };
  const { batches } = await refitSubsets(own, notebookSubsets, control, options);
  const all = terms.map((_, j) => j);
  const full: StudyTask = { kind: 'subsets', subsets: [all], split };
  const [reference] = await runStudyTasks(own, [full], 'refitting subsets', control);
  const alone = study.terms.map((row) => row.alone ?? 0);
  const againstAlone = countOutcomes(terms, alone, batches);
  const bootstrap = study.modes.find(({ mode }) => mode === 'bootstrap');
  const subsets = study.modes.find(({ mode }) => mode === 'subsets');
  const suppressed = new Set(suppressors(study).map(({ concerns }) => concerns));
  return terms.map((term, j): MazeVerdict => {
    const counted = subsets?.terms[j];
    const flips = notebookFlips(batches, j, data.columns, reference!.batch.beta[j + 1]!);
    return {
      term,
      alone: study.terms[j]!.alone,
      accuracyAlone: study.terms[j]!.aloneScore,
      notebookFlips: proportionOf(flips, notebookSubsets),
      zero: counted?.zero ?? proportionOf(0, 0),
      opposite: counted?.opposite ?? proportionOf(0, 0),
      againstAlone: againstAlone[j]!.opposite,
      keptByStudy: mazeKept.includes(term),
      ...verdictOf(bootstrap?.terms[j], suppressed.has(term), study.terms[j]!.dependent),
    };
  });
}

/** As the notebook has it: zero counts as positive in a refit and as negative in the reference. */
function notebookFlips(
  batches: readonly CountedBatch[],
  j: number,
  columns: number,
  reference: number,
): number {
  let flips = 0;
  for (const { batch, times } of batches)
    for (let at = 0; at < batch.count; at++) {
      if (batch.member[at * columns + j] === 0) continue;
      const value = batch.beta[at * (columns + 1) + j + 1]!;
      if (value >= 0 !== reference > 0) flips += times ? times[at]! : 1;
    }
  return flips;
}

/** A sign that at least 95 % of bootstraps keep is supported by the rows. */
const supported = 0.95;

function verdictOf(
  bootstrap: TermOutcomes | undefined,
  isSuppressed: boolean,
  isDependent: boolean,
): Pick<MazeVerdict, 'verdict' | 'why'> {
  if (!bootstrap || bootstrap.refits === 0)
    return { verdict: 'undetermined', why: 'No bootstrap of the full model determines it.' };
  const { same, zero, opposite, refits } = bootstrap;
  const shares = `Over ${refits} bootstraps of the full model its sign is the same in ${percent(same.share)}, zero in ${percent(zero.share)} and opposite in ${percent(opposite.share)}.${isDependent ? ' It is part of an exact dependency, so that there only the penalty tells it from the others.' : ''}`;
  if (same.share < supported) return { verdict: 'not supported', why: shares };
  if (isSuppressed)
    return {
      verdict: 'kept, suppressed alone',
      why: `${shares} By itself it has the other sign, because it stands in there for variables that go along with it.`,
    };
  return { verdict: 'kept', why: shares };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
