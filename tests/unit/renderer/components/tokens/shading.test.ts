import { expect, test } from 'vitest';
import { shade } from '../../../../../renderer/components/tokens/shading.ts';

test('the shade grows with the activation, and its line in four steps', () => {
  expect([0.01, 2.5, 2.6, 7.5, 10].map((value) => shade(value, 10))).toEqual([
    { strength: 0, step: 1 },
    { strength: 25, step: 1 },
    { strength: 26, step: 2 },
    { strength: 75, step: 3 },
    { strength: 100, step: 4 },
  ]);
});

test('a silent token has neither shade nor line', () => {
  for (const value of [0, -1, NaN, undefined]) {
    expect(shade(value, 10)).toEqual({ strength: 0, step: 0 });
  }
  expect(shade(1, 0)).toEqual({ strength: 0, step: 0 });
});

test('beyond the largest known activation the shade stays full', () => {
  expect(shade(20, 10)).toEqual({ strength: 100, step: 4 });
});
