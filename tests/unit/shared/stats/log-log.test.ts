import { describe, expect, it } from 'vitest';
import { solveFalling } from '../../../../shared/stats/log-log.ts';

const power = (x: number) => ({ x, y: 100 * x ** -1.5 });

describe('solveFalling', () => {
  it('finds the exact x on a power law, inside and outside of the points', () => {
    const points = [power(4), power(0.5), power(1)];
    for (const x of [0.3, 0.7, 1, 2, 3.9, 10])
      expect(solveFalling(points, power(x).y)).toBeCloseTo(x, 10);
  });

  it('interpolates between the two neighbours that enclose the target', () => {
    const points = [
      { x: 1, y: 100 },
      { x: 2, y: 50 },
      { x: 4, y: 5 },
    ];
    expect(solveFalling(points, 50)).toBeCloseTo(2, 10);
    expect(solveFalling(points, Math.sqrt(50 * 5))).toBeCloseTo(Math.sqrt(8), 10);
  });

  it('takes the narrowest of several pairs that noise makes enclose the target', () => {
    const points = [
      { x: 1, y: 60 },
      { x: 3, y: 38 },
      { x: 3.2, y: 41 },
      { x: 3.4, y: 39 },
      { x: 9, y: 20 },
    ];
    const x = solveFalling(points, 40);
    expect(x).toBeGreaterThan(3.2);
    expect(x).toBeLessThan(3.4);
  });

  it('takes one point with a slope of -1, and goes no farther than a factor of 8', () => {
    expect(solveFalling([{ x: 2, y: 80 }], 40)).toBeCloseTo(4, 10);
    expect(solveFalling([{ x: 2, y: 1e6 }], 40)).toBeCloseTo(16, 10);
    expect(solveFalling([{ x: 2, y: 1e-6 }], 40)).toBeCloseTo(0.25, 10);
  });

  it('does not believe a slope that noise made rise', () => {
    const rising = [
      { x: 1, y: 90 },
      { x: 1.1, y: 95 },
    ];
    expect(solveFalling(rising, 40)).toBeGreaterThan(1.1);
    const below = rising.map(({ x, y }) => ({ x, y: y / 10 }));
    expect(solveFalling(below, 40)).toBeLessThan(1);
  });

  it('comes back from an L0 of 0, which has no logarithm', () => {
    const x = solveFalling(
      [
        { x: 1, y: 80 },
        { x: 16, y: 0 },
      ],
      40,
    );
    expect(x).toBeGreaterThan(1);
    expect(x).toBeLessThan(16);
    expect(solveFalling([{ x: 16, y: 0 }], 40)).toBeCloseTo(2, 10);
  });

  it('lets the later of two measurements at one x count', () => {
    const twice = [
      { x: 1, y: 30 },
      { x: 2, y: 20 },
      { x: 1, y: 80 },
    ];
    expect(solveFalling(twice, 40)).toBeCloseTo(Math.sqrt(2), 10);
  });
});
