import { expect } from 'vitest';

/** Largest difference relative to the largest entry: single entries may cancel to nearly 0. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what?: string,
): void {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  }
  expect(actual.length, what).toBe(expected.length);
  expect(worst / scale, what).toBeLessThan(tolerance);
}
