import { expect, test } from 'vitest';
import {
  alignCurves,
  curveRows,
  valueAt,
} from '../../../../../renderer/components/charts/curve-data.ts';

const line = (x: number[], y: (number | null)[]) => ({ name: 'a', x, y, color: 'series-1' });

test('lines over different steps share one column of steps, and a gap stays one', () => {
  const { x, values } = alignCurves([line([0, 2], [1, null]), line([1, 2], [5, 6])], false);
  expect(x).toEqual([0, 1, 2]);
  expect(values).toEqual([
    [1, undefined, null],
    [undefined, 5, 6],
  ]);
});

test('every drawn part says which line it belongs to', () => {
  const band = { name: 'b', x: [0], low: [1], high: [2], color: 'series-2' };
  const { parts } = alignCurves([line([0], [1]), band], false);
  expect(parts).toEqual([
    { line: 0, part: 'y' },
    { line: 1, part: 'low' },
    { line: 1, part: 'high' },
  ]);
});

test('what a logarithmic axis cannot show becomes a gap and is counted', () => {
  const { values, hidden } = alignCurves([line([0, 1, 2, 3], [1, 0, -1, NaN])], true);
  expect(values).toEqual([[1, null, null, null]]);
  expect(hidden).toBe(3);
  expect(alignCurves([line([0, 1], [0, -1])], false).hidden).toBe(0);
});

test('no lines give no steps', () => {
  expect(alignCurves([], false)).toEqual({ x: [], values: [], parts: [], hidden: 0 });
});

test('the numbers of a chart hold every point of every line', () => {
  expect(curveRows('tokens', [line([0, 5], [1, null])])).toEqual({
    columns: ['line', 'tokens', 'value'],
    rows: [
      ['a', 0, 1],
      ['a', 5, null],
    ],
  });
});

test('the legend shows the newest value at or before the cursor', () => {
  expect(valueAt([1, undefined, undefined, 4], 2)).toBe(1);
  expect(valueAt([undefined, 2], 0)).toBeNull();
  expect(valueAt([1, null], 9)).toBeNull();
  expect(valueAt(undefined, 0)).toBeNull();
});
