import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { build } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { root } from './install.mjs';
import { node24 } from './launch.mjs';
import { setUpTensorflow } from './tensorflow.mjs';

/** Runs a program of node_modules under Node 24; answers whether it succeeded. */
function tool(path, args, env = {}) {
  const node = node24();
  const child = spawn(node, [resolve(root, 'node_modules', path), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${resolve(node, '..')}${delimiter}${process.env.PATH}`,
      ...env,
    },
  });
  return new Promise((done) => {
    child.on('error', () => done(false));
    child.on('exit', (code) => done(code === 0));
  });
}

/** A check that passes or fails as a whole. */
function single(name, path, args) {
  return {
    name,
    run: async () =>
      (await tool(path, args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
  };
}

const reports = resolve(root, 'test-results');

/** Counts of a runner that wrote a JSON report; a runner that wrote none has failed. */
async function counted(file, run, count) {
  const report = resolve(reports, file);
  rmSync(report, { force: true });
  const ok = await run(report);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const counts = count(JSON.parse(readFileSync(report, 'utf8')));
  // A runner can fail outside any test, as by an error while it loads a file.
  return !ok && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** The tests on TensorFlow are skipped with the reason where it cannot be prepared. */
const tensorflow = {
  name: 'TensorFlow for the tests on it',
  run: async () => {
    try {
      await setUpTensorflow();
      return { passed: 1, failed: 0 };
    } catch (error) {
      console.log(`Without TensorFlow: ${error instanceof Error ? error.message : error}`);
      return { passed: 0, failed: 0, skipped: 1 };
    }
  },
};

const unitTests = {
  name: 'unit, contract, integration and fault tests',
  run: () =>
    counted(
      'vitest.json',
      (report) =>
        tool(
          'vitest/vitest.mjs',
          ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
          { CHROMIUM_PATH: ensureChromium() },
        ),
      (json) => ({
        passed: json.numPassedTests,
        failed: json.numFailedTests,
        skipped: json.numPendingTests + json.numTodoTests,
      }),
    ),
};

const browserTests = {
  name: 'browser tests',
  run: () =>
    counted(
      'playwright.json',
      (report) =>
        tool('@playwright/test/cli.js', ['test', '--reporter=list,json'], {
          PLAYWRIGHT_JSON_OUTPUT_NAME: report,
          CHROMIUM_PATH: ensureChromium(),
        }),
      ({ stats }) => ({
        passed: stats.expected + stats.flaky,
        failed: stats.unexpected,
        skipped: stats.skipped,
      }),
    ),
};

const checks = [
  {
    name: 'build',
    run: async () => {
      await build();
      return { passed: 1, failed: 0 };
    },
  },
  single('formatting', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
  single('lint', 'eslint/bin/eslint.js', ['.', '--max-warnings=0']),
  single('types', 'typescript/bin/tsc', ['-p', '.']),
  single('types of the browser tests', 'typescript/bin/tsc', ['-p', 'tests/e2e']),
  single('types of the tests of pages', 'typescript/bin/tsc', ['-p', 'tests/unit/renderer']),
  single('component types', 'svelte-check/bin/svelte-check', [
    '--tsconfig',
    'renderer/tsconfig.json',
    '--fail-on-warnings',
  ]),
  tensorflow,
  unitTests,
  browserTests,
];

/** Runs every check, each even where one before it failed, and prints the counts at the end. */
export async function runChecks() {
  mkdirSync(reports, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const check of checks) {
    console.log(`\n== ${check.name}`);
    const started = Date.now();
    const counts = await check.run().catch((error) => {
      console.error(error instanceof Error ? error.message : error);
      return { passed: 0, failed: 1 };
    });
    for (const key of Object.keys(total)) total[key] += counts[key] ?? 0;
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`-- ${check.name}: ${counts.failed ? 'FAILED' : 'passed'} in ${seconds} s`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}
