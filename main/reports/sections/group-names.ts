import type { RunGroup } from '../../../shared/contract/runs.ts';
import { objectiveName } from '../../../shared/domain/objective-names.ts';

/**
 * Groups by names that tell them apart: where several share one, it is followed by their objectives if
 * these differ, else by what their specs differ in. Legends and headings show nothing else of a group.
 */
export function distinguish(groups: readonly RunGroup[]): RunGroup[] {
  const shared = Map.groupBy(groups, ({ name }) => name);
  return groups.map((group) => {
    const alike = shared.get(group.name)!;
    if (alike.length < 2) return group;
    const types = new Set(alike.map(({ type }) => type));
    const words =
      types.size === alike.length && group.type
        ? [objectiveName(group.type)]
        : differencesOf(group, alike);
    return { ...group, name: [group.name, ...words].join(', ') };
  });
}

/** Paths of specs in which groups differ; of a group alone those in which it differs from others. */
export function differingPaths(groups: readonly RunGroup[]): string[] {
  const paths = [...new Set(groups.flatMap(({ differing }) => Object.keys(differing)))];
  const [first] = groups;
  if (groups.length === 1) return paths;
  return paths.filter((path) =>
    groups.some(({ differing }) => differing[path] !== first!.differing[path]),
  );
}

/** The values of a group where others have another one, by as much of their paths as tells them apart. */
function differencesOf({ differing }: RunGroup, alike: readonly RunGroup[]): string[] {
  const paths = differingPaths(alike);
  const tail = (path: string, parts: number) => path.split('.').slice(-parts).join('.');
  const isTold = (path: string) =>
    paths.filter((other) => tail(other, 1) === tail(path, 1)).length < 2;
  return paths
    .filter((path) => (differing[path] ?? null) !== null)
    .map((path) => `${tail(path, isTold(path) ? 1 : 2)} ${differing[path]}`);
}
