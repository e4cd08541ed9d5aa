import { expect, test } from 'vitest';
import type { Column } from '../../../../../renderer/components/data-table/columns.ts';
import { nextSort, sortRows } from '../../../../../renderer/components/data-table/sort-rows.ts';

const number: Column<string> = { key: 'n', title: 'n', numeric: true, text: (row) => row };
const word: Column<string> = { key: 'w', title: 'w', text: (row) => row };

test('numbers are sorted as numbers, and what is missing comes last in both directions', () => {
  const rows = ['10', '–', '−2', '9', '∞', '1,000'];
  const columns = [number];
  expect(sortRows(rows, columns, { key: 'n', descending: true })).toEqual([
    '∞',
    '1,000',
    '10',
    '9',
    '−2',
    '–',
  ]);
  expect(sortRows(rows, columns, { key: 'n', descending: false })).toEqual([
    '−2',
    '9',
    '10',
    '1,000',
    '∞',
    '–',
  ]);
});

test('0 is a value, not a missing one', () => {
  expect(sortRows(['–', '0', '1'], [number], { key: 'n', descending: false })).toEqual([
    '0',
    '1',
    '–',
  ]);
});

test('words are sorted with their numbers in order', () => {
  const rows = ['seed 10', 'Seed 2', 'seed 1'];
  expect(sortRows(rows, [word], { key: 'w', descending: false })).toEqual([
    'seed 1',
    'Seed 2',
    'seed 10',
  ]);
});

test('equal rows keep their order', () => {
  const rows = [
    { n: '1', id: 'a' },
    { n: '1', id: 'b' },
    { n: '0', id: 'c' },
  ];
  const column: Column<(typeof rows)[number]> = {
    key: 'n',
    title: 'n',
    numeric: true,
    text: (row) => row.n,
  };
  expect(sortRows(rows, [column], { key: 'n', descending: true }).map(({ id }) => id)).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('an unknown column leaves the rows as they are', () => {
  const rows = ['b', 'a'];
  expect(sortRows(rows, [word], { key: 'gone', descending: false })).toBe(rows);
});

test('a first click shows the largest number and the first word, a second one turns round', () => {
  expect(nextSort(number, null)).toEqual({ key: 'n', descending: true });
  expect(nextSort(word, { key: 'n', descending: true })).toEqual({ key: 'w', descending: false });
  expect(nextSort(word, { key: 'w', descending: false })).toEqual({ key: 'w', descending: true });
});
