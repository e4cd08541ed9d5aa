import { stringify } from 'yaml';
import type { HeldOut, PredictionDetail } from '../../../shared/contract/predictions.ts';
import { curvesChart, type GroupCurve } from '../charts/curves.ts';
import { legend } from '../charts/marker.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { PredictionSectionData } from '../report-data.ts';
import { formatCount, formatNumber, formatShare, formatTime } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { plainTable } from './plain-table.ts';

/** Curves beyond this many cannot be told apart. */
const mostCurves = 8;
const worthColumns = ['fit', 'rows', 'AUC', 'accuracy', 'base rate', 'Brier', 'R²', 'error'];

/** A label from the features of a dictionary: what it is worth unseen, the features, other seeds, the path. */
export function predictionSection(
  section: PredictionSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { prediction } = section;
  const { spec, label } = prediction;
  const title = section.title ?? `${label} from features`;
  context.headings.push({ id, title });
  context.sections.push(section);
  context.warnings += prediction.warnings.length;
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      ${formatCount(prediction.rows, spec.unit)} of
      ${formatCount(prediction.sequences, 'sequence')}; ${formatNumber(prediction.predictors)} of
      ${formatNumber(prediction.latents)} features of ${spec.dictionary} are active on at least
      ${formatNumber(spec.leastRows)} of them.
    </p>
    ${warnings(prediction)}${worthTable(prediction, id, context)}${featureTable(prediction, id, context)}${seedTable(prediction, id, context)}${path(prediction, context)}
    <p class="method">${prediction.method}</p>
    ${notShown([...omissions(prediction), ...(section.notShown ?? [])])}
  </section> `;
  context.specs.push({
    id: `${id}-spec`,
    title: prediction.name,
    body: html`<pre><code>${stringify(spec, { lineWidth: 0 })}</code></pre>`,
  });
  context.provenance.push({
    id: `${id}-provenance`,
    title: prediction.name,
    body: html`<p>
      ${spec.labels.file}, ${spec.labels.name}; predicted ${formatTime(prediction.createdAt)} by job
      ${prediction.job}
    </p>`,
  });
  return { body, islands: [] };
}

function warnings({ warnings: found, dependencies }: PredictionDetail): Markup {
  const all = [...found, ...(dependencies ?? []).map(({ sentence }) => `Exactly: ${sentence}`)];
  if (all.length === 0) return html``;
  return html`<aside class="callout">
    <h3>${formatCount(all.length, 'warning')}</h3>
    <ul>
      ${all.map((sentence) => html`<li>${sentence}</li> `)}
    </ul>
  </aside> `;
}

function worthTable(
  { heldOut, unpenalised, spec }: PredictionDetail,
  id: string,
  context: ReportContext,
): Markup {
  const row = (name: string, figures: HeldOut) => [
    name,
    figures.rows,
    figures.auc,
    figures.accuracy,
    figures.baseRate,
    figures.brier,
    figures.r2,
    figures.rmse,
  ];
  return plainTable(
    `${id}-worth`,
    `On ${formatShare(spec.heldOut)} of the sequences, which no choice and no fit has seen.`,
    worthColumns,
    [
      row('L1', heldOut),
      ...(unpenalised.heldOut ? [row('the same features, no penalty', unpenalised.heldOut)] : []),
    ],
    context,
  );
}

function featureTable(prediction: PredictionDetail, id: string, context: ReportContext): Markup {
  const { selected, labels } = prediction;
  if (selected.length === 0) return html`<p>No feature was selected.</p>`;
  const withSeeds = selected.some(({ seeds }) => seeds.length > 0);
  return plainTable(
    `${id}-features`,
    'Selected features: coefficient under the penalty per standard deviation and as it is, without a penalty, correlation of the feature alone with the label, share of rows on which it is active, variance inflation among the selected.',
    [
      'feature',
      'label',
      'per sd',
      'coefficient',
      'no penalty',
      'alone r',
      'density',
      'VIF',
      ...(withSeeds ? ['other seeds'] : []),
    ],
    selected.map((one) => [
      String(one.feature),
      labels[String(one.feature)] ?? '',
      one.standardised,
      one.coefficient,
      one.unpenalised,
      one.alone,
      one.density,
      typeof one.vif === 'string' ? '∞' : one.vif,
      ...(withSeeds ? [outcomesOf(one.seeds)] : []),
    ]),
    context,
  );
}

function outcomesOf(seeds: PredictionDetail['selected'][number]['seeds']): string {
  const counts = Map.groupBy(seeds, ({ outcome }) => outcome);
  return [...counts].map(([outcome, some]) => `${some.length} ${outcome}`).join(', ');
}

function seedTable({ seeds }: PredictionDetail, id: string, context: ReportContext): Markup {
  if (seeds.length === 0) return html``;
  return plainTable(
    `${id}-seeds`,
    'The same label from dictionaries of other seeds; agreement is the correlation of their predictions with those here, on the held-out rows.',
    ['dictionary', 'seed', 'selected', 'AUC', 'R²', 'agreement'],
    seeds.map((one) => [one.dictionary, one.seed, one.selected, one.auc, one.r2, one.agreement]),
    context,
  );
}

/** Coefficients of the largest features over the logarithm of the strength. */
function path({ curves, path: points, labels }: PredictionDetail, context: ReportContext): Markup {
  const drawn = curves.slice(0, mostCurves);
  const x = points.map(({ lambda }) => Math.log10(lambda));
  const chart = curvesChart({
    label: 'Coefficients along the path of strengths',
    yTitle: 'coefficient per sd',
    xTitle: 'log10 λ',
    groups: drawn.map(({ values }): GroupCurve[] => [
      { x: x.toReversed(), ...same(values.toReversed()) },
    ]),
  });
  if (!chart) return html``;
  return context.figure(
    html`${legend(drawn.map(({ feature }) => [feature, labels[String(feature)]].filter(Boolean).join(' ')))}
      <div class="multiples">${chart}</div>`,
    `Coefficients along the path, per standard deviation of the activation, of the ${formatCount(drawn.length, 'feature')} with the largest.`,
  );
}

function same(values: readonly number[]) {
  return { mean: values, low: values, high: values };
}

function omissions({ missing, spec, unpenalised }: PredictionDetail): string[] {
  return [
    ...(missing > 0 ? [`${formatCount(missing, spec.unit)} without a label were left out.`] : []),
    ...(unpenalised.heldOut === null && unpenalised.reason !== null
      ? [`No fit without a penalty: ${unpenalised.reason}`]
      : []),
    'No errors or p values of coefficients: none are valid after a choice by the same rows.',
  ];
}
