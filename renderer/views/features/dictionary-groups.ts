import type { DictionaryRow } from '../../../shared/contract/features.ts';
import { visibleText } from '../../../shared/text.ts';

/** Dictionaries whose trainings differ in the seed alone. */
export interface DictionaryGroup {
  readonly key: string;
  readonly name: string;
  readonly members: readonly DictionaryRow[];
}

/**
 * Groups in the order of the list, the members of each by seed; an imported dictionary stands alone.
 * Groups that share a name are told apart by their objectives, or else by a number.
 */
export function groupDictionaries(rows: readonly DictionaryRow[]): DictionaryGroup[] {
  const groups = [...Map.groupBy(rows, ({ id, group }) => group ?? id)];
  const names = groups.map(([, [first]]) => `${visibleText(first!.name)} · ${first!.hook}`);
  const told = groups.map(([, [first]], i) => {
    const isAlone = names.filter((name) => name === names[i]).length === 1;
    return isAlone || !first!.objective ? names[i]! : `${names[i]} · ${first!.objective}`;
  });
  const taken = new Map<string, number>();
  return groups.map(([key, members], i) => {
    const times = (taken.get(told[i]!) ?? 0) + 1;
    taken.set(told[i]!, times);
    const name = times === 1 ? told[i]! : `${told[i]} (${times})`;
    return { key, name, members: members.toSorted((a, b) => (a.seed ?? 0) - (b.seed ?? 0)) };
  });
}

export function seedName({ seed }: DictionaryRow): string {
  return seed === null ? 'no seed' : `seed ${seed}`;
}
