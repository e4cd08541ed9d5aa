import type { ComparisonMeasure } from '../../../shared/domain/comparison.ts';
import { levelOf } from '../../../shared/domain/comparison.ts';
import { legend } from '../charts/marker.ts';
import { histogramSteps, similarityChart } from '../charts/similarity.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { ComparedMeasure, ComparisonSectionData } from '../report-data.ts';
import { formatCount, formatNumber, formatShare } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { chanceHistogram, comparisonSeries } from './comparison-figures.ts';
import {
  dictionaryTable,
  groupFiguresTable,
  measureWords,
  pairTable,
} from './comparison-tables.ts';

/**
 * Dictionaries held against each other: who, groups of pairs, then measure by measure histograms with
 * chance drawn in, the share matched with intervals, both directions of every pair, and what was dropped.
 */
export function comparisonSection(
  section: ComparisonSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { comparison, measures } = section;
  const title = section.title ?? comparison.name;
  context.sections.push(section);
  context.headings.push({ id, title });
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      ${formatCount(comparison.list.length, 'dictionary', 'dictionaries')} in
      ${formatCount(comparison.compared.length, 'pair')}, on the same
      ${formatCount(comparison.tokens, 'token')} of ${comparison.tokensFile}. Features count that
      are active on at least ${formatCount(comparison.minimumCount, 'token')}.
    </p>
    ${dictionaryTable(section, id, context)}${groupFiguresTable(section, id, context)}${measures.map((measure) => measureFigures(section, measure, context))}${asymmetry(section)}${measures.map((measure) => pairTable(section, measure, id, context))}
    <p class="method">${method(section)}</p>
    ${notShown([...omissions(section), ...(section.notShown ?? [])])}
  </section> `;
  return { body, islands: [] };
}

function measureFigures(
  section: ComparisonSectionData,
  compared: ComparedMeasure,
  context: ReportContext,
): Markup {
  const series = comparisonSeries(section, compared);
  const chance = chanceHistogram(compared);
  const from = lowest([...series.map(({ histogram }) => histogram), chance]);
  const words = measureWords[compared.measure];
  const histogram = similarityChart({
    label: `Histogram of the best matches by ${words}`,
    xTitle: words,
    yTitle: 'share of features',
    from,
    to: 1,
    series: [...series.map((line) => line.histogram), chance].map((counts) =>
      histogramSteps(counts, from),
    ),
    dashed: new Set([series.length]),
  });
  const share = similarityChart({
    label: `Share of features matched at least so well by ${words}`,
    xTitle: `threshold of ${words}`,
    yTitle: 'share matched',
    from: 0,
    to: 1,
    series: series.map((line) => line.share),
  });
  if (!histogram || !share) return html``;
  const isPair = compared.pairs.length === 1;
  const interval = isPair
    ? 'bands are 95 % bootstrap intervals over features'
    : 'bands are 95 % t intervals over pairs, which share seeds and so are not independent';
  return context.figure(
    html`${legend([...series.map(({ name }) => name), 'by chance'])}
      <div class="multiples">${histogram}${share}</div>`,
    `Best matches by ${words}. Left: how similar each feature's best match is${isPair ? '' : ', both directions of all pairs together'}, with what chance gives dashed. Right: the share of features whose best match reaches a threshold; ${interval}.`,
  );
}

/** The left end of a histogram: 0, or the lowest bin that is not empty. */
function lowest(histograms: readonly (readonly number[])[]): number {
  const first = Math.min(
    ...histograms.map((counts) => {
      const bin = counts.findIndex((count) => count > 0);
      return bin === -1 ? Infinity : bin / counts.length;
    }),
  );
  return Math.min(0, Math.round((2 * Math.min(0.5, first) - 1) * 50) / 50);
}

/** Why the two directions differ, with the figures of the pair in which they differ most. */
function asymmetry({ comparison, measures }: ComparisonSectionData): Markup {
  const level = levelOf(comparison.minimumCount);
  const [first] = measures;
  const widest = first?.pairs
    .map(({ a, b, detail }) => ({ a, b, ...detail.levels[level]! }))
    .filter(({ aToB, bToA }) => aToB.mean !== null && bToA.mean !== null)
    .sort((x, y) => gap(y) - gap(x))[0];
  if (!first || !widest) return html``;
  const { a, b, aToB, bToA } = widest;
  const claimed = ({ distinctShare, largestInDegree }: typeof aToB) =>
    `${formatShare(distinctShare ?? 0)} of the best partners are different features, and one is claimed by ${formatNumber(largestInDegree)}`;
  return html`<p>
    Both directions are given because they answer different questions. “A to B” asks of each feature
    of A how well B has it, “B to A” the reverse; several features may claim the same partner, so a
    feature that one dictionary splits into many counts many times in one direction and once in the
    other, and a feature that only B has lowers B to A alone. A larger dictionary also finds closer
    partners by chance. They differ most in dictionaries ${a} and ${b} by
    ${measureWords[first.measure]}: ${formatNumber(aToB.mean)} from ${a} to ${b}, where
    ${claimed(aToB)}; ${formatNumber(bToA.mean)} from ${b} to ${a}, where ${claimed(bToA)}.
  </p>`;
}

function gap({ aToB, bToA }: { aToB: { mean: number | null }; bToA: { mean: number | null } }) {
  return Math.abs((aToB.mean ?? 0) - (bToA.mean ?? 0));
}

const definitions: Readonly<Record<ComparisonMeasure, string>> = {
  decoder: 'the cosine of decoder directions',
  encoder: 'the cosine of encoder directions',
  jaccard: 'Jaccard: tokens on which both are active over tokens on which either is',
  weightedJaccard:
    'weighted Jaccard: the sum of the smaller activation over that of the larger, over all tokens',
  correlation: "Pearson's correlation of activations over all tokens, zeros included",
};

function method({ comparison, measures }: ComparisonSectionData): string {
  const listed = measures.map(({ measure }) => definitions[measure]).join('; ');
  return `Measures: ${listed}. Best matches are with replacement. Mutual ones are each other's best. One to one is the assignment of the largest total: exact up to 5,000 features, beyond that an auction on the 32 best candidates of each feature, with the bound that no assignment can pass. Chance is, for directions, the best cosine among as many random directions, and for activations the best match with the other dictionary's sequences in another order. Intervals of single pairs are over ${comparison.list.length > 2 ? 'their ' : ''}features (bootstrap): they tell how well these two dictionaries' figure is known, not how much another seed would move it.`;
}

function omissions({ comparison, measures }: ComparisonSectionData): string[] {
  const { list, minimumCount } = comparison;
  const sentences = list.flatMap(({ latents, kept }, place) =>
    kept === latents
      ? []
      : [
          `${formatNumber(latents - kept)} of the ${formatNumber(latents)} features of dictionary ${place}, active on fewer than ${formatCount(minimumCount, 'token')}: with so few, two features agree by accident. The tables give the figures with them.`,
        ],
  );
  if (measures.some(({ pairs }) => pairs.length < comparison.compared.length))
    sentences.push(
      'Single pairs of dictionaries of different groups; their means are in the table of groups.',
    );
  return sentences;
}
