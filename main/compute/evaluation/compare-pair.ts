import type { EvaluationPair } from '../../../shared/contract/evaluations.ts';
import type { Steps } from '../steps.ts';
import { bootstrapMean } from './bootstrap-mean.ts';
import type { Item } from './condition-items.ts';
import { finite } from './describe-condition.ts';
import { equivalenceP, smallestDetectable } from './equivalence.ts';
import { clusteredMeanError, meanError, tInterval, tTest, type MeanError } from './mean-error.ts';
import {
  bonettPriceInterval,
  chiSquareMcNemar,
  exactMcNemar,
  midPMcNemar,
  newcombeInterval,
  pairedWald,
  pairedWaldError,
  type Interval,
  type PairedTable,
} from './paired-binary.ts';
import { pairItems, type PairedItems } from './pair-items.ts';

/** A pair before its p value is adjusted among the others. */
export type UnadjustedPair = Omit<EvaluationPair, 'first' | 'second' | 'holm' | 'bh'>;

interface PairOptions {
  readonly confidence: number;
  readonly margin: number;
  readonly isClustered: boolean;
  readonly seed: number;
  /** Tells the pairs of one comparison apart. */
  readonly substream: number;
}

/**
 * Compares two conditions on the items that both have, epochs averaged over those that both have
 * scored. Right or wrong: exact McNemar, Newcombe's interval. Graded: paired t, with a bootstrap
 * beside it. With clusters: t on clustered errors, C - 1 degrees of freedom.
 */
export function* comparePair(
  items: readonly Item[],
  first: number,
  second: number,
  options: PairOptions,
): Steps<UnadjustedPair> {
  const { confidence, margin, isClustered, seed, substream } = options;
  const paired = pairItems(items, first, second);
  const { n, differences, table } = paired;
  const plain = isClustered
    ? clusteredMeanError(differences, paired.clusters)
    : meanError(differences);
  const of: MeanError =
    table && !isClustered ? { ...plain, se: n > 0 ? pairedWaldError(table) : NaN } : plain;
  const usesTable = table !== null && !isClustered && n > 0;
  const interval = (level: number): Interval =>
    usesTable ? newcombeInterval(table, level) : tInterval(of, level);
  const bootstrap =
    table === null && n > 1
      ? yield* bootstrapMean(differences, isClustered ? paired.clusters : null, {
          confidence,
          seed,
          substream,
        })
      : null;
  // Two one-sided tests at level alpha stand with the interval of confidence 1 - 2 alpha.
  const narrow = interval(2 * confidence - 1);
  return {
    ...countsOf(paired),
    table,
    difference: finite(of.mean),
    se: finite(of.se),
    clusters: of.clusters,
    ...finiteInterval(interval(confidence)),
    intervalKind: usesTable ? 'newcombe' : isClustered ? 'clustered t' : 't',
    ...binaryFigures(n > 0 ? table : null, confidence),
    bootstrap,
    ...(usesTable
      ? { p: exactMcNemar(table), test: 'exact McNemar' as const }
      : {
          p: finite(tTest(of)),
          test: isClustered ? ('clustered t' as const) : ('paired t' as const),
        }),
    equivalence: {
      margin,
      ...finiteInterval(narrow),
      p: finite(equivalenceP(of, margin)),
      isEquivalent: Number.isNaN(narrow.low) ? null : narrow.low > -margin && narrow.high < margin,
    },
    detectable: finite(smallestDetectable(of.se, confidence)),
  };
}

function countsOf(paired: PairedItems) {
  const { n, unpairedFirst, unpairedSecond, unmatchedEpochs, differentInput } = paired;
  return {
    n,
    unpairedFirst,
    unpairedSecond,
    unmatchedEpochs,
    differentInput,
    meanFirst: finite(paired.meanFirst),
    meanSecond: finite(paired.meanSecond),
    discordant: paired.differences.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0),
  };
}

function binaryFigures(table: PairedTable | null, confidence: number) {
  if (!table)
    return {
      wald: null,
      bonettPrice: null,
      exactP: null,
      midP: null,
      chiSquare: null,
      chiSquareCorrected: null,
    };
  const chiSquare = chiSquareMcNemar(table);
  return {
    wald: pairedWald(table, confidence),
    bonettPrice: bonettPriceInterval(table, confidence),
    exactP: exactMcNemar(table),
    midP: midPMcNemar(table),
    chiSquare: chiSquare?.plain ?? null,
    chiSquareCorrected: chiSquare?.corrected ?? null,
  };
}

function finiteInterval({ low, high }: Interval): { low: number | null; high: number | null } {
  return { low: finite(low), high: finite(high) };
}
