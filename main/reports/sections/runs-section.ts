import { stringify } from 'yaml';
import type { RunDetail, RunGroup, RunRow } from '../../../shared/contract/runs.ts';
import { metricDefinition } from '../../../shared/domain/metrics.ts';
import { paretoChart, type ParetoGroup } from '../charts/pareto.ts';
import { legend } from '../charts/marker.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import { trainingMethod } from '../methods.ts';
import { provenanceTable } from '../provenance.ts';
import type { RunsSectionData } from '../report-data.ts';
import { formatCount, formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { distinguish } from './group-names.ts';
import { groupTable, metricNames, metricTable, runTable } from './run-tables.ts';
import { runCurves } from './run-curves.ts';

/** Groups of replicates: figures with intervals, Pareto plot, curves, single runs, and how they were made. */
export function runsSection(
  section: RunsSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { groups } = section;
  const runs = groups.flatMap((group) => group.runs);
  const title = section.title ?? 'Runs';
  context.sections.push(section);
  context.headings.push({ id, title });
  const metrics = metricNames(groups);
  for (const metric of metrics) context.metrics.add(metric);
  const named = { ...section, groups: distinguish(groups) };
  // Figures and tables are numbered as they are made, so they are made in the order of the page.
  const overview = [
    methods(named),
    groupTable(groups, metrics, id, context),
    pareto(named.groups, context),
  ];
  const curves = runCurves(named, context);
  const tables = [
    metricTable(groups, metrics, id, context),
    runTable(groups, metrics, id, context),
  ];
  const missingHere = [...omissions(groups), ...curves.omissions, ...(section.notShown ?? [])];
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      ${formatCount(runs.length, 'run')} in ${formatCount(groups.length, 'group')}. Runs of a group
      differ in the seed alone; figures are means over its runs with 95 % t intervals.
    </p>
    ${overview}${curves.body}${tables}${notShown(missingHere)}
  </section> `;
  addAppendix(named, id, context);
  return { body, islands: [] };
}

function detailOf(section: RunsSectionData, group: RunGroup): RunDetail | undefined {
  return section.details.find((detail) => detail.run.id === group.runs[0]?.id);
}

function methods(section: RunsSectionData): Markup {
  const items = section.groups.flatMap((group) => {
    const seeds = group.runs.map((run) => run.seed);
    const sentences = trainingMethod(detailOf(section, group)?.spec, seeds);
    return sentences ? [{ name: group.name, text: sentences.join(' ') }] : [];
  });
  if (items.length === 0) return html``;
  const [only] = items;
  if (items.length === 1 && only) return html`<p>${only.text}</p>`;
  return html`<details class="methods">
    <summary>Methods, group by group</summary>
    <dl>
      ${items.map(
        (item) =>
          html`<dt>${item.name}</dt>
            <dd>${item.text}</dd>`,
      )}
    </dl>
  </details> `;
}

/** What the vertical axis of the Pareto plot can be, the most telling first. */
const faithfulness = ['ceIncrease', 'kl', 'explainedVariance', 'mse'];

function pareto(groups: readonly RunGroup[], context: ReportContext): Markup {
  const metric = faithfulness.find((name) =>
    groups.some((group) => group.runs.some((run) => isPoint(run, name))),
  );
  if (metric === undefined) return html``;
  const points = groups.map((group): ParetoGroup => {
    const x = group.metrics['l0']?.mean ?? null;
    const y = group.metrics[metric]?.mean ?? null;
    return {
      mean: x === null || y === null ? null : { x, y, name: `${group.name}, mean` },
      runs: group.runs
        .filter((run) => isPoint(run, metric))
        .map((run) => ({
          x: run.metrics['l0'] ?? 0,
          y: run.metrics[metric] ?? 0,
          name: `${group.name}, seed ${run.seed}`,
        })),
    };
  });
  const { title } = metricDefinition(metric);
  const count = points.reduce((sum, group) => sum + group.runs.length, 0);
  return context.figure(
    html`${legend(groups.map((group) => group.name))}${paretoChart(points, metric)}`,
    `L0 against ${title}: small marks are ${formatCount(count, 'single run')}, large rings the means of groups; the grey line is the front of the means. Lower left is ${metricDefinition(metric).better === 'higher' ? 'sparser, upper is more faithful' : 'sparser and more faithful'}.`,
  );
}

function isPoint(run: RunRow, metric: string): boolean {
  return typeof run.metrics['l0'] === 'number' && typeof run.metrics[metric] === 'number';
}

function omissions(groups: readonly RunGroup[]): string[] {
  const sentences: string[] = [];
  const single = groups.filter((group) => group.runs.length === 1);
  if (single.length > 0)
    sentences.push(
      `${formatCount(single.length, 'group has', 'groups have')} one run only: how far another seed would move its figures is unknown, and no interval is given.`,
    );
  const unfinished = groups
    .flatMap((group) => group.runs)
    .filter((run) => run.state !== 'succeeded');
  if (unfinished.length > 0)
    sentences.push(
      `${formatCount(unfinished.length, 'run')} did not succeed (${[...new Set(unfinished.map((run) => run.state))].join(', ')}); what was measured until then is included.`,
    );
  return sentences;
}

function addAppendix(section: RunsSectionData, id: string, context: ReportContext): void {
  section.groups.forEach((group, index) => {
    const details = group.runs.flatMap((run) =>
      section.details.filter((detail) => detail.run.id === run.id),
    );
    const [first] = details;
    if (!first) return;
    context.specs.push({
      id: `${id}-spec-${index + 1}`,
      title: group.name,
      body: html`<pre><code>${stringify(first.spec, { lineWidth: 0 })}</code></pre>`,
    });
    context.provenance.push({
      id: `${id}-provenance-${index + 1}`,
      title: group.name,
      body: html`${provenanceTable(details.map((detail) => ({ name: `seed ${detail.run.seed}`, value: detail.provenance })))}${files(details)}${notes(details)}`,
    });
  });
}

function files(details: readonly RunDetail[]): Markup {
  const rows = details.flatMap((detail) =>
    detail.artifacts.map(
      (file) =>
        html`<tr>
          <td>${detail.run.seed}</td>
          <td>${file.kind}</td>
          <td>${file.path}</td>
          <td class="right">${formatNumber(file.bytes)}</td>
          <td class="hash">${file.sha256}</td>
        </tr>`,
    ),
  );
  if (rows.length === 0) return html``;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Files">
    <table class="small">
      <thead>
        <tr>
          <th>seed</th>
          <th>kind</th>
          <th>file</th>
          <th class="right">bytes</th>
          <th>SHA-256</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function notes(details: readonly RunDetail[]): Markup[] {
  return details
    .filter((detail) => detail.notes.trim() !== '')
    .map(
      (detail) => html`<p class="note"><b>Note on seed ${detail.run.seed}.</b> ${detail.notes}</p>`,
    );
}
