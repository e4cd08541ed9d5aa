import type { Output } from '../../shared/contract/index.ts';
import type { RunGroup } from '../../shared/contract/runs.ts';
import { limits } from '../../shared/limits.ts';
import type { GroupedRuns } from './run-groups.ts';

/** By a generous estimate, so that a page never outgrows a frame. */
const pageBytes = 0.9 * limits.frameBytes;
const rowBytes = 600;
const valueBytes = 80;

/**
 * As many groups as one answer can carry: a project of a thousand runs is read in a few. `next` is the
 * offset to go on from. Groups are never cut, and what they say is of all their runs.
 */
export function pageGroups(all: GroupedRuns, offset: number): Output<'runs.groups'> {
  const groups: RunGroup[] = [];
  let bytes = 0;
  let next = offset;
  for (const group of all.groups.slice(offset)) {
    bytes += sizeOf(group);
    if (groups.length > 0 && bytes > pageBytes) break;
    groups.push(group);
    next++;
  }
  return {
    ...all,
    groups,
    totalGroups: all.groups.length,
    next: next < all.groups.length ? next : null,
  };
}

function sizeOf({ key, metrics, runs, differing }: RunGroup): number {
  const values = Object.keys(metrics).length;
  const own = key.length + rowBytes + valueBytes * (2 * values + Object.keys(differing).length);
  return own + runs.length * (rowBytes + valueBytes * values);
}
