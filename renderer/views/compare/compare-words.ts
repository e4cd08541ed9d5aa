import {
  comparisonMeasures,
  type ComparisonMeasure,
  type LevelDetail,
  type MatchDetail,
} from '../../../shared/domain/comparison.ts';
import type { NamedDictionary } from '../../../shared/contract/comparisons.ts';
import { visibleText } from '../../../shared/text.ts';
import { formatCount, formatNumber, formatShare } from '../../components/format.ts';

export interface MeasureWords {
  readonly title: string;
  readonly definition: string;
  /** What the grey line of a histogram stands for. */
  readonly chance: string;
  readonly color: string;
}

const shuffled = 'the other dictionary’s sequences in another order';
const randomDirections = 'best cosines among as many random directions';

export const measureWords: Readonly<Record<ComparisonMeasure, MeasureWords>> = {
  decoder: {
    title: 'decoder cosine',
    definition: 'Cosine of the two features’ decoder directions.',
    chance: randomDirections,
    color: 'series-1',
  },
  encoder: {
    title: 'encoder cosine',
    definition: 'Cosine of the two features’ encoder directions.',
    chance: randomDirections,
    color: 'series-2',
  },
  jaccard: {
    title: 'Jaccard',
    definition: 'Tokens on which both features are active, over tokens on which either is.',
    chance: shuffled,
    color: 'series-3',
  },
  weightedJaccard: {
    title: 'weighted Jaccard',
    definition:
      'Sum over tokens of the smaller of the two activations, over the sum of the larger: what both do, over what either does.',
    chance: shuffled,
    color: 'series-4',
  },
  correlation: {
    title: 'correlation',
    definition: 'Pearson correlation of the two activations over all tokens.',
    chance: shuffled,
    color: 'series-7',
  },
};

/** A measure by the word of an address, of those that were computed. */
export function readMeasure(
  text: string,
  offered: readonly ComparisonMeasure[],
): ComparisonMeasure {
  const known = offered.find((measure) => measure === text);
  return known ?? offered[0] ?? comparisonMeasures[0];
}

/** Names of groups without the parts that all of them share: `e2e`, or `sparsity.coefficient 0.2`. */
export function groupNames(list: readonly NamedDictionary[]): ReadonlyMap<string, string> {
  const parts = new Map(
    list.map(({ group, groupName, source }) => [
      group,
      visibleText(groupName === '' ? source : groupName).split(', '),
    ]),
  );
  const all = [...parts.values()];
  const isShared = (part: string) => all.every((others) => others.includes(part));
  return new Map(
    [...parts].map(([group, own]) => {
      const told = own.filter((part) => !isShared(part));
      // What is alone, or shares all, is called by its first word.
      return [group, (told.length > 0 ? told : own.slice(0, 1)).join(', ')];
    }),
  );
}

/** `e2e, seed 1`, in the order of the list. */
export function dictionaryNames(list: readonly NamedDictionary[]): string[] {
  const groups = groupNames(list);
  return list.map(({ group, seed }) => {
    const name = groups.get(group)!;
    return seed === null ? name : `${name}, seed ${seed}`;
  });
}

/** What the minimum count leaves out, and what the figure would be without it. */
export function droppedWords(level: LevelDetail, all: LevelDetail, from: string): string {
  const { n, dropped, mean } = level.aToB;
  const without = all.aToB;
  if (level.minimumCount === all.minimumCount)
    return `All ${formatCount(n)} features of ${from} count, dead ones too where the measure is defined for them.`;
  const spike = nearOne(without) - nearOne(level.aToB);
  const lost =
    spike > 0 ? ` ${formatCount(spike)} of those that are dropped have a match above 0.98.` : '';
  return `${formatCount(dropped)} of ${formatCount(n + dropped)} features of ${from} are active on fewer than ${level.minimumCount} tokens or have no partner, and are dropped. The mean is ${formatNumber(mean)}; without the filter it would be ${formatNumber(without.mean)} (n = ${formatCount(without.n)}).${lost}`;
}

function nearOne({ histogram }: MatchDetail): number {
  return histogram.at(-1) ?? 0;
}

/** Why the two directions are not the same, in the words of these figures. */
export function asymmetryWords({ aToB, bToA }: LevelDetail, a: string, b: string): string[] {
  const words = [
    `From ${a}, each of ${formatCount(aToB.n)} features takes its best partner in ${b}, and several may take the same one; from ${b} it is ${formatCount(bToA.n)} features that choose. So the two figures answer different questions and need not agree.`,
    claimWords(aToB, a, b),
    claimWords(bToA, b, a),
  ];
  if (aToB.mean !== null && bToA.mean !== null) {
    const difference = Math.abs(aToB.mean - bToA.mean);
    const [wide, narrow] = aToB.mean < bToA.mean ? [a, b] : [b, a];
    if (difference >= 0.01)
      words.push(
        `The mean is lower by ${formatNumber(difference, 2)} from ${wide}: more of its features have nothing like them in ${narrow} than the other way round.`,
      );
  }
  return words;
}

function claimWords(match: MatchDetail, from: string, to: string): string {
  const { distinctTargets, distinctShare, largestInDegree, inDegree } = match;
  const several = inDegree.slice(2).reduce((sum, count) => sum + count, 0);
  return `${from} → ${to}: ${formatCount(distinctTargets)} different partners (${formatShare(distinctShare)} of those that choose); ${formatCount(several)} are claimed by more than one feature, the most claimed by ${formatCount(largestInDegree)}, and ${formatCount(inDegree[0])} by none.`;
}
