import type { DictionaryRow } from '../../../../shared/contract/features.ts';
import { visibleText } from '../../../../shared/text.ts';

/** A dictionary in one line: name, hook point, objective, seed. */
export function dictionaryTitle({ name, hook, objective, seed }: DictionaryRow): string {
  const parts = [name, hook, objective ?? '', seed === null ? '' : `seed ${seed}`];
  return visibleText(parts.filter((part) => part !== '').join(' · '));
}
