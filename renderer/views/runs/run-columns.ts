import { objectiveOrImported } from '../../../shared/domain/objective-names.ts';
import type { Snippet } from 'svelte';
import type { RunGroup, RunRow } from '../../../shared/contract/runs.ts';
import type { JobState } from '../../../shared/domain/job-state.ts';
import { metricDefinition } from '../../../shared/domain/metrics.ts';
import type { Column } from '../../components/data-table/columns.ts';
import {
  exactNumber,
  formatDuration,
  formatInterval,
  formatNumber,
  formatTime,
} from '../../components/format.ts';
import { runsOf, stateWords, type Row } from './run-rows.ts';

type Cell = Snippet<[Row, Column<Row>]>;

interface Cells {
  readonly name: Cell;
  readonly state: Cell;
  readonly metric: Cell;
}

interface Wanted {
  readonly metrics: readonly string[];
  readonly differing: readonly string[];
  readonly groups: readonly RunGroup[];
  readonly cells: Cells;
  /** Runs stand alone: each says its name and its spec itself. */
  readonly flat: boolean;
  stateOf(run: RunRow): JobState;
}

const countColumn: Column<Row> = {
  key: 'n',
  title: 'n',
  definition: 'Runs of the group: seeds of one spec.',
  numeric: true,
  width: 44,
  sortable: true,
  text: (row) => (row.kind === 'group' ? String(row.group.runs.length) : ''),
};

/** Shown where there is more than one. */
const typeColumn: Column<Row> = {
  key: 'type',
  title: 'Objective',
  definition:
    'What the loss compares: local (input and output), e2e (logits), downstream (later activations); imported where the config of another tool does not say.',
  width: 120,
  sortable: true,
  text: ({ group }) => objectiveOrImported(group.type),
};

/** Columns of the table of runs: name, what tells the specs apart, metrics, and how they went. */
export function runColumns(wanted: Wanted): Column<Row>[] {
  const { metrics, differing, groups, cells, flat, stateOf } = wanted;
  return [
    {
      key: 'name',
      title: 'Run',
      width: 220,
      grows: true,
      sortable: true,
      text: (row) => nameOf(row, flat),
      cell: cells.name,
    },
    ...(flat ? [] : [countColumn]),
    ...(groups.some(({ type }) => type !== groups[0]!.type) ? [typeColumn] : []),
    ...specColumns(differing, groups, flat),
    ...metrics.map((name) => metricColumn(name, cells.metric)),
    {
      key: 'state',
      title: 'State',
      width: 116,
      sortable: true,
      text: (row) => stateWords(runsOf(row).map(stateOf)),
      cell: cells.state,
    },
    {
      key: 'seconds',
      title: 'Duration',
      definition: 'Work of one run, pauses excluded; of a group the mean over its runs.',
      numeric: true,
      width: 92,
      sortable: true,
      text: (row) => formatDuration(meanSeconds(row)),
      exact: (row) => exactNumber(meanSeconds(row)),
      value: meanSeconds,
    },
    {
      key: 'created',
      title: 'Created',
      width: 148,
      sortable: true,
      text: (row) => formatTime(createdAt(row)),
      value: createdAt,
    },
    { key: 'engine', title: 'Engine', width: 200, sortable: true, text: engineOf },
    {
      key: 'hook',
      title: 'Hook point',
      width: 190,
      sortable: true,
      hidden: true,
      text: ({ group }) => group.hook,
    },
    {
      key: 'model',
      title: 'Model',
      sortable: true,
      hidden: true,
      text: ({ group }) => group.model,
    },
  ];
}

const metricPrefix = 'metric:';

function metricKey(name: string): string {
  return `${metricPrefix}${name}`;
}

/** The metric that a column shows. */
export function metricOf({ key }: { readonly key: string }): string {
  return key.slice(metricPrefix.length);
}

function metricColumn(name: string, cell: Cell): Column<Row> {
  const { title, definition, digits, unit } = metricDefinition(name);
  const value = (row: Row) =>
    (row.kind === 'run' ? row.run.metrics[name] : row.group.metrics[name]?.mean) ?? null;
  return {
    key: metricKey(name),
    title: unit === undefined ? title : `${title} (${unit})`,
    definition: `${definition} Of a group: mean over its seeds ± 95 % t interval.`,
    numeric: true,
    width: 148,
    sortable: true,
    text: (row) => {
      if (row.kind === 'run') return formatNumber(row.run.metrics[name], digits);
      const summary = row.group.metrics[name];
      if (!summary || summary.n < 2) return formatNumber(summary?.mean, digits);
      return formatInterval(summary.mean, summary.low, summary.high, digits);
    },
    exact: (row) => exactNumber(value(row)),
    value,
    cell,
  };
}

/** Fields that bear on what is learned, the weightiest first; others say how it was watched. */
const weighty = ['objective', 'dictionary', 'hook', 'model', 'training', 'tokens'];
const watching = /^training\.(logEvery|aliveWindowTokens)$/;
/** Columns of fields that are shown unless somebody chooses others. */
const fieldsInSight = 4;

/** Paths in the order of their columns. */
export function orderPaths(paths: readonly string[]): string[] {
  const rank = (path: string) => {
    const index = watching.test(path) ? -1 : weighty.indexOf(path.split('.', 1)[0]!);
    return index < 0 ? weighty.length : index;
  };
  return [...paths].sort((a, b) => rank(a) - rank(b));
}

/** The end of a path that tells it apart from the others: `ratio`, or `evaluation.sequences`. */
export function shortPath(path: string, paths: readonly string[]): string {
  const parts = path.split('.');
  for (let length = 1; length < parts.length; length++) {
    const end = parts.slice(-length).join('.');
    const isShared = paths.some((other) => other !== path && `.${other}`.endsWith(`.${end}`));
    if (!isShared) return end;
  }
  return path;
}

function specColumns(
  paths: readonly string[],
  groups: readonly RunGroup[],
  flat: boolean,
): Column<Row>[] {
  return orderPaths(paths).map((path, index) => {
    const values = groups.map(({ differing }) => differing[path]);
    const numeric = values.some((value) => typeof value === 'number');
    const valueOf = ({ group }: Row) => group.differing[path] ?? null;
    return {
      key: `spec:${path}`,
      title: shortPath(path, paths),
      definition: `Field ${path} of the spec, in which the groups differ.`,
      numeric,
      width: numeric ? 104 : 160,
      sortable: true,
      hidden: index >= fieldsInSight,
      text: (row) => {
        if (row.kind === 'run' && !flat) return '';
        const value = valueOf(row);
        return value === null ? '–' : String(value);
      },
      exact: (row) => String(valueOf(row) ?? ''),
      value: (row) => {
        const value = valueOf(row);
        return typeof value === 'boolean' ? String(value) : value;
      },
    };
  });
}

export function nameOf(row: Row, flat: boolean): string {
  if (row.kind === 'run') {
    const { label, name, seed } = row.run;
    return label || (flat ? `${name}, seed ${seed}` : `seed ${seed}`);
  }
  const [only, ...others] = row.group.runs;
  return (others.length === 0 && only?.label) || row.group.name;
}

function meanSeconds(row: Row): number | null {
  const known = runsOf(row).flatMap(({ seconds }) => seconds ?? []);
  if (known.length === 0) return null;
  return known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
}

function createdAt(row: Row): number {
  return Math.max(...runsOf(row).map((run) => run.createdAt));
}

function engineOf(row: Row): string {
  const engines = new Set(runsOf(row).flatMap(({ engine }) => engine ?? []));
  return [...engines].join('; ') || '–';
}
