import { expect, test } from 'vitest';
import {
  rowForKey,
  scrollForRow,
} from '../../../../../renderer/components/data-table/table-keys.ts';

test('keys move by one, by a page and to the ends, and stop there', () => {
  const from = (key: string, active: number): number | null => rowForKey(key, active, 100, 10);
  expect(['j', 'ArrowDown', 'k', 'ArrowUp'].map((key) => from(key, 5))).toEqual([6, 6, 4, 4]);
  expect(['PageDown', 'PageUp', 'Home', 'End'].map((key) => from(key, 50))).toEqual([
    60, 40, 0, 99,
  ]);
  expect([from('j', 99), from('k', 0), from('PageUp', 3)]).toEqual([99, 0, 0]);
});

test('the first key before any row goes to the first', () => {
  expect([rowForKey('j', -1, 9, 3), rowForKey('k', -1, 9, 3)]).toEqual([0, 0]);
});

test('other keys move nowhere, nor does any in an empty table', () => {
  expect([
    rowForKey('x', 0, 9, 3),
    rowForKey('toString', 0, 9, 3),
    rowForKey('j', -1, 0, 3),
  ]).toEqual([null, null, null]);
});

test('a row is scrolled to only where it is not whole in view', () => {
  const view = { top: 100, height: 280 };
  expect(scrollForRow(5, 28, view)).toBeNull();
  expect(scrollForRow(3, 28, view)).toBe(84);
  expect(scrollForRow(13, 28, view)).toBe(112);
});
