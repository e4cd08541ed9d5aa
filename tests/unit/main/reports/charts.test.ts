import { describe, expect, test } from 'vitest';
import { groupCurve, valueScale, isLog } from '../../../../main/reports/charts/curves.ts';
import { paretoFront } from '../../../../main/reports/charts/pareto.ts';
import { planWhiskers, shorten, whiskerChart } from '../../../../main/reports/charts/whiskers.ts';
import { areaPath, linePath, tickText, type Axes } from '../../../../main/reports/charts/axes.ts';
import { scaleLinear } from 'd3-scale';

const series = (x: number[], low: (number | null)[], high: (number | null)[]) => ({
  name: 'loss',
  total: 100,
  drawn: x.length,
  last: x.at(-1) ?? null,
  x,
  low,
  high,
});

describe('groupCurve', () => {
  test('joins runs into their mean and the band that they span', () => {
    const joined = groupCurve([series([0, 1], [1, 2], [3, 2]), series([0, 1], [2, 4], [6, 8])]);
    expect(joined).toEqual({ x: [0, 1], mean: [3, 4], low: [1, 2], high: [6, 8] });
  });

  test('leaves a gap where no run has a value, and counts those that have one', () => {
    const joined = groupCurve([
      series([0, 1], [null, 1], [null, 3]),
      series([0, 1], [null, null], [null, null]),
    ]);
    expect(joined).toEqual({ x: [0, 1], mean: [null, 2], low: [null, 1], high: [null, 3] });
  });

  test('joins nothing where runs were logged at different places', () => {
    expect(
      groupCurve([series([0, 1], [1, 1], [1, 1]), series([0, 2], [1, 1], [1, 1])]),
    ).toBeUndefined();
  });
});

test('an axis is logarithmic only for positive values of very different size', () => {
  expect(
    [
      [1, 20],
      [1, 40],
      [0, 40],
      [-1, 40],
    ].map((values) => isLog(valueScale(values, [0, 1]))),
  ).toEqual([false, true, false, false]);
});

test('an axis of one value has a width', () => {
  const [low, high] = valueScale([5], [0, 1]).domain() as [number, number];
  expect(low).toBeLessThan(5);
  expect(high).toBeGreaterThan(5);
});

describe('paretoFront', () => {
  const points = [
    { x: 3, y: 1, name: 'c' },
    { x: 1, y: 3, name: 'a' },
    { x: 2, y: 3, name: 'beaten' },
    { x: 2, y: 2, name: 'b' },
  ];

  test('keeps the points that no other one beats', () => {
    expect(paretoFront(points, false).map((point) => point.name)).toEqual(['a', 'b', 'c']);
  });

  test('turns round where more is better', () => {
    expect(paretoFront(points, true).map((point) => point.name)).toEqual(['a']);
  });
});

describe('planWhiskers', () => {
  const coefficient = (term: string, estimate: number | null, half: number) => ({
    term,
    estimate,
    se: estimate === null ? null : half / 2,
    statistic: null,
    p: null,
    low: estimate === null ? null : estimate - half,
    high: estimate === null ? null : estimate + half,
    vif: null,
  });

  test('leaves out the intercept and terms that were not estimated', () => {
    const plan = planWhiskers([
      coefficient('(Intercept)', 1, 1),
      coefficient('a', 2, 1),
      coefficient('b', null, 1),
    ]);
    expect(plan.whiskers.map((item) => item.term)).toEqual(['a']);
  });

  test('draws estimates as they are while one axis can show them', () => {
    expect(planWhiskers([coefficient('a', 2, 1), coefficient('b', 1, 0.1)])).toEqual({
      isScaled: false,
      whiskers: [
        { term: 'a', estimate: 2, low: 1, high: 3 },
        { term: 'b', estimate: 1, low: 0.9, high: 1.1 },
      ],
    });
  });

  test('divides by the standard error where one axis would hide a term', () => {
    const plan = planWhiskers([coefficient('a', 400, 200), coefficient('b', 1, 0.5)]);
    expect(plan.isScaled).toBe(true);
    expect(plan.whiskers.map((item) => item.estimate)).toEqual([4, 4]);
  });

  test('draws nothing for a fit of the intercept alone', () => {
    expect(whiskerChart(planWhiskers([coefficient('(Intercept)', 1, 1)]))).toBeUndefined();
  });
});

test('a long name keeps its beginning and its end', () => {
  const short = shorten('scale(steps_between_cheese_and_decision_square)');
  expect(short).toMatch(/^scale\(steps_.*….*_square\)$/);
  expect(shorten('x')).toBe('x');
});

test('a name of many megabytes is shortened without reading all of it', () => {
  expect(shorten('a'.repeat(1 << 20)).length).toBeLessThan(64);
});

test('ticks are short', () => {
  expect([0, 0.25, -3, 12_500, 3_000_000, 2e9, 0.00002].map(tickText)).toEqual([
    '0',
    '0.25',
    '−3',
    '12.5k',
    '3M',
    '2G',
    '2e−5',
  ]);
});

describe('paths', () => {
  const axes: Axes = {
    frame: { width: 10, height: 10, left: 0, right: 0, top: 0, bottom: 0 },
    x: scaleLinear([0, 1], [0, 10]),
    y: scaleLinear([0, 1], [10, 0]),
    xTitle: '',
    yTitle: '',
    xTicks: 1,
    yTicks: 1,
  };

  test('a line is interrupted where a value is missing', () => {
    expect(linePath([0, 0.5, 1], [0, null, 1], axes)).toBe('M0,10M10,0');
  });

  test('a band goes there and back', () => {
    expect(areaPath([0, 1], [0, 0], [1, 1], axes)).toBe('M0,0L10,0L10,10L0,10Z');
  });
});
