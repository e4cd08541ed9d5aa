import { defineConfig } from 'vitest/config';

/** Everything but the browser tests, which Playwright runs (tests/e2e). */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: ['tests/support/build-kernels.ts'],
  },
});
