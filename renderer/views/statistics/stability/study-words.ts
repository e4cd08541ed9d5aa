import type {
  HeldOut,
  RefitMode,
  ReferenceTerm,
  StabilityDetail,
} from '../../../../shared/contract/stability.ts';
import { formatCount, formatShare } from '../../../components/format.ts';

type Mode = RefitMode['mode'];

const titles: Readonly<Record<Mode, string>> = {
  subsets: 'Subsets of the variables',
  splits: 'Splits of the rows',
  bootstrap: 'Bootstrapped rows',
};

const meanings: Readonly<Record<Mode, string>> = {
  subsets:
    'each variable is in with probability 1/2, so a share says how far the sign depends on which others are in',
  splits: 'a share says how far the sign depends on which rows happened to be seen',
  bootstrap: 'rows are drawn with replacement: what another table of this size would show',
};

export function modeTitle(mode: Mode): string {
  return titles[mode];
}

/** How the refits were drawn and what their shares mean. */
export function modeCaption({ mode, refits, distinct, rows }: RefitMode): string {
  const different = distinct < refits ? `, ${formatCount(distinct)} of them different` : '';
  return `${formatCount(refits)} refits${different}, on ${formatCount(rows)} rows: ${meanings[mode]}. Shares are of the refits that contain the term; whiskers are 95 % Wilson intervals.`;
}

/** Where the sign comes from against which refits are counted. */
export function referenceWords({ spec }: StabilityDetail): string {
  const words = {
    full: 'the fit of all rows and terms',
    alone: 'the variable by itself',
    given: 'the signs that the spec gives',
  };
  return words[spec.reference];
}

/** What is to be said of a term whose sign alone and with the others differ. */
export function suppressionNote({
  term,
  unpenalised,
  se,
  aloneUnpenalised,
  aloneSe,
}: ReferenceTerm) {
  if (unpenalised === null || aloneUnpenalised === null || se === null || aloneSe === null)
    return undefined;
  if (unpenalised * aloneUnpenalised >= 0) return undefined;
  const isClear = Math.abs(unpenalised) > 2 * se && Math.abs(aloneUnpenalised) > 2 * aloneSe;
  return isClear
    ? `${term} points the other way by itself than with the others held fixed, and both are clear of 0: the others hide it (suppression). Neither sign is wrong; they answer different questions.`
    : `${term} points the other way by itself than with the others held fixed, but not both are clear of 0.`;
}

/** Held-out accuracy in a sentence, against always guessing. */
export function accuracyWords({
  accuracy,
  baseRate,
  gain,
  splits,
  testRows,
}: HeldOut): string | undefined {
  if (!accuracy || !baseRate || !gain) return undefined;
  const within =
    gain.low === null || gain.high === null
      ? ''
      : gain.low > 0
        ? 'More than chance explains.'
        : gain.high < 0
          ? 'Worse than guessing.'
          : 'No clear gain over guessing.';
  return `On rows that were not fitted the model is right in ${formatShare(accuracy.mean, 3)}; always guessing the more frequent outcome in ${formatShare(baseRate.mean, 3)} (${formatCount(splits)} splits, ${formatCount(testRows)} rows held out). ${within}`.trim();
}
