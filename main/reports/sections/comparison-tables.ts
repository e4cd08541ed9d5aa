import type { MetricSummary } from '../../../shared/contract/runs.ts';
import {
  levelOf,
  type ComparisonMeasure,
  type MatchFigures,
} from '../../../shared/domain/comparison.ts';
import type { ReportContext } from '../context.ts';
import type { ComparedMeasure, ComparisonSectionData } from '../report-data.ts';
import { renderTable, type CellValue } from '../table.ts';
import {
  formatCount,
  formatEstimate,
  formatNumber,
  formatShare,
  missing,
} from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';

export const measureWords: Readonly<Record<ComparisonMeasure, string>> = {
  decoder: 'decoder cosine',
  encoder: 'encoder cosine',
  jaccard: 'Jaccard similarity',
  weightedJaccard: 'weighted Jaccard similarity',
  correlation: 'correlation',
};

/** Decimals that tell similarities apart. */
const digits = 3;

export function dictionaryTable(
  { comparison: { list, minimumCount } }: ComparisonSectionData,
  id: string,
  context: ReportContext,
): Markup {
  const tableId = context.addTable(`${id}-dictionaries`, {
    name: 'dictionaries',
    columns: ['place', 'group', 'seed', 'hook', 'latents', 'kept', 'dead', 'source'],
    rows: list.map((each, place) => [
      place,
      each.groupName,
      each.seed,
      each.hook,
      each.latents,
      each.kept,
      each.dead,
      each.source,
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption('Dictionaries, and the places by which pairs name them.'),
    columns: [
      { title: 'place', align: 'left', key: 'place' },
      { title: 'group', align: 'left', key: 'group' },
      { title: 'seed', align: 'right', key: 'seed' },
      { title: 'hook point', align: 'left', key: 'hook' },
      { title: 'latents', align: 'right', key: 'latents' },
      {
        title: 'kept',
        definition: `Active on at least ${formatCount(minimumCount, 'token')}`,
        align: 'right',
        key: 'kept',
      },
      { title: 'dead', definition: 'Active on no token', align: 'right', key: 'dead' },
    ],
    data: context.tables[tableId]!,
    rows: list.map((each, place): Fragment[] => [
      html`<span title="${each.source}">${String(place)}</span>`,
      each.groupName,
      each.seed === null ? missing : String(each.seed),
      html`<code>${each.hook}</code>`,
      formatNumber(each.latents),
      formatNumber(each.kept),
      formatNumber(each.dead),
    ]),
  });
}

/** Means over pairs of dictionaries, measure by measure: across the seeds of a group, and between groups. */
export function groupFiguresTable(
  { comparison, measures }: ComparisonSectionData,
  id: string,
  context: ReportContext,
): Markup {
  if (comparison.compared.length < 2) return html``;
  const nameOf = (key: string) => comparison.list.find(({ group }) => group === key)!.groupName;
  const pairs = measures[0]?.groups ?? [];
  const named = pairs.map(({ of, against }) =>
    of === against ? `${nameOf(of)}, across seeds` : `${nameOf(of)} with ${nameOf(against)}`,
  );
  const tableId = context.addTable(`${id}-groups`, {
    name: 'comparison-groups',
    columns: [
      'pairs of',
      'n',
      ...measures.flatMap(({ measure }) => [measure, `${measure}Low`, `${measure}High`]),
    ],
    rows: pairs.map(({ bothWays }, row): CellValue[] => [
      named[row]!,
      bothWays.n,
      ...measures.flatMap(({ groups }) => {
        const { mean, low, high } = groups[row]!.bothWays;
        return [mean, low, high];
      }),
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      'Mean similarity of best matches, the mean of both directions: mean over pairs ± half of the 95 % t interval. The interval describes the spread of the pairs; pairs share seeds, so it is no test.',
    ),
    columns: [
      { title: 'pairs of', align: 'left', key: 'pairs of' },
      { title: 'n', definition: 'Pairs of dictionaries', align: 'right', key: 'n' },
      ...measures.map(({ measure }) => ({
        title: measureWords[measure],
        align: 'right' as const,
        key: measure,
      })),
    ],
    data: context.tables[tableId]!,
    rows: pairs.map(({ bothWays }, row): Fragment[] => [
      named[row]!,
      formatNumber(bothWays.n),
      ...measures.map(({ groups }) => estimate(groups[row]!.bothWays)),
    ]),
  });
}

function estimate({ mean, low, high }: MetricSummary): string {
  return formatEstimate(mean, low === null || high === null ? null : (high - low) / 2, digits);
}

/** Both directions of every pair next to each other, and what they would be without the filter. */
export function pairTable(
  { comparison: { list, minimumCount } }: ComparisonSectionData,
  { measure, pairs }: ComparedMeasure,
  id: string,
  context: ReportContext,
): Markup {
  const level = levelOf(minimumCount);
  const rows = pairs.map(({ a, b, detail }) => {
    const { levels, oneToOne, chance } = detail;
    const active = levels[Math.min(levelOf(1), level)]!;
    return { a, b, ...levels[level]!, active, oneToOne, chance };
  });
  const tableId = context.addTable(`${id}-${measure}`, {
    name: `pairs-${measure}`,
    columns: [
      ...['a', 'b', 'aToB', 'aToBLow', 'aToBHigh', 'bToA', 'bToALow', 'bToAHigh'],
      ...['mutual', 'mutualShare', 'oneToOne', 'gap', 'chance', 'droppedA', 'droppedB'],
      ...['aToBUnfiltered', 'bToAUnfiltered'],
    ],
    rows: rows.map((row): CellValue[] => [
      row.a,
      row.b,
      ...withEnds(row.aToB),
      ...withEnds(row.bToA),
      row.mutual.mean,
      shareOf(row.mutual, row.aToB),
      row.oneToOne.mean,
      row.oneToOne.bound - row.oneToOne.total,
      row.chance.mean,
      row.aToB.dropped,
      row.bToA.dropped,
      row.active.aToB.mean,
      row.active.bToA.mean,
    ]),
  });
  const nameOf = (place: number) => {
    const { groupName, seed } = list[place]!;
    return `${place} (${groupName}${seed === null ? '' : `, seed ${seed}`})`;
  };
  return html`<details class="more" ${pairs.length === 1 ? html`open` : null}>
    <summary>${formatCount(pairs.length, 'pair')} by ${measureWords[measure]}</summary>
    ${renderTable({
      id: tableId,
      caption: context.tableCaption(
        `Best matches by ${measureWords[measure]}: means ± half of the 95 % bootstrap interval over features.`,
      ),
      columns: [
        { title: 'A, B', align: 'left', key: 'a' },
        { title: 'A to B', align: 'right', key: 'aToB' },
        { title: 'B to A', align: 'right', key: 'bToA' },
        { title: 'mutual', definition: "Each other's best", align: 'right', key: 'mutual' },
        {
          title: 'share mutual',
          definition: 'Mutual pairs over features of A',
          align: 'right',
          key: 'mutualShare',
        },
        { title: 'one to one', align: 'right', key: 'oneToOne' },
        {
          title: 'to the bound',
          definition: 'What the total of the assignment could at most gain, per pair of features',
          align: 'right',
          key: 'gap',
        },
        { title: 'by chance', align: 'right', key: 'chance' },
        {
          title: 'dropped',
          definition: `Features of A and of B active on fewer than ${formatCount(minimumCount, 'token')}`,
          align: 'right',
          key: 'droppedA',
        },
        {
          title: 'unfiltered',
          definition: 'A to B and B to A with every feature that was ever active',
          align: 'right',
          key: 'aToBUnfiltered',
        },
      ],
      data: context.tables[tableId]!,
      rows: rows.map((row): Fragment[] => [
        `${nameOf(row.a)}, ${nameOf(row.b)}`,
        matchText(row.aToB),
        matchText(row.bToA),
        formatNumber(row.mutual.mean),
        shareText(shareOf(row.mutual, row.aToB)),
        formatNumber(row.oneToOne.mean),
        row.oneToOne.method === 'exact'
          ? 'exact'
          : formatNumber((row.oneToOne.bound - row.oneToOne.total) / Math.max(1, row.oneToOne.n)),
        formatNumber(row.chance.mean),
        `${formatNumber(row.aToB.dropped)}, ${formatNumber(row.bToA.dropped)}`,
        `${formatNumber(row.active.aToB.mean)}, ${formatNumber(row.active.bToA.mean)}`,
      ]),
    })}
  </details> `;
}

function withEnds({ mean, ci95 }: MatchFigures): CellValue[] {
  return [mean, ci95?.[0] ?? null, ci95?.[1] ?? null];
}

function shareOf(mutual: MatchFigures, all: MatchFigures): number | null {
  return all.n === 0 ? null : mutual.n / all.n;
}

function shareText(share: number | null): string {
  return share === null ? missing : formatShare(share);
}

function matchText({ mean, ci95 }: MatchFigures): string {
  return formatEstimate(mean, ci95 && (ci95[1] - ci95[0]) / 2, digits);
}
