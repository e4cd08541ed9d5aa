import { expect, it } from 'vitest';
import { formatSeeds, parseSeeds } from '../../../../../renderer/views/train/seeds.ts';

it('reads seeds as people write them', () => {
  expect(parseSeeds('0, 1 5-7')).toEqual([0, 1, 5, 6, 7]);
  expect(parseSeeds('3')).toEqual([3]);
});

it('refuses what is no list of seeds', () => {
  for (const text of ['', ',', '-1', '1.5', 'a', '7-5', '0-9999'])
    expect(parseSeeds(text), text).toBeUndefined();
});

it('writes seeds that follow each other as a range', () => {
  expect(formatSeeds([0, 1, 2, 5, 7, 8])).toBe('0-2, 5, 7, 8');
  expect(parseSeeds(formatSeeds([4, 1, 2, 3]))).toEqual([4, 1, 2, 3]);
  expect(formatSeeds([])).toBe('');
});
