import { describe, expect, it } from 'vitest';
import {
  paretoFront,
  paretoPoints,
  paretoSeeds,
} from '../../../../../renderer/views/runs/pareto.ts';
import { group, run, summary } from './groups.ts';

describe('the Pareto front', () => {
  it('holds what nothing else beats in both, from the sparsest on', () => {
    const front = paretoFront([
      { x: 3, y: 1 },
      { x: 1, y: 5 },
      { x: 2, y: 5 },
      { x: 2, y: 3 },
      { x: 4, y: 2 },
    ]);
    expect(front).toEqual([
      { x: 1, y: 5 },
      { x: 2, y: 3 },
      { x: 3, y: 1 },
    ]);
  });

  it('keeps equal points, and of one x only the lowest', () => {
    const same = [
      { x: 1, y: 2 },
      { x: 1, y: 2 },
      { x: 1, y: 3 },
    ];
    expect(paretoFront(same)).toEqual(same.slice(0, 2));
    expect(paretoFront([])).toEqual([]);
  });
});

describe('the points of the plot', () => {
  const metrics = { l0: 30, ceIncrease: 0.2 };
  const runs = [run('a0', { metrics }), run('a1', { seed: 1, metrics: { l0: 40 } })];
  const measured = group(runs, {
    metrics: { l0: summary(35), ceIncrease: summary(0.2, 1) },
  });
  const labelled = [
    { key: 'a', label: 'a', type: 'local', group: measured },
    { key: 'b', label: 'b', type: 'local', group: group([run('b0')]) },
  ];

  it('are groups of which both metrics are known, with the smaller n', () => {
    expect(paretoPoints(labelled, 'l0', 'ceIncrease')).toEqual([
      {
        key: 'a',
        label: 'a',
        type: 'local',
        n: 1,
        x: 35,
        y: 0.2,
        xLow: 34,
        xHigh: 36,
        yLow: null,
        yHigh: null,
      },
    ]);
  });

  it('are seeds of which both metrics are known', () => {
    expect(paretoSeeds(labelled, 'l0', 'ceIncrease').map((seed) => seed.run)).toEqual(['a0']);
  });
});
