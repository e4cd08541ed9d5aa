import type { DictionaryRow } from '../../../shared/contract/features.ts';
import { visibleText } from '../../../shared/text.ts';

/** Dictionaries that one job trained: they differ in the seed alone. */
export interface DictionaryGroup {
  readonly key: string;
  readonly name: string;
  readonly members: readonly DictionaryRow[];
}

/** Groups in the order of the list; an imported dictionary stands alone. Equal names get the hook point or a number. */
export function groupDictionaries(rows: readonly DictionaryRow[]): DictionaryGroup[] {
  const groups = [...Map.groupBy(rows, ({ id, job }) => job ?? id)];
  const taken = new Map<string, number>();
  return groups.map(([key, members]) => {
    const [first] = members;
    const base = `${visibleText(first!.name)} · ${first!.hook}`;
    const times = (taken.get(base) ?? 0) + 1;
    taken.set(base, times);
    const name = times === 1 ? base : `${base} (${times})`;
    return { key, name, members };
  });
}

export function seedName({ seed }: DictionaryRow): string {
  return seed === null ? 'no seed' : `seed ${seed}`;
}
