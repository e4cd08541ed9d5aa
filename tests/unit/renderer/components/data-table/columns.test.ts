import { expect, test } from 'vitest';
import {
  columnTracks,
  emptyLayout,
  orderColumns,
  parseLayout,
  shownColumns,
  withColumnBefore,
  withWidth,
  type Column,
} from '../../../../../renderer/components/data-table/columns.ts';

const column = (key: string, hidden = false): Column<string> => ({
  key,
  title: key,
  hidden,
  text: (row) => row,
});
const columns = ['a', 'b', 'c', 'd'].map((key) => column(key));
const keys = (list: readonly Column<string>[]): string => list.map(({ key }) => key).join('');

test('a column moves in front of another, and last', () => {
  const moved = withColumnBefore(columns, emptyLayout, 'd', 'b');
  expect(keys(orderColumns(columns, moved))).toBe('adbc');
  expect(keys(orderColumns(columns, withColumnBefore(columns, moved, 'a', null)))).toBe('dbca');
  expect(withColumnBefore(columns, moved, 'a', 'a')).toBe(moved);
});

test('a column that is new since the order was stored stands behind its neighbour', () => {
  const layout = { ...emptyLayout, order: ['d', 'b', 'a'] };
  expect(keys(orderColumns(columns, layout))).toBe('dbca');
});

test('a stored column that is gone is left out', () => {
  expect(keys(orderColumns(columns, { ...emptyLayout, order: ['gone', 'c'] }))).toBe('abcd');
});

test('hidden columns show by choice, and the last one cannot be hidden', () => {
  const some = [column('a'), column('b', true)];
  expect(keys(shownColumns(some, emptyLayout))).toBe('a');
  expect(keys(shownColumns(some, { ...emptyLayout, shown: { b: true } }))).toBe('ab');
  expect(keys(shownColumns(some, { ...emptyLayout, shown: { a: false } }))).toBe('a');
});

test('a width stays within what can be seen and grasped', () => {
  expect(withWidth(emptyLayout, 'a', -50).widths).toEqual({ a: 40 });
  expect(withWidth(emptyLayout, 'a', 1e6).widths).toEqual({ a: 1200 });
});

test('a column that grows takes the room that is left, until its width is set', () => {
  const some = [
    { ...column('a'), width: 100, grows: true },
    { ...column('b'), numeric: true },
  ];
  expect(columnTracks(some, emptyLayout)).toBe('minmax(100px, 1fr) 84px 32px');
  expect(columnTracks(some, withWidth(emptyLayout, 'a', 90))).toBe('90px 84px 32px');
});

test('what was stored by hand or by another version does no harm', () => {
  expect(parseLayout(null)).toEqual(emptyLayout);
  expect(parseLayout('{"order":[1,"a"],"widths":{"a":"wide","b":80},"shown":[true]}')).toEqual({
    order: ['a'],
    widths: { b: 80 },
    shown: { 0: true },
  });
  for (const text of ['', 'no', 'null', '[]', '3']) expect(parseLayout(text)).toEqual(emptyLayout);
});
