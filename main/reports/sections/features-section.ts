import type { FeatureDetail, FeatureRow } from '../../../shared/contract/features.ts';
import { visibleToken } from '../../../shared/text.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { DataIslands } from '../island.ts';
import type { FeaturesSectionData } from '../report-data.ts';
import { renderTable, type CellValue, type ShownColumn } from '../table.ts';
import { featureCard, featureId } from '../viewer/feature-card.ts';
import { formatCount, formatNumber, formatShare } from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';
import { packFeature, type PackedFeature } from '../viewer/packing.ts';
import { recoveryTable } from './recovery-table.ts';

/** Features that are written out in full; the others open from the embedded data. */
export const cardsPerPage = 24;
/** Features in one compressed part of the embedded data: opening one unpacks no more than this. */
const featuresPerIsland = 24;

/** Features of one dictionary: a table of all, and pages of cards with their examples. */
export async function featuresSection(
  section: FeaturesSectionData,
  id: string,
  context: ReportContext,
  data: DataIslands,
): Promise<RenderedSection> {
  const { dictionary } = section;
  const seed = dictionary.seed === null ? '' : `, seed ${dictionary.seed}`;
  const title = section.title ?? `Features of ${dictionary.name}${seed}`;
  context.headings.push({ id, title });
  const gathered = await gather(section, id, data);
  const { rows } = gathered;
  const { features: _features, ...plain } = section;
  context.sections.push({ ...plain, features: rows.length, featuresPerIsland });
  const body = html`<section
    id="${id}"
    class="features"
    data-cards="${cardsPerPage}"
    data-island="${featuresPerIsland}"
  >
    <h2>${title}</h2>
    <p class="lead">
      ${choiceWords(section, rows.length)} The dictionary (${dictionary.architecture},
      ${formatNumber(dictionary.latents)} latents of width ${formatNumber(dictionary.dIn)}) reads
      ${dictionary.hook} of ${dictionary.model}. Densities are counted over
      ${formatCount(gathered.tokens, 'token')}.
    </p>
    ${recoveryTable(section.recovery ?? [], id, context)}
    ${featureTable(rows, gathered.hints, id, context)}
    <h3 id="${id}-cards">Feature by feature</h3>
    <p class="reading">
      A token's shade and underline grow with its activation, relative to the feature's largest; the
      bold token is the one an example was chosen for. Spaces, line breaks and control characters
      are shown as signs (␣ ↵ ⇥).
    </p>
    <div class="cards">${gathered.cards}</div>
    ${notShown([...omissions(section, gathered), ...(section.notShown ?? [])])}
  </section> `;
  return { body, islands: gathered.islands };
}

interface Gathered {
  readonly rows: FeatureRow[];
  readonly hints: Markup[];
  readonly cards: Markup[];
  readonly islands: Markup[];
  tokens: number;
  longestContext: number;
}

/** Reads the features once, keeping rows, the first cards, and the rest only in compressed form. */
async function gather(
  section: FeaturesSectionData,
  id: string,
  data: DataIslands,
): Promise<Gathered> {
  const gathered: Gathered = {
    rows: [],
    hints: [],
    cards: [],
    islands: [],
    tokens: section.dictionary.tokens,
    longestContext: 0,
  };
  const vocabulary = new Map<number, string>();
  let pending: PackedFeature[] = [];
  const flush = async (): Promise<void> => {
    if (pending.length === 0) return;
    gathered.islands.push(data.add(pending, `${id}-features-${gathered.islands.length + 1}`));
    pending = [];
    // Compressing blocks for tens of milliseconds: let others have their turn between two parts.
    await new Promise((resolve) => setImmediate(resolve));
  };
  for await (const detail of section.features) {
    gathered.rows.push(detail.row);
    gathered.hints.push(hint(detail));
    if (gathered.cards.length < cardsPerPage) gathered.cards.push(featureCard(detail, id));
    if (gathered.tokens === 0) gathered.tokens = detail.tokens;
    for (const group of detail.groups)
      for (const example of group.examples)
        gathered.longestContext = Math.max(gathered.longestContext, example.tokens.length);
    pending.push(packFeature(detail, vocabulary));
    if (pending.length === featuresPerIsland) await flush();
  }
  await flush();
  const byId = [...vocabulary].sort(([a], [b]) => a - b);
  gathered.islands.push(data.add(byId, `${id}-vocabulary`));
  return gathered;
}

/** The tokens on which a feature is strongest, as a first idea of what it is. */
function hint(detail: FeatureDetail): Markup {
  const tokens = (detail.groups[0]?.examples ?? []).map(
    (example) => example.tokens[example.position - example.start] ?? '',
  );
  const distinct = [...new Set(tokens)].slice(0, 6);
  return html`<span class="hint"
    >${distinct.map((token) => html`<code>${visibleToken(token, { spaces: true })}</code> `)}</span
  >`;
}

