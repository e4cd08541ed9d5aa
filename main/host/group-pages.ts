import type { Output } from '../../shared/contract/index.ts';
import type { RunGroup } from '../../shared/contract/runs.ts';
import { limits } from '../../shared/limits.ts';
import type { GroupedRuns } from './run-groups.ts';

export interface GroupWindow {
  /** Names of the metrics to carry; null for all. */
  readonly metrics: readonly string[] | null;
  /** Groups to pass over. */
  readonly offset: number;
}

/** A page fills half a frame at most, by a generous estimate. */
const pageBytes = limits.frameBytes / 2;
const rowBytes = 600;
const valueBytes = 80;

/**
 * As many groups as one answer can carry: a project of a thousand runs is read in a few. `next` is the
 * offset to go on from. Groups are never cut, and what they say is of all their runs.
 */
export function pageGroups(all: GroupedRuns, window: GroupWindow): Output<'runs.groups'> {
  const wanted = window.metrics && new Set(window.metrics);
  const groups: RunGroup[] = [];
  let bytes = 0;
  let next = window.offset;
  for (const group of all.groups.slice(window.offset)) {
    const kept = wanted ? withMetrics(group, wanted) : group;
    bytes += sizeOf(kept);
    if (groups.length > 0 && bytes > pageBytes) break;
    groups.push(kept);
    next++;
  }
  return {
    ...all,
    groups,
    totalGroups: all.groups.length,
    next: next < all.groups.length ? next : null,
  };
}

function withMetrics(group: RunGroup, wanted: ReadonlySet<string>): RunGroup {
  return {
    ...group,
    metrics: pick(group.metrics, wanted),
    runs: group.runs.map((run) => ({ ...run, metrics: pick(run.metrics, wanted) })),
  };
}

function pick<T>(record: Readonly<Record<string, T>>, wanted: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => wanted.has(name)));
}

function sizeOf({ key, metrics, runs, differing }: RunGroup): number {
  const values = Object.keys(metrics).length;
  const own = key.length + rowBytes + valueBytes * (2 * values + Object.keys(differing).length);
  return own + runs.length * (rowBytes + valueBytes * values);
}
