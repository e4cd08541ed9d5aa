import { expect, test } from 'vitest';
import type { MatrixPair } from '../../../shared/contract/comparisons.ts';
import { groupFigures } from '../../../shared/domain/comparison-groups.ts';

const match = (mean: number | null) => ({ n: 9, dropped: 1, mean, median: mean, ci95: null });
const pair = (a: number, b: number, aToB: number | null, bToA: number): MatrixPair => ({
  a,
  b,
  aToB: match(aToB),
  bToA: match(bToA),
  mutual: match(0.9),
  oneToOne: null,
  chance: null,
});

test('pairs of replicates count for their group, others for the two of theirs', () => {
  const pairs = [
    pair(0, 1, 0.5, 0.7),
    pair(0, 2, 0.6, 0.8),
    pair(1, 2, 0.7, 0.9),
    pair(3, 0, 0.2, 0.4),
    pair(1, 3, null, 0.4),
  ];
  const [first, second, ...others] = groupFigures(pairs, ['x', 'x', 'x', 'y']);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ of: 'x', against: 'x', oneToOne: null });
  expect(first!.bothWays.n).toBe(3);
  expect(first!.bothWays.mean).toBeCloseTo(0.7, 12);
  // Means 0.6, 0.7, 0.8: standard error 0.1 / sqrt 3, t at 2 degrees of freedom 4.3027.
  expect(first!.bothWays.high).toBeCloseTo(0.7 + (4.302652729911275 * 0.1) / Math.sqrt(3), 9);
  expect(second).toMatchObject({ of: 'x', against: 'y', bothWays: { n: 1, low: null } });
  expect(second!.bothWays.mean).toBeCloseTo(0.3, 12);
});