function featureTable(
  rows: readonly FeatureRow[],
  hints: readonly Markup[],
  id: string,
  context: ReportContext,
): Markup {
  const has = (key: 'label' | 'stability' | 'auc'): boolean =>
    rows.some((row) => row[key] !== null);
  const columns: (ShownColumn & { show: (row: FeatureRow, index: number) => Fragment })[] = [
    {
      title: 'feature',
      align: 'right',
      key: 'feature',
      show: (row) => html`<a href="#${featureId(id, row.feature)}">${row.feature}</a>`,
    },
    ...(has('label')
      ? [
          {
            title: 'label',
            align: 'left' as const,
            key: 'label',
            show: (row: FeatureRow) => row.label,
          },
        ]
      : []),
    {
      title: 'strongest on',
      definition: 'Tokens of the top examples, the strongest first',
      align: 'left',
      key: 'feature',
      show: (_, index) => hints[index],
    },
    {
      title: 'density',
      definition: 'Share of tokens on which it is active; hover for the Wilson 95 % interval',
      align: 'right',
      key: 'density',
      show: (row) =>
        row.count === 0
          ? html`<span class="tag">dead</span>`
          : html`<span
              title="${formatShare(row.densityLow)} to ${formatShare(row.densityHigh)}, ${formatCount(row.count, 'token')}"
              >${formatShare(row.density)}</span
            >`,
    },
    { title: 'max', align: 'right', key: 'max', show: (row) => formatNumber(row.max) },
    {
      title: 'mean',
      definition: 'Over the tokens on which it is active',
      align: 'right',
      key: 'mean',
      show: (row) => formatNumber(row.mean),
    },
    ...(has('stability')
      ? [
          {
            title: 'stability',
            definition: 'Mean over sibling dictionaries of the best decoder cosine',
            align: 'right' as const,
            key: 'stability',
            show: (row: FeatureRow) => row.stability?.toFixed(2),
          },
        ]
      : []),
    ...(has('auc')
      ? [
          {
            title: 'tells best',
            definition: 'The ground-truth property that it separates best',
            align: 'left' as const,
            key: 'property',
            show: (row: FeatureRow) => row.property,
          },
          {
            title: 'AUC',
            definition: '0.5 is chance; below it, the feature is lower where the property holds',
            align: 'right' as const,
            key: 'auc',
            show: (row: FeatureRow) => row.auc?.toFixed(3),
          },
        ]
      : []),
  ];
  const keys = [
    'feature',
    'label',
    'count',
    'density',
    'densityLow',
    'densityHigh',
    'mean',
    'max',
    'stability',
    'property',
    'auc',
  ] as const;
  const tableId = context.addTable(`${id}-features`, {
    name: 'features',
    columns: keys,
    rows: rows.map((row): CellValue[] => keys.map((key) => row[key])),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(`${formatCount(rows.length, 'feature')}.`),
    className: rows.length > 12 ? 'tall' : '',
    columns,
    data: context.tables[tableId]!,
    rows: rows.map((row, index) => columns.map((column) => column.show(row, index))),
  });
}

function choiceWords(section: FeaturesSectionData, shown: number): string {
  const count = `${formatCount(shown, 'feature')} of ${formatNumber(section.dictionary.latents)}`;
  const words: Record<FeaturesSectionData['choice'], string> = {
    'most-active': `${count}: those that are active on the most tokens.`,
    'best-per-property': `${count}: for each ground-truth property, those that tell it best.`,
    labelled: `${count}: those that carry a label.`,
    listed: `${count}, as chosen by the author.`,
  };
  return words[section.choice];
}

function omissions(section: FeaturesSectionData, gathered: Gathered): string[] {
  const { dictionary } = section;
  const { rows } = gathered;
  const sentences: string[] = [];
  const hidden = dictionary.latents - rows.length;
  if (hidden > 0)
    sentences.push(
      `${formatCount(hidden, 'latent is', 'latents are')} left out${dictionary.alive === null ? '' : `; ${formatNumber(dictionary.latents - dictionary.alive)} of all ${formatNumber(dictionary.latents)} never fired on the ${formatCount(dictionary.tokens, 'token')} counted`}.`,
    );
  if (rows.length > cardsPerPage)
    sentences.push(
      `${formatCount(cardsPerPage, 'feature is', 'features are')} written out below the table; the other ${formatNumber(rows.length - cardsPerPage)} open from the embedded data where scripts may run, and are not printed.`,
    );
  if (gathered.longestContext > 0)
    sentences.push(
      `Examples are samples (their heading says how many of how many) and cut to ${formatCount(gathered.longestContext, 'token')} around the activation.`,
    );
  return sentences;
}
