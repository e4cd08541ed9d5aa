import { expect, it } from 'vitest';
import { KeyReader } from '../../../../renderer/state/keys.ts';

const known = ['g r', 'g f', 'r', 'mod+k', '?'];

function press(key: string, at: number, ctrlKey = false) {
  return { key, timeStamp: at, ctrlKey, metaKey: false, altKey: false };
}

it('reads single keys, chords and sequences', () => {
  const reader = new KeyReader();
  expect(reader.read(press('r', 0), known)).toBe('r');
  expect(reader.read(press('k', 10, true), known)).toBe('mod+k');
  expect(reader.read(press('g', 20), known)).toBe('partial');
  expect(reader.read(press('r', 30), known)).toBe('g r');
  expect(reader.read(press('r', 40), known)).toBe('r');
});

it('forgets the first key of a sequence after a second, and after a wrong one', () => {
  const reader = new KeyReader();
  reader.read(press('g', 0), known);
  expect(reader.read(press('f', 1500), known)).toBeUndefined();
  reader.read(press('g', 2000), known);
  expect(reader.read(press('x', 2100), known)).toBeUndefined();
  expect(reader.read(press('f', 2200), known)).toBeUndefined();
});

it('takes no notice of modifiers alone, and of keys with Alt', () => {
  const reader = new KeyReader();
  expect(reader.read(press('Control', 0, true), known)).toBeUndefined();
  expect(reader.read({ ...press('r', 0), altKey: true }, known)).toBeUndefined();
  expect(reader.read(press('?', 0), known)).toBe('?');
});
