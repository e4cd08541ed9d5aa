import type { RunGroup, Series } from '../../../shared/contract/runs.ts';
import { metricDefinition } from '../../../shared/domain/metrics.ts';
import { curvesChart, groupCurve, type GroupCurve } from '../charts/curves.ts';
import { legend } from '../charts/marker.ts';
import type { ReportContext } from '../context.ts';
import type { RunsSectionData } from '../report-data.ts';
import { formatCount, formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';

/** Curves that are drawn first, because most questions are about them; then those of `trailing`. */
const leading = [
  'loss',
  'outToIn',
  'logitsKl',
  'sparsity',
  'l0',
  'eval.l0',
  'eval.ceIncrease',
  'eval.kl',
  'eval.explainedVariance',
  'eval.mse',
];
const trailing = ['gradientNorm', 'learningRate'];
const mostCharts = 12;
/** Omitted curves that are named. */
const mostTitles = 8;

/** Small multiples of the training curves, one colour for each group. */
export function runCurves(
  section: RunsSectionData,
  context: ReportContext,
): { body: Markup; omissions: string[] } {
  const byRun = new Map(section.curves.map((curves) => [curves.run, curves.series]));
  const names = orderedNames(section);
  const charts = names.slice(0, mostCharts).flatMap((name) => {
    context.metrics.add(name);
    return (
      curvesChart({
        label: `${title(name)} over training tokens`,
        yTitle: title(name),
        groups: section.groups.map((group) => curvesOf(group, name, byRun)),
      }) ?? []
    );
  });
  const omissions: string[] = [];
  if (names.length > mostCharts)
    omissions.push(
      `Further curves are in the embedded data only: ${listed(names.slice(mostCharts).map(title))}.`,
    );
  const thinned = section.curves.flatMap((curves) => curves.series).filter(isThinned);
  const [first] = thinned;
  if (first)
    omissions.push(
      `${formatCount(thinned.length, 'curve')} of more points than can be drawn: points are joined in buckets that keep each bucket's smallest and largest value (${formatNumber(first.drawn)} buckets for ${formatNumber(first.total)} points in the first of them).`,
    );
  if (charts.length === 0) return { body: html``, omissions };
  const body = context.figure(
    html`${legend(section.groups.map((group) => group.name))}
      <div class="multiples">${charts}</div>`,
    'Training curves. A line is the mean over the runs of a group, the band spans the smallest and the largest value of any of them.',
  );
  return { body, omissions };
}

/** Names, of which a few stand for many. */
function listed(titles: readonly string[]): string {
  const shown = titles.slice(0, mostTitles).join(', ');
  const others = titles.length - mostTitles;
  return others > 0 ? `${shown} and ${formatCount(others, 'other')}` : shown;
}

function title(name: string): string {
  const definition = metricDefinition(name);
  const unit = definition.unit === undefined ? '' : `, ${definition.unit}`;
  return `${name.startsWith('eval.') ? 'held-out ' : ''}${definition.title}${unit}`;
}

function isThinned(series: Series): boolean {
  return series.drawn < series.total;
}

/** Names of the curves of more than one point, in the order of drawing: single points stand in the tables. */
function orderedNames(section: RunsSectionData): string[] {
  const series = section.curves.flatMap((curves) => curves.series);
  const found = new Set(series.filter(({ x }) => x.length > 1).map(({ name }) => name));
  const rank = (name: string): number => {
    const place = [...leading, ...trailing].indexOf(name);
    return place < 0 ? Infinity : place;
  };
  return [...found].sort((a, b) => (rank(a) === rank(b) ? (a < b ? -1 : 1) : rank(a) - rank(b)));
}

function curvesOf(
  group: RunGroup,
  name: string,
  byRun: ReadonlyMap<string, readonly Series[]>,
): GroupCurve[] {
  const series = group.runs.flatMap(
    (run) => byRun.get(run.id)?.find((candidate) => candidate.name === name) ?? [],
  );
  if (series.length === 0) return [];
  const joined = groupCurve(series);
  return joined ? [joined] : series.flatMap((one) => groupCurve([one]) ?? []);
}
