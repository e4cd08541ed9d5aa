import type { MetricName } from '../../../shared/domain/metrics.ts';
import {
  studyMetrics,
  type StudiedRun,
  type StudyDifference,
  type StudyFigures,
} from '../../../shared/domain/study.ts';
import { paretoChart, type ParetoGroup, type ParetoPoint } from '../charts/pareto.ts';
import { legend } from '../charts/marker.ts';
import { notShown, type RenderedSection, type ReportContext } from '../context.ts';
import { trainingMethod } from '../methods.ts';
import type { NamedRun, StudySectionData } from '../report-data.ts';
import { renderTable } from '../table.ts';
import { formatCount, formatNumber, formatShare, missing } from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';
import { metricColumn, summaryText, summaryValues } from './run-tables.ts';

/** Objectives at equal L0: figures over the seeds, paired differences, L0 against CE increase, methods. */
export function studySection(
  section: StudySectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const { figures } = section;
  const title = section.title ?? 'Objectives at equal L0';
  context.sections.push(section);
  context.headings.push({ id, title });
  const metrics = studyMetrics.filter((name) =>
    figures.objectives.some((objective) => objective.metrics[name]),
  );
  for (const metric of metrics) context.metrics.add(metric);
  const { length: seeds } = figures.objectives[0]?.runs ?? [];
  const body = html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">
      ${formatCount(figures.objectives.length, 'objective')}, each with the sparsity coefficient at
      which its held-out L0 is ${formatNumber(figures.target)} ±
      ${formatShare(figures.tolerance, 1)}, and ${formatCount(seeds, 'seed')} each. Coefficients of
      different objectives cannot be compared; dictionaries of equal L0 can.
    </p>
    ${objectiveTable(figures, metrics, id, context)}${differenceTable(figures, metrics, id, context)}${tradeFigure(section, context)}${pilotFigure(section, context)}${methods(section)}
    ${notShown([...omissions(section), ...(section.notShown ?? [])])}
  </section> `;
  return { body, islands: [] };
}

function objectiveTable(
  { objectives, target }: StudyFigures,
  metrics: readonly MetricName[],
  id: string,
  context: ReportContext,
): Markup {
  const tableId = context.addTable(`${id}-objectives`, {
    name: 'objectives',
    columns: ['objective', 'coefficient', 'n', ...withEnds(metrics)],
    rows: objectives.map(({ name, coefficient, runs, metrics: of }) => [
      name,
      coefficient,
      runs.length,
      ...metrics.flatMap((metric) => summaryValues(of[metric])),
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      `On held-out tokens, at L0 ${formatNumber(target)}: mean over the seeds ± half of the 95 % t interval.`,
    ),
    columns: [
      { title: 'objective', align: 'left', key: 'objective' },
      {
        title: 'coefficient',
        definition: 'Of the sparsity term, as matched.',
        align: 'right',
        key: 'coefficient',
      },
      { title: 'n', definition: 'Seeds', align: 'right', key: 'n' },
      ...metrics.map(metricColumn),
    ],
    data: context.tables[tableId]!,
    rows: objectives.map(({ name, coefficient, runs, isMatched, metrics: of }): Fragment[] => [
      isMatched ? name : html`${name} <span class="tag">not matched</span>`,
      formatNumber(coefficient),
      formatNumber(runs.length),
      ...metrics.map((metric) => summaryText(of[metric], metric)),
    ]),
  });
}

function differenceTable(
  { differences }: StudyFigures,
  metrics: readonly MetricName[],
  id: string,
  context: ReportContext,
): Markup {
  if (differences.length === 0) return html``;
  const pairs = [...new Map(differences.map((item) => [pairOf(item), item])).keys()];
  const at = (pair: string, metric: MetricName) =>
    differences.find((item) => pairOf(item) === pair && item.metric === metric);
  const tableId = context.addTable(`${id}-differences`, {
    name: 'differences',
    columns: ['pair', ...withEnds(metrics)],
    rows: pairs.map((pair) => [
      pair,
      ...metrics.flatMap((metric) => summaryValues(at(pair, metric))),
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption(
      'Differences between objectives, seed by seed: mean ± half of the 95 % t interval of the paired differences. Equal seeds begin with equal weights and see the same tokens in the same order.',
    ),
    columns: [{ title: 'difference', align: 'left', key: 'pair' }, ...metrics.map(metricColumn)],
    data: context.tables[tableId]!,
    rows: pairs.map((pair): Fragment[] => [
      pair,
      ...metrics.map((metric) => summaryText(at(pair, metric), metric)),
    ]),
  });
}

function pairOf({ of, against }: StudyDifference): string {
  return `${of} − ${against}`;
}

function withEnds(metrics: readonly MetricName[]): string[] {
  return metrics.flatMap((metric) => [metric, `${metric}Low`, `${metric}High`]);
}

/** Trainings of full length: matched ones, and those on the way, which show how L0 trades. */
function tradeFigure({ figures, trials }: StudySectionData, context: ReportContext): Markup {
  const groups = figures.objectives.map(({ name, runs, metrics }): ParetoGroup => {
    const x = metrics.l0?.mean ?? null;
    const y = metrics.ceIncrease?.mean ?? null;
    const mean = x === null || y === null ? null : { x, y, name: `${name}, mean` };
    const others = pointsOf(trials, name);
    return {
      mean,
      runs: runs.flatMap((run) => pointOf(name, run)),
      curve: mean && others.length > 0 ? [...others, mean] : others,
    };
  });
  if (groups.every(({ runs }) => runs.length === 0)) return html``;
  return context.figure(
    html`${legend(figures.objectives.map(({ name }) => name))}${paretoChart(groups, 'ceIncrease')}`,
    'L0 against CE increase after the full length of training: small marks are single runs, large rings the means of matched ones; a line joins a mean with the runs of other coefficients that were trained on the way to the match. Lower left is sparser and more faithful.',
  );
}

function pilotFigure({ figures, pilots }: StudySectionData, context: ReportContext): Markup {
  const names = figures.objectives.map(({ name }) => name);
  const groups = names.map((name): ParetoGroup => {
    const runs = pointsOf(pilots, name);
    return { mean: null, runs, curve: runs };
  });
  if (groups.every(({ runs }) => runs.length < 2)) return html``;
  return html`<details class="more">
    <summary>${formatCount(pilots.length, 'pilot')}</summary>
    ${context.figure(
      html`${legend(names)}${paretoChart(groups, 'ceIncrease')}`,
      'The pilots, from which the search for coefficients set out: one seed, trained shorter, so that L0 and CE increase are larger than after the full length.',
    )}
  </details> `;
}

function pointsOf(runs: readonly NamedRun[], name: string): ParetoPoint[] {
  return runs
    .filter((item) => item.name === name)
    .flatMap(({ run }) => pointOf(name, run))
    .sort((a, b) => a.x - b.x);
}

function pointOf(name: string, { seed, coefficient, metrics }: StudiedRun): ParetoPoint[] {
  const { l0, ceIncrease } = metrics;
  if (typeof l0 !== 'number' || typeof ceIncrease !== 'number') return [];
  return [{ x: l0, y: ceIncrease, name: `${name} ${formatNumber(coefficient)}, seed ${seed}` }];
}

function methods({ figures, details, trials, pilots }: StudySectionData): Markup {
  const items = figures.objectives.map(({ name, runs }, index) => ({
    name,
    sentences: trainingMethod(
      details[index]?.spec,
      runs.map(({ seed }) => seed),
    ),
  }));
  return html`<p class="method">
      Coefficients were found from
      ${formatCount(pilots.length, 'short training', 'short trainings')} by interpolating log L0
      over log coefficient, corrected by
      ${formatCount(trials.length, 'further training', 'further trainings')} of full length, so that
      the mean held-out L0 over the seeds would lie within ${formatShare(figures.tolerance, 1)} of
      ${formatNumber(figures.target)}. L0 alone decided; no other figure was looked at.
    </p>
    <details class="methods">
      <summary>Methods, objective by objective</summary>
      <dl>
        ${items.map(
          ({ name, sentences }) =>
            html`<dt>${name}</dt>
              <dd>${sentences?.join(' ') ?? missing}</dd>`,
        )}
      </dl>
    </details> `;
}

function omissions({ figures }: StudySectionData): string[] {
  const { objectives, target, tolerance } = figures;
  const sentences = objectives
    .filter(({ isMatched }) => !isMatched)
    .map(
      ({ name, metrics }) =>
        `${name} was not matched: its L0 is ${formatNumber(metrics.l0?.mean)}, not within ${formatShare(tolerance, 1)} of ${formatNumber(target)}. Differences from it are partly those of L0.`,
    );
  if (objectives.some(({ runs }) => runs.length === 1))
    sentences.push(
      'With one seed, how far another seed would move the figures is unknown, and no interval is given.',
    );
  sentences.push(
    'Objectives are compared at one L0 and one length of training; at another they may stand otherwise.',
  );
  return sentences;
}
