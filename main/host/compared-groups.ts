import type { ComparedDictionary } from '../../shared/domain/comparison.ts';
import { objectiveName } from '../../shared/domain/objective-names.ts';
import type { RunGroup } from '../../shared/contract/runs.ts';
import type { ProjectView } from './project-view.ts';
import { readGroups } from './read-runs.ts';

interface Compared extends ComparedDictionary {
  readonly run: string | null;
}

/**
 * Names for the groups of compared dictionaries, each told from the others with as few words as will do:
 * the objective, then the name of the runs, then the values in which their specs differ, then a number.
 */
export function nameGroups(view: ProjectView, list: readonly Compared[]): Map<string, string> {
  const groups = new Map<string, RunGroup>();
  for (const group of readGroups(view, '', []).groups)
    for (const { id } of group.runs) groups.set(id, group);
  const first = new Map(
    list.map((dictionary) => [dictionary.group, dictionary] as const).reverse(),
  );
  const keys = [...new Set(list.map(({ group }) => group))];
  const found = keys.map((key) => {
    const dictionary = first.get(key)!;
    return { dictionary, group: groups.get(dictionary.run ?? '') };
  });
  const objective = found.map(
    ({ dictionary, group }) => objectiveOf(group) ?? dictionary.architecture,
  );
  const named = found.map(({ dictionary, group }, i) =>
    [objective[i], group?.name ?? dictionary.source].join(', '),
  );
  const told = found.map(({ dictionary, group }, i) =>
    [named[i], dictionary.hook, `${dictionary.latents} latents`, ...differing(group)].join(', '),
  );
  const numbered = objective.map((name, i) => `${name} (${i + 1})`);
  const names = [objective, named, told].find(areDistinct) ?? numbered;
  return new Map(keys.map((key, i) => [key, names[i]!]));
}

function objectiveOf(group: RunGroup | undefined): string | null {
  const type = group?.type ?? null;
  return type && objectiveName(type);
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/** What tells a group in the table of runs, such as `sparsity.coefficient 0.2`. */
function differing(group: RunGroup | undefined): string[] {
  return Object.entries(group?.differing ?? {})
    .filter(([, value]) => value !== null)
    .map(([path, value]) => `${path.split('.').slice(-2).join('.')} ${String(value)}`);
}
