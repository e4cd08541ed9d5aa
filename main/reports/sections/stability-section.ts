import { stringify } from 'yaml';
import type { RefitMode, StabilityDetail } from '../../../shared/contract/stability.ts';
import type { Interval } from '../../../shared/contract/stability-parts.ts';
import { curvesChart } from '../charts/curves.ts';
import { legend } from '../charts/marker.ts';
import { sharesChart } from '../charts/shares.ts';
import { whiskerChart } from '../charts/whiskers.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { StabilitySectionData } from '../report-data.ts';
import { formatCount, formatNumber, formatShare, formatTime } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { mazeParts } from './maze-section.ts';
import { plainTable } from './plain-table.ts';

const outcomes = ['same sign', 'zero', 'opposite sign'] as const;
const modeTitles = {
  subsets: 'Random subsets of the variables',
  splits: 'Random splits of the rows',
  bootstrap: 'Bootstrap of the rows',
} as const;

/** Refits of one regression: signs, spread, accuracy held out, selection, power, and the maze template. */
export function stabilitySection(
  section: StabilitySectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { study } = section;
  const title = section.title ?? study.name;
  context.headings.push({ id, title });
  context.sections.push(section);
  context.warnings += study.warnings.length;
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead"><code class="formula">${study.spec.formula}</code></p>
    <p>
      n = ${formatNumber(study.n)} of ${formatNumber(study.rowsInTable)} rows of
      ${study.spec.table}${study.rate === null ? '' : `, outcome 1 in ${formatShare(study.rate, 3)}`}.
    </p>
    ${dependencies(study)}${warnings(study)}${referenceTable(study, id, context)}${study.modes.map(
      (mode) => modeParts(mode, id, context),
    )}${heldOut(study, id, context)}${selection(study, id, context)}${power(study, context)}${mazeParts(study, id, context)}
    <p class="method">${study.method}</p>
    ${notShown([...omissions(study), ...(section.notShown ?? [])])}
  </section> `;
  context.specs.push({
    id: `${id}-spec`,
    title: study.name,
    body: html`<pre><code>${stringify(study.spec, { lineWidth: 0 })}</code></pre>`,
  });
  context.provenance.push({
    id: `${id}-provenance`,
    title: study.name,
    body: html`<p>
      ${study.spec.table}, SHA-256 <span class="hash">${study.tableSha256}</span>; refitted
      ${formatTime(study.createdAt)}
    </p>`,
  });
  return { body, islands: [] };
}

function dependencies({ dependencies: found }: StabilityDetail): Markup {
  if (found.length === 0) return html``;
  return html`<aside class="callout">
    <h3>${formatCount(found.length, 'exact dependency', 'exact dependencies')}</h3>
    <ul>
      ${found.map(({ sentence }) => html`<li><code>${sentence}</code></li>`)}
    </ul>
  </aside> `;
}

function warnings({ warnings: found }: StabilityDetail): Markup {
  if (found.length === 0) return html``;
  return html`<aside class="callout">
    <h3>${formatCount(found.length, 'warning')}</h3>
    ${found.map(
      ({ message, why, whatToDo }) =>
        html`<details class="warning">
          <summary><span class="sign" aria-hidden="true">⚠</span> ${message}</summary>
          <p><b>Why.</b> ${why}</p>
          <p><b>What to do.</b> ${whatToDo}</p>
        </details> `,
    )}
  </aside> `;
}

function referenceTable({ terms }: StabilityDetail, id: string, context: ReportContext): Markup {
  return plainTable(
    `${id}-reference`,
    'Reference fits: of all rows and terms with the penalty and without, and of each term alone.',
    ['term', 'sign counted', 'full', 'unpenalised', 'SE', 'alone', 'VIF'],
    terms.map((row) => [
      row.term,
      `${row.sign > 0 ? '+' : row.sign < 0 ? '−' : '0'} (${row.signOf})`,
      row.estimate,
      row.unpenalised,
      row.se,
      row.alone,
      row.dependent ? '∞' : row.vif,
    ]),
    context,
  );
}

function modeParts(mode: RefitMode, id: string, context: ReportContext): Markup {
  const { terms, refits, distinct, failed } = mode;
  const counted = terms.filter((row) => row.refits > 0);
  const chart = sharesChart(
    `${modeTitles[mode.mode]}: shares of signs`,
    counted.map(({ term, same, zero, opposite }) => ({
      term,
      parts: [same, zero, opposite].map(({ share }, part) => ({ name: outcomes[part]!, share })),
    })),
  );
  const spread = whiskerChart({
    isScaled: false,
    whiskers: counted.flatMap(({ term, coefficients }) =>
      coefficients
        ? [
            {
              term,
              estimate: coefficients.quantiles[3]!,
              low: coefficients.quantiles[1]!,
              high: coefficients.quantiles[5]!,
            },
          ]
        : [],
    ),
  });
  return html`<h3>${modeTitles[mode.mode]}</h3>
    <p>
      ${formatCount(refits, 'refit')}${distinct < refits ? `, ${formatNumber(distinct)} of them different` : ''}.
      ${failed.map(({ reason, refits: count }) => `${formatCount(count, 'refit')} not counted: ${reason}.`).join(' ')}
    </p>
    ${plainTable(
      `${id}-${mode.mode}`,
      'Counts are over the refits that contain the term; intervals are Wilson’s, 95 %.',
      ['term', 'refits', 'same', 'zero', 'opposite', 'opposite, %', 'from', 'to', 'undetermined'],
      terms.map((row) => [
        row.term,
        row.refits,
        row.same.count,
        row.zero.count,
        row.opposite.count,
        100 * row.opposite.share,
        100 * row.opposite.low,
        100 * row.opposite.high,
        row.undetermined,
      ]),
      context,
    )}${chart ? html`${legend(outcomes)}${context.figure(chart, 'Shares of the refits that contain the term.')}` : null}${
      spread
        ? context.figure(
            spread,
            'Medians of the coefficients with their middle 95 %, zeros included.',
          )
        : null
    }`;
}

function heldOut(study: StabilityDetail, id: string, context: ReportContext): Markup {
  const { heldOut: found, dropOne, spec } = study;
  if (!found) return html``;
  const figures: [string, Interval | null][] = [
    ['accuracy', found.accuracy],
    ['base rate', found.baseRate],
    ['gain over the base rate', found.gain],
    ['balanced accuracy', found.balancedAccuracy],
    ['AUC', found.auc],
    ['R²', found.r2],
  ];
  const name = spec.family === 'gaussian' ? 'r2' : 'accuracy';
  const rows = figures.flatMap(([figure, value]) => (value ? [[figure, ...ends(value)]] : []));
  return html`<h3>On rows held out</h3>
    ${plainTable(
      `${id}-held-out`,
      `Means over ${formatNumber(found.splits)} splits of ${formatNumber(found.trainRows)} rows fitted and ${formatNumber(found.testRows)} tried; 95 % intervals by Nadeau & Bengio.`,
      ['figure', 'mean', 'from', 'to'],
      rows,
      context,
    )}${
      dropOne.length === 0
        ? null
        : plainTable(
            `${id}-drop-one`,
            `What is lost in ${name === 'r2' ? 'R²' : 'accuracy'} without each term, paired by split.`,
            ['term', 'loss', 'from', 'to'],
            dropOne.map((row) => [row.term, ...ends(row[name])]),
            context,
          )
    }`;
}

function ends(value: Interval | null): (number | null)[] {
  return value ? [value.mean, value.low, value.high] : [null, null, null];
}

function selection(
  { selection: found }: StabilityDetail,
  id: string,
  context: ReportContext,
): Markup {
  if (!found) return html``;
  const bound = found.bound === null ? 'no bound' : `at most ${formatNumber(found.bound)}`;
  return html`<h3>Stability selection</h3>
    ${plainTable(
      `${id}-selection`,
      `${formatCount(found.refits, 'random half', 'random halves')} of the rows, ${formatNumber(found.chosen)} variables each; from ${formatShare(found.threshold, 2)} on a variable is selected. Falsely selected ones expected: ${bound}.`,
      ['term', 'chosen in, %', 'from', 'to', 'selected'],
      found.terms.map(({ term, probability, selected }) => [
        term,
        100 * probability.share,
        100 * probability.low,
        100 * probability.high,
        selected ? 'yes' : 'no',
      ]),
      context,
    )}`;
}

/** As many curves as there are colours to tell them apart. */
const mostCurves = 8;

function power({ power: found }: StabilityDetail, context: ReportContext): Markup {
  if (!found || found.truth.length === 0) return html``;
  const last = found.sizes.findIndex(
    ({ n }) => n === Math.max(...found.sizes.map((size) => size.n)),
  );
  const worst = found.truth
    .map(({ term }, at) => ({ term, at, share: found.sizes[last]!.terms[at]!.opposite.share }))
    .sort((a, b) => b.share - a.share)
    .slice(0, mostCurves);
  const x = found.sizes.map(({ n }) => n);
  const chart = curvesChart({
    label: 'Opposite signs by number of rows',
    xTitle: 'rows',
    yTitle: 'share of opposite signs',
    groups: worst.map(({ at }) => [
      {
        x,
        mean: found.sizes.map(({ terms }) => terms[at]!.opposite.share),
        low: found.sizes.map(({ terms }) => terms[at]!.opposite.low),
        high: found.sizes.map(({ terms }) => terms[at]!.opposite.high),
      },
    ]),
  });
  if (!chart) return html``;
  return html`<h3>How many rows the signs need</h3>
    ${legend(worst.map(({ term }) => term))}${context.figure(
      html`<div class="multiples">${chart}</div>`,
      `Share of ${formatNumber(found.refits)} simulated tables in which a sign comes out opposite, were the full fit true; bands are 95 % intervals. Terms that the full fit sets to zero have no true sign.`,
    )}`;
}

function omissions(study: StabilityDetail): string[] {
  const sentences = [
    'Refits one by one: only their counts and quantiles are kept; the seed gives them again.',
  ];
  if (study.power && study.power.truth.length > mostCurves)
    sentences.push(
      `Power curves of more than ${mostCurves} terms; the data of the report hold all.`,
    );
  if (study.filteredOut > 0)
    sentences.push(`${formatCount(study.filteredOut, 'row')} that the filter removed.`);
  if (study.dropped > 0)
    sentences.push(`${formatCount(study.dropped, 'row')} in which a variable was missing.`);
  return sentences;
}
