import type { RunGroup, RunRow } from '../../../shared/contract/runs.ts';
import type { JobState } from '../../../shared/domain/job-state.ts';
import type { Column, Sort } from '../../components/data-table/columns.ts';
import { sortRows } from '../../components/data-table/sort-rows.ts';

/** A row of the table: a group of replicates, or one of its runs. */
export type Row =
  | { readonly kind: 'group'; readonly key: string; readonly group: RunGroup }
  | {
      readonly kind: 'run';
      readonly key: string;
      readonly group: RunGroup;
      readonly run: RunRow;
    };

/** Short enough for an address, and the same tomorrow: the group's own key is its whole spec. */
export function groupRowKey({ runs }: RunGroup): string {
  return `g-${runs[0]?.id ?? ''}`;
}

interface Arrangement {
  readonly columns: readonly Column<Row>[];
  readonly sort: Sort | null;
  /** Keys of the groups whose runs are shown below them. */
  readonly open: ReadonlySet<string>;
  /** One row for each run, without groups. */
  readonly flat: boolean;
}

/** Rows in order: groups sorted by what they are as a whole, each with its runs sorted below it. */
export function arrangeRows(
  groups: readonly RunGroup[],
  { columns, sort, open, flat }: Arrangement,
): readonly Row[] {
  if (flat) return sortRows(groups.flatMap(rowsOfRuns), columns, sort);
  const rows = groups.map((group): Row => ({ kind: 'group', key: groupRowKey(group), group }));
  return sortRows(rows, columns, sort).flatMap((row) =>
    open.has(row.key) && row.group.runs.length > 1
      ? [row, ...sortRows(rowsOfRuns(row.group), columns, sort)]
      : [row],
  );
}

function rowsOfRuns(group: RunGroup): Row[] {
  return group.runs.map((run) => ({ kind: 'run', key: run.id, group, run }));
}

/** The runs that a row stands for. */
export function runsOf(row: Row): readonly RunRow[] {
  return row.kind === 'run' ? [row.run] : row.group.runs;
}

/** The runs of a selection, each once, by the groups that they belong to. */
export function selectedRuns(
  groups: readonly RunGroup[],
  selection: readonly string[],
): { readonly group: RunGroup; readonly runs: readonly RunRow[] }[] {
  const keys = new Set(selection);
  return groups.flatMap((group) => {
    const runs = keys.has(groupRowKey(group))
      ? group.runs
      : group.runs.filter(({ id }) => keys.has(id));
    return runs.length === 0 ? [] : [{ group, runs }];
  });
}

/** `succeeded`, or `2 succeeded, 1 failed`. */
export function stateWords(states: readonly JobState[]): string {
  const counts = [...Map.groupBy(states, (state) => state)];
  const [first] = counts;
  if (counts.length === 1 && first) return first[0];
  return counts.map(([state, { length }]) => `${length} ${state}`).join(', ');
}

/** Names for groups that can be told apart: their own, with the values of what differs, with a number. */
export function groupLabels(groups: readonly RunGroup[]): string[] {
  const nameOf = ({ name, runs }: RunGroup) => (runs.length === 1 ? runs[0]!.label : '') || name;
  const isShared = (label: string, labels: readonly string[]) =>
    labels.filter((other) => other === label).length > 1;
  const names = groups.map(nameOf);
  const detailed = groups.map((group, index) => {
    const name = names[index]!;
    if (!isShared(name, names)) return name;
    const values = Object.entries(group.differing).map(
      ([path, value]) => `${path.slice(path.lastIndexOf('.') + 1)} ${String(value)}`,
    );
    return [name, ...values].join(', ');
  });
  return detailed.map((label, index) =>
    isShared(label, detailed) ? `${label} (${index + 1})` : label,
  );
}
