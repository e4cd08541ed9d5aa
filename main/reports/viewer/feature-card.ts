import type {
  Example,
  ExampleGroup,
  FeatureDetail,
  FeatureRow,
} from '../../../shared/contract/features.ts';
import { visibleToken } from '../../../shared/text.ts';
import { barChart } from './bars.ts';
import { formatNumber, formatShare, missing } from './format.ts';
import { html, type Markup } from './html.ts';
import { tokenText } from './tokens.ts';

/** Neighbours and scores beyond these are in the data; they say little more. */
const mostLines = 5;

/** The address of a feature inside the report; `section` is the section's id. */
export function featureId(section: string, feature: number): string {
  return `${section}-f${feature}`;
}

/** One feature in full. Runs when the report is written and in the page, so it needs no DOM. */
export function featureCard(detail: FeatureDetail, section: string): Markup {
  const { row } = detail;
  const id = featureId(section, row.feature);
  return html`<article class="feature" id="${id}">
    <header>
      <h4>
        <a href="#${id}">${row.feature}</a
        >${row.label === null ? null : html` <span class="label">${row.label}</span>`}
      </h4>
      <p class="facts">${featureFacts(detail)}</p>
    </header>
    <div class="feature-body">
      <div class="examples">
        ${detail.groups.map((group, index) => exampleGroup(group, row.max ?? 0, index === 0))}
      </div>
      <div class="feature-side">${histogram(detail)}${logits(detail)}</div>
    </div>
    <div class="feature-more">
      ${scores(detail)}${matches(detail)}
      ${neighbours('Nearest decoders', detail.decoderNeighbours)}
      ${neighbours('Nearest encoders', detail.encoderNeighbours)}${positions(detail)}
    </div>
  </article> `;
}

/** Density as k/N with its interval, in words. */
export function densityText(row: FeatureRow, tokens: number): string {
  if (row.count === 0) return `dead at ${formatNumber(tokens)} tokens`;
  return `${formatNumber(row.count)} of ${formatNumber(tokens)} tokens`;
}

function featureFacts(detail: FeatureDetail): Markup[] {
  const { row } = detail;
  const facts: [string, string, string][] = [
    [
      'density',
      densityText(row, detail.tokens),
      `${formatShare(row.density)}, Wilson 95 % interval ${formatShare(row.densityLow)} to ${formatShare(row.densityHigh)}`,
    ],
    ['max', formatNumber(row.max), 'Largest activation'],
    ['mean', formatNumber(row.mean), 'Mean over the tokens on which it is active'],
  ];
  if (row.stability !== null)
    facts.push([
      'stability',
      formatNumber(row.stability),
      'Mean over sibling dictionaries of the best decoder cosine',
    ]);
  if (detail.encoderDecoderCosine !== null)
    facts.push([
      'enc·dec',
      formatNumber(detail.encoderDecoderCosine),
      'Cosine of the encoder and the decoder direction',
    ]);
  return facts.map(
    ([name, value, title]) =>
      html`<span title="${title}"><span class="muted">${name}</span> ${value}</span> `,
  );
}

function exampleGroup(group: ExampleGroup, max: number, isOpen: boolean): Markup {
  const names = { top: 'top', quantile: group.name, random: 'random', 'near-miss': 'near miss' };
  const heading = html`${names[group.kind]}
    <span class="muted">${group.examples.length} of ${formatNumber(group.from)}</span>`;
  const body = html`<ol>
    ${group.examples.map((example) => exampleLine(example, max))}
  </ol>`;
  if (group.examples.length === 0) return html`<p class="group empty">${heading}</p>`;
  return isOpen
    ? html`<section class="group">
        <h5>${heading}</h5>
        ${body}
      </section>`
    : html`<details class="group">
        <summary>${heading}</summary>
        ${body}
      </details>`;
}

