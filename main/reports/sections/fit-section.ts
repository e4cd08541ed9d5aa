import { stringify } from 'yaml';
import type { Coefficient, FitDetail, Warning } from '../../../shared/contract/statistics.ts';
import { errorWords, fitWords } from '../../../shared/domain/fit-words.ts';
import { fromExtended } from '../../../shared/domain/schemas.ts';
import { planWhiskers, whiskerChart } from '../charts/whiskers.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { FitSectionData } from '../report-data.ts';
import { renderTable, type CellValue, type ShownColumn } from '../table.ts';
import { formatCount, formatNumber, formatP, formatShare, formatTime } from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';
import { fitDiagnosticsParts, notCalculated } from './fit-diagnostics.ts';

/** From here on a variance inflation factor is marked. */
const vifWarns = 4;

/** One regression: rows used, dependencies, coefficients with their warnings, the whole fit, diagnostics. */
export function fitSection(
  section: FitSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { fit, diagnostics } = section;
  const title = section.title ?? fit.name;
  context.headings.push({ id, title });
  context.sections.push(section);
  context.warnings += fit.warnings.length;
  const plan = planWhiskers(fit.coefficients);
  const chart = whiskerChart(plan);
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      <code class="formula">${fit.spec.formula}</code>
      <span class="muted">${familyWords(fit)}</span>
    </p>
    ${rowsUsed(fit)}${dependencies(fit)}${generalWarnings(fit)}${coefficientTable(fit, id, context)}${
      chart
        ? context.figure(
            chart,
            `Estimates with 95 % intervals${plan.isScaled ? ', each divided by its standard error because the terms differ too much in size for one axis' : ''}. The intercept is not drawn; hollow dots have intervals that contain 0.`,
          )
        : null
    }${wholeFit(fit)}${diagnostics ? fitDiagnosticsParts(fit, diagnostics, id, context) : null}
    <p class="method">${fit.method}</p>
    ${notShown([
      ...omissions(fit),
      ...(diagnostics ? notCalculated(diagnostics) : []),
      ...(section.notShown ?? []),
    ])}
  </section> `;
  context.specs.push({
    id: `${id}-spec`,
    title: fit.name,
    body: html`<pre><code>${stringify(fit.spec, { lineWidth: 0 })}</code></pre>`,
  });
  context.provenance.push({
    id: `${id}-provenance`,
    title: fit.name,
    body: html`<table class="small provenance">
      <tbody>
        <tr>
          <th scope="row">table</th>
          <td>${fit.spec.table}</td>
        </tr>
        <tr>
          <th scope="row">SHA-256</th>
          <td class="hash">${fit.tableSha256}</td>
        </tr>
        <tr>
          <th scope="row">fitted</th>
          <td>${formatTime(fit.createdAt)}</td>
        </tr>
      </tbody>
    </table>`,
  });
  return { body, islands: [] };
}

function familyWords(fit: FitDetail): string {
  const errors = errorWords(fit.spec);
  return `${fitWords(fit.spec)} regression (${fit.spec.family})${errors === '' ? '' : `, ${errors}`}`;
}

/** The way from the rows of the table to those of the fit, so that no row vanishes silently. */
function rowsUsed(fit: FitDetail): Markup {
  const filtered =
    fit.spec.filter === undefined
      ? 'no filter'
      : html`−${formatNumber(fit.filteredOut)} by <code>${fit.spec.filter}</code>`;
  return html`<ol class="funnel">
    <li><b>${formatNumber(fit.rowsInTable)}</b> rows of ${fit.spec.table}</li>
    <li>${filtered}</li>
    <li>${fit.dropped === 0 ? 'none' : `−${formatNumber(fit.dropped)}`} with a missing value</li>
    <li><b>n = ${formatNumber(fit.n)}</b> used</li>
  </ol> `;
}

function dependencies(fit: FitDetail): Markup {
  if (fit.dependencies.length === 0) return html``;
  return html`<aside class="callout">
    <h3>
      ${formatCount(fit.dependencies.length, 'exact dependency', 'exact dependencies')} among the
      variables
    </h3>
    <ul>
      ${fit.dependencies.map((item) => html`<li><code>${item.sentence}</code></li>`)}
    </ul>
    <p>
      Coefficients of such variables cannot be told apart; the terms marked “left out” were not
      estimated.
    </p>
  </aside> `;
}

/** Warnings on the fit as a whole, and those on something that has no row in the table. */
function generalWarnings(fit: FitDetail): Markup {
  const terms = new Set(fit.coefficients.map((coefficient) => coefficient.term));
  const general = fit.warnings.filter(({ concerns }) => concerns === null || !terms.has(concerns));
  if (general.length === 0) return html``;
  return html`<aside class="callout">
    <h3>${formatCount(general.length, 'warning')}</h3>
    ${general.map((warning) => warningText(warning, false))}
  </aside> `;
}

/** Figures whose warnings name them in words. */
const sayThemselves: ReadonlySet<string> = new Set(['conditionNumber', 'scaledConditionNumber']);

/** @param isInPlace the warning stands beside what it concerns */
function warningText(warning: Warning, isInPlace: boolean): Markup {
  const { concerns: term } = warning;
  const isNamed = term === null || isInPlace || sayThemselves.has(term);
  const concerns = isNamed ? null : html`<b>${term}:</b> `;
  return html`<details class="warning">
    <summary><span class="sign" aria-hidden="true">⚠</span> ${concerns}${warning.message}</summary>
    <p><b>Why.</b> ${warning.why}</p>
    <p><b>What to do.</b> ${warning.whatToDo}</p>
  </details> `;
}

function coefficientTable(fit: FitDetail, id: string, context: ReportContext): Markup {
  const statistic = fit.spec.family === 'gaussian' ? 't' : 'z';
  const columns: ShownColumn[] = [
    { title: 'term', align: 'left', key: 'term' },
    { title: 'estimate', align: 'right', key: 'estimate' },
    { title: 'SE', definition: 'Standard error', align: 'right', key: 'se' },
    { title: '95 % interval', align: 'right', key: 'low' },
    { title: html`<i>${statistic}</i>`, align: 'right', key: 'statistic' },
    { title: html`<i>p</i>`, align: 'right', key: 'p' },
    {
      title: 'VIF',
      definition: `Variance inflation factor; ${vifWarns} and more is marked, ∞ means that the term depends exactly on others`,
      align: 'right',
      key: 'vif',
    },
  ];
  const tableId = context.addTable(`${id}-coefficients`, {
    name: `coefficients-${id}`,
    columns: ['term', 'estimate', 'se', 'low', 'high', 'statistic', 'p', 'vif', 'warnings'],
    rows: fit.coefficients.map((item): CellValue[] => [
      item.term,
      item.estimate,
      item.se,
      item.low,
      item.high,
      item.statistic,
      item.p,
      item.vif,
      warningsOn(fit, item)
        .map((warning) => warning.message)
        .join(' '),
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      `Coefficients; n = ${formatNumber(fit.n)}, ${formatNumber(fit.dfResidual)} residual degrees of freedom.`,
    ),
    columns,
    data: context.tables[tableId]!,
    rows: fit.coefficients.map((item) => coefficientCells(fit, item)),
  });
}

function warningsOn(fit: FitDetail, coefficient: Coefficient): Warning[] {
  return fit.warnings.filter((warning) => warning.concerns === coefficient.term);
}

function coefficientCells(fit: FitDetail, item: Coefficient): Fragment[] {
  const warnings = warningsOn(fit, item).map((warning) => warningText(warning, true));
  const term = html`<span class="term">${item.term}</span>${warnings}`;
  const vif = item.vif === null ? null : fromExtended(item.vif);
  const vifText = vif === null ? '–' : formatNumber(vif);
  const vifCell = vif !== null && vif >= vifWarns ? html`<b class="high">${vifText}</b>` : vifText;
  if (item.estimate === null)
    return [term, html`<span class="tag">left out</span>`, '–', '–', '–', '–', vifCell];
  return [
    term,
    formatNumber(item.estimate, 4),
    formatNumber(item.se, 3),
    item.low === null || item.high === null
      ? '–'
      : html`<span class="interval">${formatNumber(item.low)} to ${formatNumber(item.high)}</span>`,
    item.statistic === null ? '–' : formatNumber(fromExtended(item.statistic), 3),
    formatP(item.p),
    vifCell,
  ];
}

function wholeFit(fit: FitDetail): Markup {
  const extended = (value: FitDetail['conditionNumber']): string =>
    value === null ? '–' : formatNumber(fromExtended(value), 4);
  const facts: [string, string | null][] = [
    ['R²', optional(fit.r2, 4)],
    ['adjusted R²', optional(fit.adjustedR2, 4)],
    ['residual SD', optional(fit.sigma, 4)],
    [
      fit.fDegrees === null ? 'F' : `F(${fit.fDegrees.join(', ')})`,
      fit.fStatistic === null ? null : `${extended(fit.fStatistic)}, p ${equals(formatP(fit.fP))}`,
    ],
    ['base rate', fit.baseRate === null ? null : formatShare(fit.baseRate, 3)],
    ['accuracy', fit.accuracy === null ? null : formatShare(fit.accuracy, 3)],
    ['AUC', optional(fit.auc, 3)],
    ['log-likelihood', optional(fit.logLik, 6)],
    ['deviance', optional(fit.deviance, 6)],
    ['null deviance', optional(fit.nullDeviance, 6)],
    ['AIC', optional(fit.aic, 6)],
    ['BIC', optional(fit.bic, 6)],
    ['condition number', extended(fit.conditionNumber)],
    ['scaled condition number', extended(fit.scaledConditionNumber)],
    ['iterations', optional(fit.iterations, 3)],
  ];
  const shown = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  return html`<dl class="figures">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl> `;
}

function optional(value: number | null, digits: number): string | null {
  return value === null ? null : formatNumber(value, digits);
}

function equals(text: string): string {
  return text.startsWith('<') ? text : `= ${text}`;
}

function omissions(fit: FitDetail): string[] {
  const sentences: string[] = [];
  if (fit.filteredOut > 0)
    sentences.push(
      `${formatCount(fit.filteredOut, 'row')} that the filter removed: the figures speak of the others only.`,
    );
  if (fit.dropped > 0)
    sentences.push(
      `${formatCount(fit.dropped, 'row')} in which a variable was missing; whether they differ from the others was not examined here.`,
    );
  const left = fit.coefficients.filter((item) => item.estimate === null);
  if (left.length > 0)
    sentences.push(
      `Coefficients of ${left.map((item) => item.term).join(', ')}, which the other variables determine exactly.`,
    );
  if (fit.accuracy !== null)
    sentences.push('Accuracy and AUC on rows that the fit has not seen: both are in-sample.');
  return sentences;
}
