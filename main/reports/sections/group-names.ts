import type { RunGroup } from '../../../shared/contract/runs.ts';

/**
 * Groups by names that tell them apart: where several share one, it is followed by what their specs
 * differ in. Legends and headings show nothing else of a group.
 */
export function distinguish(groups: readonly RunGroup[]): RunGroup[] {
  const shared = Map.groupBy(groups, ({ name }) => name);
  return groups.map((group) => {
    const alike = shared.get(group.name)!;
    if (alike.length < 2) return group;
    const paths = Object.keys(group.differing).filter((path) =>
      alike.some(({ differing }) => differing[path] !== group.differing[path]),
    );
    const words = paths.map((path) => `${path.split('.').at(-1)} ${group.differing[path] ?? '–'}`);
    return { ...group, name: [group.name, ...words].join(', ') };
  });
}
