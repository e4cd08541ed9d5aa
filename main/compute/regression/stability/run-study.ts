import type { ReferenceTerm, StabilityDetail } from '../../../../shared/contract/stability.ts';
import type { Interval } from '../../../../shared/contract/stability-parts.ts';
import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';
import { finiteOrNull } from '../fit-result.ts';
import { finish } from '../../steps.ts';
import { checkMazeTerms, runMazeStudy } from './maze-study.ts';
import { powerCurve } from './power.ts';
import { alignTo, prepareStudy, type PreparedStudy } from './prepare-study.ts';
import { penaltyOf, referenceFits, type ReferenceFits } from './reference-fits.ts';
import {
  dropOneOf,
  heldOutOf,
  modeOf,
  refitBootstrap,
  refitSplits,
  refitSubsets,
} from './refit-modes.ts';
import type { StudyShared } from './refit-tasks.ts';
import { Refitter } from './refitter.ts';
import { wholeRowSet } from './row-set.ts';
import { compareTables } from './second-table.ts';
import { selectStably } from './selection.ts';
import { describeStudy } from './study-text.ts';
import { studyWarnings } from './study-warnings.ts';
import type { StudyControl } from './task-runner.ts';

/** A study as it is calculated; the job adds id, name and time. */
export type StudyResult = Omit<StabilityDetail, 'id' | 'name' | 'createdAt'>;

/**
 * One stability study from its tables to its finished result. Equal tables and specs give equal
 * results, whatever the number of threads.
 * @throws AppError for whatever in the data or the spec makes it impossible, and what `pause` throws
 */
export async function runStudy(
  table: Table,
  second: Table | undefined,
  spec: StabilitySpec,
  control: StudyControl,
): Promise<StudyResult> {
  const prepared = finish(prepareStudy(table, spec));
  if (spec.template === 'maze') checkMazeTerms(prepared);
  await control.pause();
  const penalty = penaltyOf(spec);
  const reference = referenceFits(prepared.data, spec.family, penalty);
  const shared = share(prepared, spec, reference);
  const signs = referenceSigns(prepared.terms, spec, reference);
  const signValues = signs.map(({ sign }) => sign);
  const { terms, frame } = prepared;
  const rows = frame.n;

  const modes: StudyResult['modes'] = [];
  if (spec.subsets > 0) {
    const { batches, distinct } = await refitSubsets(shared, spec.subsets, control);
    const about = { refits: spec.subsets, distinct, rows };
    modes.push(modeOf('subsets', batches, about, terms, signValues));
  }
  const all = terms.map((_, j) => j);
  let heldOut: StudyResult['heldOut'] = null;
  if (spec.splits.refits > 0) {
    const { refits } = spec.splits;
    const { batches, scores } = await refitSplits(
      shared,
      refits,
      [all],
      'refitting splits',
      control,
    );
    heldOut = heldOutOf(scores, batches);
    const about = { refits, distinct: refits, rows: scores.trainRows };
    modes.push(modeOf('splits', batches, about, terms, signValues));
  }
  if (spec.bootstrap > 0) {
    const batches = await refitBootstrap(shared, spec.bootstrap, control);
    const about = { refits: spec.bootstrap, distinct: spec.bootstrap, rows };
    modes.push(modeOf('bootstrap', batches, about, terms, signValues));
  }
  const { dropOne, alone } = await leaveOut(shared, spec, terms, control);
  const selection =
    spec.selection.refits > 0 ? await selectStably(shared, terms, spec.selection, control) : null;
  const isFitted = reference.full.status === 'fitted';
  const power =
    spec.power.refits > 0 && isFitted ? await powerCurve(shared, terms, spec.power, control) : null;
  const rate = prepared.data.y.reduce((sum, value) => sum + value, 0) / rows;
  const result: StudyResult = {
    spec,
    tableSha256: table.sha256,
    response: frame.response.label,
    rowsInTable: frame.rowsInTable,
    filteredOut: frame.filteredOut,
    dropped: frame.dropped,
    n: rows,
    rate: spec.family === 'binomial' ? rate : null,
    terms: terms.map((term, j) => ({
      term,
      ...signs[j]!,
      ...referenceNumbers(prepared, reference, j),
      aloneScore: alone[j]?.score ?? null,
      aloneGain: alone[j]?.gain ?? null,
    })),
    intercept: isFitted ? finiteOrNull(reference.full.beta[0]!) : null,
    dependencies: [...prepared.dependencies],
    warnings: [],
    modes,
    heldOut,
    dropOne,
    secondTable: second ? lookAtSecond(prepared, reference, second, spec, signValues) : null,
    selection,
    power,
    maze: null,
    method: describeStudy(frame, spec),
  };
  const warnings = [...prepared.warnings, ...studyWarnings(result, reference)];
  const maze =
    spec.template === 'maze'
      ? await runMazeStudy(prepared, shared, { ...result, warnings }, control)
      : null;
  return { ...result, warnings, maze };
}

