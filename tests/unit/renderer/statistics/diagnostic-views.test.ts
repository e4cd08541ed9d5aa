import { describe, expect, it } from 'vitest';
import type { PenalisedFit } from '../../../../shared/contract/fit-diagnostics.ts';
import { blurredBy } from '../../../../renderer/views/statistics/diagnostics/blurred.ts';
import { normalPoints } from '../../../../renderer/views/statistics/diagnostics/residual-data.ts';
import {
  inOrder,
  strongestPairs,
} from '../../../../renderer/views/statistics/panes/correlation-order.ts';
import {
  lossPoints,
  pathPoints,
  strengthRules,
} from '../../../../renderer/views/statistics/result/path-data.ts';

const matrix = { columns: ['a', 'b', 'c'], values: [1, 0.2, -0.9, 0.2, 1, null, -0.9, null, 1] };

describe('correlations', () => {
  it('are shown in another order with rows and columns alike', () => {
    expect(inOrder(matrix, [2, 0, 1])).toEqual({
      columns: ['c', 'a', 'b'],
      values: [1, -0.9, null, -0.9, 1, 0.2, null, 0.2, 1],
    });
  });

  it('name the strongest pairs by size whatever their sign', () => {
    expect(strongestPairs(matrix, 5)).toEqual([
      { a: 'a', b: 'c', r: -0.9 },
      { a: 'a', b: 'b', r: 0.2 },
    ]);
  });
});

describe('near dependencies', () => {
  it('are dimensions of large index that blur two coefficients, the worst first', () => {
    const dimensions = [
      { singularValue: 1, index: 1, proportions: [0.9, 0.9, 0.9] },
      { singularValue: 0.02, index: 50, proportions: [0.05, 0.03, 0.02] },
      { singularValue: 0.01, index: 100, proportions: [0.05, 0.6, 0.7] },
      { singularValue: 0, index: 'Infinity' as const, proportions: [0.8, 0.7, null] },
    ];
    expect(blurredBy({ columns: ['a', 'b', 'c'], dimensions })).toEqual([
      { index: 'Infinity', columns: ['a', 'b'] },
      { index: 100, columns: ['b', 'c'] },
    ]);
  });
});

describe('residuals against normal quantiles', () => {
  it('lie on the line where they are normal quantiles themselves', () => {
    const residuals = [0.3, -1.2, 0.9, -0.4, 1.7, -2, 0];
    const row = {
      fitted: 0,
      residual: 0,
      standardised: null,
      devianceResidual: null,
      leverage: 0,
      cook: null,
    };
    const rows = residuals.map((studentised, k) => ({ ...row, row: k + 1, studentised }));
    const none = {
      maxLeverage: { row: 1, value: 0 },
      maxCook: null,
      leverageSum: 0,
      highLeverage: 0,
      highCook: 0,
      sampled: false,
      most: [],
      columns: [],
    };
    const { points } = normalPoints({ ...none, rows });
    expect(points.map(({ y }) => y)).toEqual([...residuals].sort((a, b) => a - b));
    expect(points[3]!.x).toBeCloseTo(0, 12);
    expect(points[0]!.x).toBeCloseTo(-points[6]!.x, 12);
    // Blom's position of the least of seven: (1 - 3/8) / (7 + 1/4).
    expect(points[0]!.x).toBeCloseTo(-1.3644, 3);
  });
});

describe('a penalty path', () => {
  const penalised: PenalisedFit = {
    mixing: 1,
    strength: 0.1,
    chosenBy: 'minimum',
    standardised: true,
    equivalents: [],
    deviancePart: 0.5,
    nonZero: 1,
    path: [
      { strength: 1, nonZero: 0, deviancePart: 0, loss: 2, lossSe: 0.1 },
      { strength: 0.1, nonZero: 1, deviancePart: 0.5, loss: 1, lossSe: null },
      { strength: 0.01, nonZero: 1, deviancePart: 0.6, loss: null, lossSe: null },
    ],
    curves: [{ term: 'a', values: [0, 0.4, 0.5] }],
    folds: 5,
    seed: 0,
    minimum: 0.1,
    oneStandardError: 1,
  };

  it('draws each term over the strengths, and losses only where there are some', () => {
    expect(pathPoints(penalised).map(({ x, y }) => [x, y])).toEqual([
      [1, 0],
      [0.1, 0.4],
      [0.01, 0.5],
    ]);
    expect(lossPoints(penalised)).toMatchObject([
      { x: 1, low: 1.9, high: 2.1 },
      { x: 0.1, y: 1 },
    ]);
    expect(lossPoints(penalised)[1]).not.toHaveProperty('low');
  });

  it('marks the strength of the fit, and the other rule where it differs', () => {
    expect(strengthRules(penalised)).toEqual([
      { axis: 'x', value: 0.1, label: 'this fit' },
      { axis: 'x', value: 1, label: '1 se' },
    ]);
  });
});
