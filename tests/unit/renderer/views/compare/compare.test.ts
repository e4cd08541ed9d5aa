import { describe, expect, it } from 'vitest';
import type { NamedDictionary } from '../../../../../shared/contract/comparisons.ts';
import { orderOf } from '../../../../../renderer/components/data-table/column-rows.ts';
import { dictionaryNames } from '../../../../../renderer/views/compare/compare-words.ts';
import {
  interpolate,
  matchedFigures,
  matchedTypes,
  sharedMiddle,
} from '../../../../../renderer/views/compare/matched.ts';
import { pairOrder, type PairData } from '../../../../../renderer/views/compare/pair-columns.ts';
import { pointsInside } from '../../../../../renderer/components/charts/point-space.ts';

describe('the order of a column', () => {
  it('is that of the numbers, with missing ones last both ways', () => {
    const values = Float32Array.from([3, NaN, -0, -2.5, 0, 1e-30, Infinity, -Infinity]);
    expect([...orderOf(values, false)]).toEqual([7, 3, 2, 4, 5, 0, 6, 1]);
    expect([...orderOf(values, true)]).toEqual([6, 0, 5, 2, 4, 3, 7, 1]);
    expect([...orderOf(Int32Array.from([5, -1, 70_000, 0]), false)]).toEqual([1, 3, 0, 2]);
  });
});

describe('the table of pairs', () => {
  const column = (partner: number[], value: number[]) => ({
    partner: Int32Array.from(partner),
    value: Float32Array.from(value),
  });
  const data: PairData = {
    measure: 'decoder',
    here: column([1, 1, -1, 0], [0.9, 0.5, NaN, 0.7]),
    back: column([3, 0], [0.7, 0.9]),
    count: null,
    other: {},
  };
  const all = { search: '', matched: 'all', least: null } as const;

  it('leaves out features without a partner and finds a number on either side', () => {
    expect([...pairOrder(data, all, data.here.value, true)]).toEqual([0, 3, 1]);
    expect([...pairOrder(data, { ...all, search: '0' }, data.here.value, true)]).toEqual([0, 3]);
  });

  it('tells mutual matches from one-sided ones', () => {
    const only = (matched: 'mutual' | 'one-sided') => [
      ...pairOrder(data, { ...all, matched }, data.here.value, true),
    ];
    expect(only('mutual')).toEqual([0, 3]);
    expect(only('one-sided')).toEqual([1]);
  });
});

describe('objectives at an equal value', () => {
  const run = (seed: number, l0: number, ceIncrease: number) =>
    ({ seed, metrics: { l0, ceIncrease } }) as never;
  const types = matchedTypes(
    [
      { type: 'local', runs: [run(0, 10, 0.4), run(1, 20, 0.3)] },
      { type: 'local', runs: [run(0, 30, 0.2), run(1, 40, 0.1)] },
      { type: 'e2e', runs: [run(0, 10, 0.2), run(1, 10, 0.2), run(2, 10, 0.2)] },
      { type: 'e2e', runs: [run(0, 30, 0.1), run(1, 30, 0.1)] },
    ],
    { equal: 'l0', read: 'ceIncrease' },
  );

  it('are read off between the runs of each seed, and never outside them', () => {
    expect(interpolate(types[0]!.seeds.get(0)!, 20)).toBeCloseTo(0.3, 12);
    expect(interpolate(types[0]!.seeds.get(1)!, 19)).toBeUndefined();
    expect(types[1]!.seeds.has(2)).toBe(false);
    expect(sharedMiddle(types)).toBe(25);
  });

  it('differ by the mean of the differences of the same seeds', () => {
    const { figures, differences } = matchedFigures(types, 25);
    expect(figures.map(({ value }) => value?.mean)).toEqual([
      expect.closeTo(0.25, 12),
      expect.closeTo(0.125, 12),
    ]);
    expect(differences).toMatchObject([
      { of: 'e2e', against: 'local', difference: { n: 2, mean: expect.closeTo(-0.125, 12) } },
    ]);
  });
});

describe('dictionaries of a comparison', () => {
  it('are called by what tells their groups apart', () => {
    const row = (group: string, groupName: string, seed: number) =>
      ({ group, groupName, seed, source: 'x' }) as NamedDictionary;
    expect(
      dictionaryNames([row('a', 'local, tiny, c 1', 0), row('b', 'e2e, tiny, c 1', 1)]),
    ).toEqual(['local, seed 0', 'e2e, seed 1']);
    expect(dictionaryNames([row('a', 'local, tiny', 0), row('a', 'local, tiny', 1)])).toEqual([
      'local, seed 0',
      'local, seed 1',
    ]);
  });
});

describe('a line around points', () => {
  it('holds those inside, also where it is bent inwards', () => {
    const bent = [
      [0, 0],
      [4, 0],
      [4, 4],
      [2, 1],
      [0, 4],
    ] as const;
    const position = Float32Array.from([1, 1, 2, 3, 3, 2, 5, 5, NaN, NaN]);
    expect(pointsInside(position, bent)).toEqual([0, 2]);
  });
});
