import { stringify } from 'yaml';
import type {
  EvaluationCondition,
  EvaluationDetail,
  EvaluationPair,
} from '../../../shared/contract/evaluations.ts';
import type { Warning } from '../../../shared/contract/statistics.ts';
import { whiskerChart } from '../charts/whiskers.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import type { EvaluationSectionData } from '../report-data.ts';
import { renderTable, type CellValue, type ShownColumn } from '../table.ts';
import { formatCount, formatNumber, formatP, formatShare } from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';

/** A comparison of evaluation conditions: conditions, pairs, warnings beside what they concern. */
export function evaluationSection(
  section: EvaluationSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { evaluation } = section;
  const title = section.title ?? evaluation.name;
  context.headings.push({ id, title });
  context.sections.push(section);
  context.warnings += evaluation.warnings.length;
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      ${formatCount(evaluation.logs.length, 'log')}, scores of <code>${evaluation.scorer}</code>
    </p>
    ${generalWarnings(evaluation)}${conditionTable(evaluation, id, context)}${pairTable(evaluation, id, context)}${pairFigure(evaluation, context)}
    <p class="method">${evaluation.method}</p>
    ${notShown([...omissions(evaluation), ...(section.notShown ?? [])])}
  </section> `;
  context.specs.push({
    id: `${id}-spec`,
    title: evaluation.name,
    body: html`<pre><code>${stringify(evaluation.spec, { lineWidth: 0 })}</code></pre>`,
  });
  context.provenance.push({
    id: `${id}-provenance`,
    title: evaluation.name,
    body: html`<table class="small provenance">
      <tbody>
        ${evaluation.logs.map(
          (log) =>
            html`<tr>
              <th scope="row">${log.path}</th>
              <td>${log.condition}, ${log.model}</td>
              <td class="hash">${log.sha256}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  });
  return { body, islands: [] };
}

function generalWarnings({ warnings }: EvaluationDetail): Markup {
  const general = warnings.filter(({ concerns }) => concerns === null);
  if (general.length === 0) return html``;
  return html`<aside class="callout">
    <h3>${formatCount(general.length, 'warning')}</h3>
    ${general.map(warningText)}
  </aside> `;
}

function warningText(warning: Warning): Markup {
  return html`<details class="warning">
    <summary><span class="sign" aria-hidden="true">⚠</span> ${warning.message}</summary>
    <p><b>Why.</b> ${warning.why}</p>
    <p><b>What to do.</b> ${warning.whatToDo}</p>
  </details> `;
}

function warningsOn({ warnings }: EvaluationDetail, concerns: string): Markup[] {
  return warnings.filter((warning) => warning.concerns === concerns).map(warningText);
}

function conditionTable(evaluation: EvaluationDetail, id: string, context: ReportContext): Markup {
  const columns: ShownColumn[] = [
    { title: 'condition', align: 'left', key: 'condition' },
    { title: 'items', align: 'right', key: 'items' },
    { title: 'mean', align: 'right', key: 'mean' },
    { title: 'interval', align: 'right', key: 'low' },
    { title: 'SE', definition: 'Standard error of the mean', align: 'right', key: 'se' },
    {
      title: 'at most',
      definition: 'One-sided upper bound of Clopper and Pearson',
      align: 'right',
      key: 'upper',
    },
    { title: 'errors', align: 'right', key: 'errored' },
    { title: 'limits', align: 'right', key: 'limited' },
    { title: 'unscored', align: 'right', key: 'unscored' },
  ];
  const keys = [
    'items',
    'mean',
    'low',
    'high',
    'se',
    'upper',
    'errored',
    'limited',
    'unscored',
  ] as const;
  const { conditions } = evaluation;
  const tableId = context.addTable(`${id}-conditions`, {
    name: `conditions-${id}`,
    columns: ['condition', ...keys],
    rows: conditions.map((row): CellValue[] => [row.name, ...keys.map((key) => row[key])]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      `Conditions, with ${formatShare(evaluation.spec.confidence)} intervals.`,
    ),
    columns,
    data: context.tables[tableId]!,
    rows: conditions.map((row) => conditionCells(evaluation, row)),
  });
}

function conditionCells(evaluation: EvaluationDetail, row: EvaluationCondition): Fragment[] {
  return [
    html`<span class="term">${row.name}</span>${warningsOn(evaluation, row.name)}`,
    formatNumber(row.items),
    number(row.mean, 3),
    interval(row),
    number(row.se, 2),
    number(row.upper, 3),
    formatNumber(row.errored),
    formatNumber(row.limited),
    formatNumber(row.unscored),
  ];
}

function pairTable(evaluation: EvaluationDetail, id: string, context: ReportContext): Markup {
  const { pairs } = evaluation;
  if (pairs.length === 0) return html``;
  const columns: ShownColumn[] = [
    { title: 'difference', align: 'left', key: 'pair' },
    { title: 'n', definition: 'Items that both have', align: 'right', key: 'n' },
    { title: 'value', align: 'right', key: 'difference' },
    { title: 'interval', align: 'right', key: 'low' },
    { title: html`<i>p</i>`, align: 'right', key: 'p' },
    { title: 'Holm', align: 'right', key: 'holm' },
    { title: 'BH', definition: 'Benjamini and Hochberg', align: 'right', key: 'bh' },
    { title: 'equivalent', align: 'left', key: 'equivalent' },
    {
      title: 'detectable',
      definition: 'Smallest true difference found with 80 % power at this n',
      align: 'right',
      key: 'detectable',
    },
  ];
  const tableId = context.addTable(`${id}-pairs`, {
    name: `pairs-${id}`,
    columns: [
      'pair',
      'n',
      'difference',
      'low',
      'high',
      'p',
      'holm',
      'bh',
      'equivalent',
      'detectable',
    ],
    rows: pairs.map((pair): CellValue[] => [
      pairName(pair),
      pair.n,
      pair.difference,
      pair.low,
      pair.high,
      pair.p,
      pair.holm,
      pair.bh,
      pair.equivalence.isEquivalent,
      pair.detectable,
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      `Paired differences; p of ${[...new Set(pairs.map(({ test }) => test))].join(' or ')}.`,
    ),
    columns,
    data: context.tables[tableId]!,
    rows: pairs.map((pair) => [
      html`<span class="term">${pairName(pair)}</span>${warningsOn(evaluation, pairName(pair))}`,
      formatNumber(pair.n),
      number(pair.difference, 3),
      interval(pair),
      formatP(pair.p),
      formatP(pair.holm),
      formatP(pair.bh),
      pair.equivalence.isEquivalent === true ? `within ±${pair.equivalence.margin}` : 'not shown',
      number(pair.detectable, 2),
    ]),
  });
}

function pairFigure({ pairs, spec }: EvaluationDetail, context: ReportContext): Markup | null {
  const whiskers = pairs.flatMap((pair) => {
    const { difference: estimate, low, high } = pair;
    if (estimate === null || low === null || high === null) return [];
    return [{ term: pairName(pair), estimate, low, high }];
  });
  const chart = whiskerChart({ whiskers, isScaled: false });
  return chart
    ? context.figure(
        chart,
        `Paired differences with ${formatShare(spec.confidence)} intervals; hollow dots have intervals that contain 0.`,
      )
    : null;
}

function pairName({ first, second }: EvaluationPair): string {
  return `${first} − ${second}`;
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : formatNumber(value, digits);
}

function interval({ low, high }: { low: number | null; high: number | null }): Fragment {
  if (low === null || high === null) return '–';
  return html`<span class="interval">${formatNumber(low)} to ${formatNumber(high)}</span>`;
}

function omissions({ discordant, conditions }: EvaluationDetail): string[] {
  const unread = conditions.reduce((sum, { signs }) => sum + signs.withoutTranscript, 0);
  return [
    ...(discordant > 0
      ? [
          `${formatCount(discordant, 'item')} on which conditions differ: the page of the comparison lists them with their transcripts.`,
        ]
      : []),
    ...(unread > 0
      ? [`Whether ${formatCount(unread, 'sample')} without transcripts show reasoning.`]
      : []),
  ];
}
