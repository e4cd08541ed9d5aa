import { expect } from 'vitest';

expect.extend({
  /** |actual - expected| <= tolerance x |expected|; says by how much it missed. */
  toBeRelatively(actual: number, expected: number, tolerance: number) {
    const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE);
    return {
      pass: actual === expected || error <= tolerance,
      message: () =>
        `${actual} differs from ${expected} by ${error} (relative), allowed ${tolerance}`,
    };
  },
});

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    toBeRelatively(expected: number, tolerance: number): T extends never ? never : R;
  }
}