function share(
  { data }: PreparedStudy,
  spec: StabilitySpec,
  { full, sigma }: ReferenceFits,
): StudyShared {
  const refitter = new Refitter(spec.family, data.columns);
  const penalty = penaltyOf(spec);
  return {
    data,
    family: spec.family,
    penalty,
    seed: spec.seed,
    testShare: spec.splits.testShare,
    anchor: penalty.strength > 0 ? (refitter.anchor(wholeRowSet(data), penalty) ?? null) : null,
    truth: full.beta,
    sigma,
  };
}

type SignSource = Pick<ReferenceTerm, 'sign' | 'signOf'>;

/** A zero of the full fit has no sign: the term's own fit gives it then. @throws AppError `bad-spec` */
function referenceSigns(
  terms: readonly string[],
  { reference, signs }: StabilitySpec,
  { full, alone }: ReferenceFits,
): SignSource[] {
  for (const term of Object.keys(signs ?? {}))
    if (!terms.includes(term))
      throw new AppError(
        'bad-spec',
        `signs: ${term} is not a term of the formula. Its terms are ${terms.slice(0, 20).join(', ')}.`,
        { place: 'signs', term },
      );
  return terms.map((term, j): SignSource => {
    const given = signs?.[term];
    if (given !== undefined) return { sign: given, signOf: 'given' };
    const joint = full.undetermined[j] === 1 ? 0 : signOf(full.beta[j + 1]!);
    if (reference !== 'alone' && joint !== 0) return { sign: joint, signOf: 'full' };
    const own = signOf(alone[j]!);
    return own !== 0 ? { sign: own, signOf: 'alone' } : { sign: joint, signOf: 'full' };
  });
}

function signOf(value: number): -1 | 0 | 1 {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

function referenceNumbers(
  { vif }: PreparedStudy,
  { full, plain, alone, plainAlone, plainAloneSe }: ReferenceFits,
  j: number,
): Omit<ReferenceTerm, 'term' | 'sign' | 'signOf' | 'aloneScore' | 'aloneGain'> {
  const isKnown = full.status === 'fitted' && full.undetermined[j] === 0;
  return {
    estimate: isKnown ? finiteOrNull(full.beta[j + 1]!) : null,
    unpenalised: finiteOrNull(plain.estimates[j]!),
    se: finiteOrNull(plain.se[j]!),
    alone: finiteOrNull(alone[j]!),
    aloneUnpenalised: finiteOrNull(plainAlone[j]!),
    aloneSe: finiteOrNull(plainAloneSe[j]!),
    vif: finiteOrNull(vif[j]!),
    dependent: vif[j] === Infinity,
  };
}

/** All terms, all but each, and each alone, on the same splits. */
async function leaveOut(
  shared: StudyShared,
  spec: StabilitySpec,
  terms: readonly string[],
  control: StudyControl,
): Promise<{
  dropOne: StudyResult['dropOne'];
  alone: readonly { score: Interval | null; gain: Interval | null }[];
}> {
  if (spec.dropOne === 0) return { dropOne: [], alone: [] };
  const all = terms.map((_, j) => j);
  const sets = [
    all,
    ...all.map((dropped) => all.filter((j) => j !== dropped)),
    ...all.map((j) => [j]),
  ];
  const phase = 'leaving out one term';
  const { scores } = await refitSplits(shared, spec.dropOne, sets, phase, control);
  const name = spec.family === 'gaussian' ? 'r2' : 'accuracy';
  return {
    dropOne: dropOneOf(scores, terms),
    alone: all.map((j) => {
      const set = 1 + terms.length + j;
      return {
        score: scores.interval(set, name),
        gain: scores.difference(set, 'accuracy', set, 'baseRate'),
      };
    }),
  };
}

function lookAtSecond(
  prepared: PreparedStudy,
  reference: ReferenceFits,
  table: Table,
  spec: StabilitySpec,
  signs: readonly number[],
): StudyResult['secondTable'] {
  const name = spec.secondTable!;
  const other = finish(prepareStudy(table, { ...spec, table: name, standardise: 'none' }));
  const differs = prepared.terms.find((term, j) => term !== other.terms[j]);
  if (differs !== undefined || other.terms.length !== prepared.terms.length)
    throw new AppError(
      'bad-input',
      `${name} gives other terms than ${spec.table}${differs === undefined ? '' : `: ${differs} is not there`}. Give a table with the same columns and the same levels.`,
      { file: name, ...(differs === undefined ? {} : { place: differs }) },
    );
  alignTo(prepared, other.data);
  return compareTables(prepared, reference, other, {
    table: name,
    sha256: table.sha256,
    family: spec.family,
    penalty: penaltyOf(spec),
    signs,
  });
}
