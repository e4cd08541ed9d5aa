import type { ComparisonDetail, GroupFigures } from '../../../shared/contract/comparisons.ts';
import {
  figuresOf,
  type ComparisonMeasure,
  type MatchDetail,
  type MatchFigures,
  type PairDetail,
} from '../../../shared/domain/comparison.ts';
import { formatNumber, textTable } from '../cli/text-table.ts';
import type { HostClient } from '../with-host.ts';

/** One pair by one measure at the comparison's minimum count. */
export interface DescribedMeasure<Match extends MatchFigures> {
  readonly aToB: Match;
  readonly bToA: Match;
  readonly mutual: Match;
  readonly oneToOne: Match & Pick<PairDetail['oneToOne'], 'total' | 'bound' | 'method'>;
  /** What there would be to find by chance. */
  readonly chance: Match;
  /** Both directions with every feature that was ever active. */
  readonly unfiltered: { readonly aToB: MatchFigures; readonly bToA: MatchFigures };
}

type Measures<Match extends MatchFigures> = Readonly<
  Partial<Record<ComparisonMeasure, DescribedMeasure<Match>>>
>;

/**
 * What `assay compare --json` answers. The measures of one pair stand at the top, in full; those of
 * several pairs in `pairs`, as the figures of a table.
 */
export interface CompareAnswer extends Measures<MatchDetail> {
  readonly comparison: string;
  readonly job: string;
  readonly minimumCount: number;
  readonly tokens: number;
  readonly dictionaries: ComparisonDetail['list'];
  readonly pairs: readonly ({ readonly a: number; readonly b: number } & Measures<MatchFigures>)[];
  /** Of several pairs, by measure: pairs of replicates, and of different groups. */
  readonly groups: Readonly<Partial<Record<ComparisonMeasure, readonly GroupFigures[]>>>;
}

export async function describeComparison(
  client: HostClient,
  project: string,
  detail: ComparisonDetail,
): Promise<CompareAnswer> {
  const { id: comparison, job, minimumCount, tokens, list, measures, compared } = detail;
  const read = async (pair: { a: number; b: number }) =>
    Object.fromEntries(
      await Promise.all(
        measures.map(async (measure) => {
          const asked = { project, comparison, ...pair, measure };
          const { detail: found } = await client.call('comparisons.pair', asked);
          return [measure, describe(found, minimumCount)] as const;
        }),
      ),
    ) as Measures<MatchDetail>;
  const found = await Promise.all(compared.map(read));
  const groups = await Promise.all(
    measures.map(async (measure) => {
      const asked = { project, comparison, measure };
      return [measure, (await client.call('comparisons.matrix', asked)).groups] as const;
    }),
  );
  return {
    comparison,
    job,
    minimumCount,
    tokens,
    dictionaries: list,
    ...(found.length === 1 ? found[0] : {}),
    pairs: compared.map((pair, index) => ({ ...pair, ...shortened(found[index]!) })),
    groups: Object.fromEntries(groups),
  };
}

function describe(
  { levels, oneToOne, chance }: PairDetail,
  minimumCount: number,
): DescribedMeasure<MatchDetail> {
  const at = (minimum: number) => levels.find((level) => level.minimumCount === minimum)!;
  const { aToB, bToA, mutual } = at(minimumCount);
  const active = at(Math.min(1, minimumCount));
  const unfiltered = { aToB: figuresOf(active.aToB), bToA: figuresOf(active.bToA) };
  return { aToB, bToA, mutual, oneToOne, chance, unfiltered };
}

function shortened(measures: Measures<MatchDetail>): Measures<MatchFigures> {
  const entries = Object.entries(measures).map(([measure, found]) => {
    const { aToB, bToA, mutual, oneToOne, chance, unfiltered } = found;
    const { total, bound, method } = oneToOne;
    return [
      measure,
      {
        aToB: figuresOf(aToB),
        bToA: figuresOf(bToA),
        mutual: figuresOf(mutual),
        oneToOne: { ...figuresOf(oneToOne), total, bound, method },
        chance: figuresOf(chance),
        unfiltered,
      },
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** A comparison for people: every pair by every measure, then groups of pairs. */
export function printComparison(answer: CompareAnswer): string {
  const { dictionaries, pairs, minimumCount, tokens } = answer;
  const measures = Object.keys(answer.groups) as ComparisonMeasure[];
  const names = dictionaries.map(
    ({ groupName, seed }, place) =>
      `${place}: ${groupName}${seed === null ? '' : `, seed ${seed}`}`,
  );
  return [
    `On ${tokens.toLocaleString('en')} tokens; features with at least ${minimumCount} activations:`,
    textTable([
      ['dictionary', 'source', 'latents', 'kept'],
      ...dictionaries.map(({ source, latents, kept }, place) => [
        names[place]!,
        source,
        latents,
        kept,
      ]),
    ]),
    '',
    'Mean similarity of best matches (95 % bootstrap interval over features):',
    textTable([
      ['pair', 'measure', 'A to B', 'B to A', 'mutual', 'share', 'one to one', 'by chance'],
      ...pairs.flatMap((pair) =>
        measures.flatMap((measure) => {
          const found = pair[measure];
          if (!found) return [];
          const { aToB, bToA, mutual, oneToOne, chance } = found;
          return [
            [
              `${pair.a}, ${pair.b}`,
              measure,
              meanText(aToB),
              meanText(bToA),
              meanText(mutual),
              aToB.n === 0 ? null : mutual.n / aToB.n,
              meanText(oneToOne),
              meanText(chance),
            ],
          ];
        }),
      ),
    ]),
    ...(pairs.length > 1 ? ['', groupTable(answer)] : []),
  ].join('\n');
}

/** Pairs of dictionaries by their groups. */
export function groupTable({ groups, dictionaries }: CompareAnswer): string {
  const measures = Object.keys(groups) as ComparisonMeasure[];
  const nameOf = (key: string) => dictionaries.find(({ group }) => group === key)?.groupName ?? key;
  return textTable([
    ['groups', 'measure', 'pairs', 'both directions', 'from', 'to'],
    ...measures.flatMap((measure) =>
      (groups[measure] ?? []).map(({ of, against, bothWays: { n, mean, low, high } }) => [
        of === against ? `${nameOf(of)}, across seeds` : `${nameOf(of)} with ${nameOf(against)}`,
        measure,
        n,
        mean,
        low,
        high,
      ]),
    ),
  ]);
}

function meanText({ mean, ci95 }: MatchFigures): string {
  if (mean === null) return '–';
  const ends = ci95 ? ` (${formatNumber(ci95[0])} to ${formatNumber(ci95[1])})` : '';
  return formatNumber(mean) + ends;
}
