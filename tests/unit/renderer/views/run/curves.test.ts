import { describe, expect, it } from 'vitest';
import type { Series } from '../../../../../shared/contract/runs.ts';
import {
  bucketsFor,
  emptyCurve,
  isThinned,
  joinTail,
  middles,
  overSeeds,
  withPoints,
} from '../../../../../renderer/views/run/curves.ts';
import { bandOfRuns, linesOfRuns } from '../../../../../renderer/views/run/curve-lines.ts';

const stored: Series = {
  name: 'loss',
  total: 4,
  drawn: 2,
  last: 40,
  x: [10, 30],
  low: [4, 2],
  high: [6, 3],
};
const point = (x: number, loss: number | null) => ({ x, values: { loss } });

describe('a curve', () => {
  it('goes on with the points that have come since, each once', () => {
    const curve = joinTail(stored, 'loss', [point(30, 9), point(40, 9), point(50, 1)], null);
    expect(curve).toEqual({ x: [10, 30, 50], low: [4, 2, 1], high: [6, 3, 1], total: 5 });
  });

  it('passes over points of other curves and beyond the stretch in view', () => {
    const other = { x: 50, values: { l0: 3 } };
    expect(joinTail(stored, 'loss', [other, point(60, 1)], 55)).toMatchObject({ x: [10, 30] });
  });

  it('begins with live points where nothing is stored yet', () => {
    expect(joinTail(undefined, 'loss', [point(10, null)], null)).toEqual({
      x: [10],
      low: [null],
      high: [null],
      total: 1,
    });
  });

  it('shows the extremes as a band only where points are not drawn each', () => {
    const thinned = joinTail(stored, 'loss', [], null);
    expect(isThinned(thinned)).toBe(true);
    expect(middles(thinned)).toEqual([5, 2.5]);
    const source = [{ run: 'a', label: 'seed 0', color: 'series-1' }];
    expect(linesOfRuns(source, 'loss', () => thinned)[0]).toMatchObject({ low: [4, 2] });
    const whole = { x: [1], low: [2], high: [2], total: 1 };
    expect(linesOfRuns(source, 'loss', () => whole)[0]).not.toHaveProperty('low');
    expect(linesOfRuns(source, 'loss', () => emptyCurve)).toEqual([]);
  });
});

describe('newer points', () => {
  it('take the place of those that a resume makes anew', () => {
    const before = [point(10, 1), point(20, 2), point(30, 3)];
    expect(withPoints(before, [point(20, 2), point(30, 3.5)])).toEqual([
      point(10, 1),
      point(20, 2),
      point(30, 3.5),
    ]);
  });

  it('leave the step whose x an evaluation shares', () => {
    const evaluation = { x: 10, values: { 'eval.l0': 4 } };
    expect(withPoints([point(10, 1)], [evaluation])).toEqual([point(10, 1), evaluation]);
  });
});

describe('curves of seeds', () => {
  const a = { x: [1, 2, 3], low: [1, 5, null], high: [1, 5, null], total: 3 };
  const b = { x: [2, 3], low: [7, 4], high: [9, 4], total: 2 };

  it('become mean and extremes where all of them have points', () => {
    expect(overSeeds([a, b])).toEqual({
      x: [2, 3],
      low: [5, 4],
      high: [9, 4],
      mean: [6.5, 4],
      total: 3,
    });
  });

  it('leave out a seed that has no point yet', () => {
    const of = (run: string) => (run === 'a' ? a : emptyCurve);
    const [band] = bandOfRuns(['a', 'b'], 'eval.l0', 'mean', 'series-1', of);
    expect(band).toMatchObject({ name: 'mean, held out', x: [1, 2, 3], dashed: true });
  });
});

it('asks for fewer buckets the more curves there are, so that the answer fits', () => {
  expect(bucketsFor(1, 1200)).toBe(1200);
  expect(bucketsFor(128, 1200)).toBe(78);
  expect(bucketsFor(10_000, 1200)).toBe(16);
});
