import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Everything but the browser tests, which Playwright runs (tests/e2e). */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'node_modules/**'],
    setupFiles: ['tests/support/matchers.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // Processes that tests start need not compile the same sources again.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, 'out/compile-cache') },
    globalSetup: ['tests/support/build-kernels.ts'],
  },
});