function exampleLine(example: Example, max: number): Markup {
  return html`<li>
    <span class="value" title="sequence ${example.sequence}, position ${example.position}"
      >${formatNumber(example.value)}</span
    >${tokenText(example, max)}
  </li> `;
}

function block(title: string, note: string, body: Markup): Markup {
  return html`<div class="block">
    <h5>${title} <span class="muted">${note}</span></h5>
    ${body}
  </div> `;
}

function histogram(detail: FeatureDetail): Markup {
  const { edges, counts } = detail.histogram;
  const chart = barChart({
    label: `Histogram of ${detail.row.count} activations`,
    heights: counts,
    from: '0',
    to: formatNumber(edges.at(-1) ?? null),
    describe: (count, index) =>
      `${formatNumber(edges[index] ?? null)} to ${formatNumber(edges[index + 1] ?? null)}: ${formatNumber(count)}`,
  });
  return block('Activations', `n = ${formatNumber(detail.row.count)}`, chart);
}

function logits(detail: FeatureDetail): Markup {
  if (detail.promoted.length === 0 && detail.suppressed.length === 0) return html``;
  const columns = html`<div class="columns">
    ${logitList('Promoted', detail.promoted)}${logitList('Suppressed', detail.suppressed)}
  </div>`;
  return block('Logits', 'promoted and suppressed', columns);
}

function logitList(name: string, items: FeatureDetail['promoted']): Markup {
  const lines = items.map((item) => {
    const token = visibleToken(item.token, { spaces: true });
    return html`<li title="id ${item.id}">
      <code>${token}</code><span>${signed(item.value)}</span>
    </li>`;
  });
  return html`<ol class="logits" aria-label="${name} tokens">
    ${lines}
  </ol>`;
}

function signed(value: number): string {
  return value > 0 ? `+${formatNumber(value, 2)}` : formatNumber(value, 2);
}

/** The properties that the feature tells best, in either direction. */
function scores(detail: FeatureDetail): Markup {
  if (detail.scores.length === 0) return html``;
  const best = detail.scores
    .toSorted((a, b) => Math.abs(b.auc - 0.5) - Math.abs(a.auc - 0.5))
    .slice(0, mostLines);
  const lines = best.map((score) =>
    pair(
      html`${score.property} <span class="muted">${formatNumber(score.positives)}</span>`,
      score.auc.toFixed(3),
    ),
  );
  return block('Ground truth', 'property, its tokens, AUC', pairs(lines));
}

function matches(detail: FeatureDetail): Markup {
  if (detail.matches.length === 0) return html``;
  const lines = detail.matches.map((match) => {
    const sibling = match.seed === null ? match.dictionary : `seed ${match.seed}`;
    return pair(html`${sibling}: ${match.feature}`, match.cosine.toFixed(2));
  });
  return block('Best in siblings', 'decoder cosine', pairs(lines));
}

function neighbours(title: string, items: FeatureDetail['decoderNeighbours']): Markup {
  if (items.length === 0) return html``;
  const lines = items
    .slice(0, mostLines)
    .map((item) =>
      pair(html`${item.feature} <span class="muted">${item.label}</span>`, item.cosine.toFixed(2)),
    );
  return block(title, 'cosine', pairs(lines));
}

function pairs(lines: readonly Markup[]): Markup {
  return html`<ol class="pairs">
    ${lines}
  </ol>`;
}

function pair(name: Markup, value: string): Markup {
  return html`<li><span>${name}</span><span>${value}</span></li>`;
}

function positions(detail: FeatureDetail): Markup {
  const bins = detail.densityByPosition;
  if (bins.length < 2) return html``;
  const chart = barChart({
    label: 'Density by position in the sequence',
    heights: bins.map((share) => share * 100),
    from: 'start',
    to: 'end of sequence',
    describe: (share, index) =>
      share > 0 ? `bin ${index + 1}: ${formatNumber(share, 2)} %` : `bin ${index + 1}: ${missing}`,
  });
  return block('Density by position', '% of tokens', chart);
}
