import type { MetricSummary, RunGroup, RunRow } from '../../../shared/contract/runs.ts';
import { defaultRunMetrics, metricDefinition } from '../../../shared/domain/metrics.ts';
import type { ReportContext } from '../context.ts';
import { renderTable, type CellValue, type ShownColumn } from '../table.ts';
import {
  formatCount,
  formatDuration,
  formatEstimate,
  formatNumber,
  missing,
} from '../viewer/format.ts';
import { html, type Fragment, type Markup } from '../viewer/html.ts';
import { differingPaths } from './group-names.ts';

/** Metrics that at least one run has: those of the run table first, then the others as they come. */
export function metricNames(groups: readonly RunGroup[]): string[] {
  const found = new Set(groups.flatMap((group) => Object.keys(group.metrics)));
  const first = defaultRunMetrics.filter((name) => found.has(name));
  return [...new Set<string>([...first, ...found])];
}

/** One row for each group: what its spec differs in, n, and the main metrics with intervals. */
export function groupTable(
  groups: readonly RunGroup[],
  metrics: readonly string[],
  id: string,
  context: ReportContext,
): Markup {
  const paths = differingPaths(groups);
  const shown = metrics.filter((name) => defaultRunMetrics.some((other) => other === name));
  const columns: ShownColumn[] = [
    { title: 'group', align: 'left', key: 'group' },
    ...paths.map((path): ShownColumn => ({
      title: shortPath(path),
      definition: path,
      align: 'left',
      key: path,
    })),
    { title: 'n', definition: 'Runs in the group', align: 'right', key: 'n' },
    ...shown.map(metricColumn),
  ];
  const dataColumns = [
    'group',
    ...paths,
    'n',
    ...shown.flatMap((name) => [name, `${name}Low`, `${name}High`]),
  ];
  const tableId = context.addTable(`${id}-groups`, {
    name: 'groups',
    columns: dataColumns,
    rows: groups.map((group) => [
      group.name,
      ...paths.map((path) => group.differing[path] ?? null),
      group.runs.length,
      ...shown.flatMap((name) => summaryValues(group.metrics[name])),
    ]),
  });
  return renderTable({
    id: tableId,
    caption: context.tableCaption('Groups of replicates: mean ± half of the 95 % t interval.'),
    columns,
    data: context.tables[tableId]!,
    rows: groups.map((group): Fragment[] => [
      group.name,
      ...paths.map((path) => plain(group.differing[path] ?? null)),
      group.runs.length === 1
        ? html`<span class="tag">n = 1</span>`
        : formatNumber(group.runs.length),
      ...shown.map((name) => summaryText(group.metrics[name], name)),
    ]),
  });
}

/** A column of a metric: its title with the unit, its definition on hover. */
export function metricColumn(name: string): ShownColumn {
  const { title, definition, unit } = metricDefinition(name);
  return {
    title: unit === undefined ? title : html`${title} <span class="unit">${unit}</span>`,
    definition,
    align: 'right',
    key: name,
  };
}

/** The last parts of a dotted path, which tell columns apart. */
function shortPath(path: string): string {
  return path.split('.').slice(-2).join('.');
}

/** A value of a spec, with all its digits. */
function plain(value: CellValue): string {
  if (value === null) return missing;
  return typeof value === 'number' ? String(value).replace('-', '−') : String(value);
}

/** Mean and ends of an interval, as the data of a table hold them. */
export function summaryValues(summary: MetricSummary | undefined): CellValue[] {
  return [summary?.mean ?? null, summary?.low ?? null, summary?.high ?? null];
}

function halfWidth(summary: MetricSummary): number | null {
  return summary.low === null || summary.high === null ? null : (summary.high - summary.low) / 2;
}

/** `mean ± half`. */
export function summaryText(summary: MetricSummary | undefined, name: string): Fragment {
  if (summary === undefined || summary.mean === null) return missing;
  return formatEstimate(summary.mean, halfWidth(summary), metricDefinition(name).digits);
}

/** Metrics down, groups across: every figure that was measured, with its definition. */
export function metricTable(
  groups: readonly RunGroup[],
  metrics: readonly string[],
  id: string,
  context: ReportContext,
): Markup {
  if (metrics.length === 0) return html``;
  const tableId = context.addTable(`${id}-metrics`, {
    name: 'metrics',
    columns: ['metric', ...groups.map((group) => group.name)],
    rows: metrics.map((name) => [
      name,
      ...groups.map((group) => group.metrics[name]?.mean ?? null),
    ]),
  });
  const columns: ShownColumn[] = [
    { title: 'metric', align: 'left', key: 'metric' },
    ...groups.map((group, index): ShownColumn => ({
      title: group.name,
      align: 'right',
      key: index + 1,
    })),
  ];
  return html`<details class="more">
    <summary>All ${formatCount(metrics.length, 'metric')}</summary>
    ${renderTable({
      id: tableId,
      caption: context.tableCaption('Every metric. Definitions are in the appendix.'),
      columns,
      data: context.tables[tableId]!,
      rows: metrics.map((name): Fragment[] => [
        html`<span title="${metricDefinition(name).definition}"
          >${metricDefinition(name).title}</span
        >`,
        ...groups.map((group) => summaryText(group.metrics[name], name)),
      ]),
    })}
  </details> `;
}

/** One row for each run. */
export function runTable(
  groups: readonly RunGroup[],
  metrics: readonly string[],
  id: string,
  context: ReportContext,
): Markup {
  const rows = groups.flatMap((group) => group.runs.map((run) => ({ group, run })));
  const shown = metrics.filter((name) => defaultRunMetrics.some((other) => other === name));
  const tableId = context.addTable(`${id}-runs`, {
    name: 'runs',
    columns: ['run', 'id', 'group', 'seed', 'state', 'seconds', ...metrics],
    rows: rows.map(({ group, run }) => [
      runName(run),
      run.id,
      group.name,
      run.seed,
      run.state,
      run.seconds,
      ...metrics.map((name) => run.metrics[name] ?? null),
    ]),
  });
  const columns: ShownColumn[] = [
    { title: 'run', align: 'left', key: 'run' },
    { title: 'group', align: 'left', key: 'group' },
    { title: 'seed', align: 'right', key: 'seed' },
    { title: 'state', align: 'left', key: 'state' },
    { title: 'time', align: 'right', key: 'seconds' },
    ...shown.map(metricColumn),
  ];
  return html`<details class="more">
    <summary>${formatCount(rows.length, 'single run')}</summary>
    ${renderTable({
      id: tableId,
      caption: context.tableCaption('Single runs.'),
      columns,
      data: context.tables[tableId]!,
      rows: rows.map(({ group, run }): Fragment[] => [
        html`<span title="${run.id}">${runName(run)}</span>`,
        group.name,
        formatNumber(run.seed),
        run.state,
        formatDuration(run.seconds),
        ...shown.map((name) =>
          formatNumber(run.metrics[name] ?? null, metricDefinition(name).digits),
        ),
      ]),
    })}
  </details> `;
}

function runName(run: RunRow): string {
  return run.label === '' ? run.name : run.label;
}
