import type { StabilityDetail } from '../../../../shared/contract/stability.ts';
import type { Warning } from '../../../../shared/contract/statistics.ts';
import { eventsWarning } from '../warnings.ts';
import type { ReferenceFits } from './reference-fits.ts';
import { failureWords } from './refit-batch.ts';

type Study = Omit<StabilityDetail, 'id' | 'name' | 'createdAt'>;

/** From here on a share of opposite signs, and of zeros, is worth a word. */
const flips = 0.05;
const zeroed = 0.2;
/** Statistics beyond which a sign counts as clear, alone and together. */
const clear = 3;
const unequal = 0.9;

/** What a study's numbers do not bear, beside the term or figure that it concerns. */
export function studyWarnings(study: Study, { full }: ReferenceFits): Warning[] {
  return [
    ...failedReference(study, full.status),
    ...fewEvents(study),
    ...suppressors(study),
    ...unstableSigns(study),
    ...noGain(study),
    ...imbalance(study),
    ...looseBound(study),
  ];
}

function failedReference(study: Study, status: ReferenceFits['full']['status']): Warning[] {
  if (status === 'fitted') return [];
  return [
    {
      concerns: null,
      message: `The fit of all terms on all rows could not be made: ${failureWords[status]}.`,
      why: 'Signs are those of each term by itself instead, and there is no power view.',
      whatToDo:
        study.spec.penalty.kind === 'none'
          ? 'Use an L1 penalty, fewer terms or more rows.'
          : 'Use a stronger penalty.',
    },
  ];
}

function fewEvents({ rate, n, terms, response }: Study): Warning[] {
  if (rate === null) return [];
  return eventsWarning(Math.round(n * Math.min(rate, 1 - rate)), terms.length, response);
}

/** Terms whose sign differs alone and together, both clearly: kept, and explained. */
export function suppressors(study: Pick<Study, 'terms' | 'modes'>): Warning[] {
  const bootstrap = study.modes.find(({ mode }) => mode === 'bootstrap');
  return study.terms.flatMap((row, j) => {
    const { term, sign, signOf, unpenalised, se, aloneUnpenalised, aloneSe, dependent } = row;
    if (dependent || signOf !== 'full' || aloneUnpenalised === null || !aloneSe) return [];
    const alone = aloneUnpenalised / aloneSe;
    if (!(Math.abs(alone) > clear) || alone > 0 === sign > 0) return [];
    const together = unpenalised !== null && se ? unpenalised / se : 0;
    const kept = bootstrap?.terms[j]?.same.share ?? 0;
    if (!(together * sign > clear) && kept < 1 - flips) return [];
    const evidence =
      kept >= 1 - flips ? `in ${percent(kept)} of bootstraps` : `z ${alike(together)}`;
    return [
      {
        concerns: term,
        message: `${term} is ${word(sign)} with the other terms held fixed (${evidence}) and ${word(alone)} by itself (z ${alike(alone)}): a suppressor.`,
        why: 'By itself it stands in for the variables that go along with it; held fixed, these no longer speak through it. Both signs are right answers, to different questions.',
        whatToDo: `Keep it, and say which variables are held fixed. Dropping a variable because subsets without its partners turn its sign would throw out ${term} although its coefficient is clear.`,
      },
    ];
  });
}

function unstableSigns(study: Study): Warning[] {
  return study.modes.flatMap(({ mode, terms }) =>
    terms.flatMap(({ term, opposite, zero, refits }) => {
      if (refits === 0) return [];
      if (opposite.share > flips) return [flipWarning(mode, term, opposite.share, refits)];
      if (mode === 'subsets' || zero.share <= zeroed) return [];
      return [
        {
          concerns: term,
          message: `The penalty sets ${term} to zero in ${percent(zero.share)} of the ${refits} ${words[mode]}.`,
          why: 'Other terms take its place there, or it has little to say. A zero is not a change of sign.',
          whatToDo: 'Look at its correlations, and at the accuracy that is lost without it.',
        },
      ];
    }),
  );
}

const words = { subsets: 'subsets that contain it', splits: 'splits', bootstrap: 'bootstraps' };

function flipWarning(
  mode: Study['modes'][number]['mode'],
  term: string,
  share: number,
  refits: number,
): Warning {
  const isSubsets = mode === 'subsets';
  return {
    concerns: term,
    message: `${term} has the opposite sign in ${percent(share)} of the ${refits} ${words[mode]}.`,
    why: isSubsets
      ? 'Its sign depends on which other variables are in the model: in each subset it answers another question.'
      : 'Other rows of the same kind would give another sign: the data do not settle it.',
    whatToDo: isSubsets
      ? 'See whether it keeps its sign over splits and bootstraps of the full model; if so, say what is held fixed.'
      : 'Do not interpret its sign. The power view says how many rows would settle it.',
  };
}

function noGain({ heldOut }: Study): Warning[] {
  const low = heldOut?.gain?.low;
  if (low === undefined || low === null || low > 0) return [];
  return [
    {
      concerns: 'accuracy',
      message:
        'On held-out rows the model is not clearly better than always saying what is more frequent.',
      why: 'The interval of its gain over the base rate contains zero or less.',
      whatToDo: 'Read the AUC too; where that is near 1/2, do not interpret the coefficients.',
    },
  ];
}

function imbalance({ rate }: Study): Warning[] {
  if (rate === null || Math.max(rate, 1 - rate) < unequal) return [];
  return [
    {
      concerns: 'accuracy',
      message: `${percent(Math.max(rate, 1 - rate))} of the rows have the same outcome.`,
      why: 'Accuracy is high there whatever the model says.',
      whatToDo: 'Read balanced accuracy and AUC instead.',
    },
  ];
}

function looseBound({ selection }: Study): Warning[] {
  if (!selection || selection.bound === null || selection.bound <= 1) return [];
  return [
    {
      concerns: 'selection',
      message: `Up to ${alike(selection.bound)} of the selected variables may be false ones.`,
      why: 'Each half chose many variables for so few candidates.',
      whatToDo: 'Let each half choose fewer variables, or raise the threshold.',
    },
  ];
}

function word(value: number): string {
  return value > 0 ? 'positive' : 'negative';
}

function percent(share: number): string {
  return `${alike(100 * share)} %`;
}

function alike(value: number): string {
  return String(Number(value.toPrecision(3)));
}
