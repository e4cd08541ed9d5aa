import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
mkdirSync(join(root, 'out'), { recursive: true });
const folder = mkdtempSync(join(root, 'out', 'component-types-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the check of components as `npm test` does, on one component. */
function check(script: string): { status: number | null; text: string } {
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../renderer/tsconfig.json', include: ['*.svelte'] }),
  );
  writeFileSync(join(folder, 'planted.svelte'), `<script lang="ts">${script}</script>{width}`);
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/svelte-check/bin/svelte-check'),
      '--workspace',
      folder,
      '--tsconfig',
      join(folder, 'tsconfig.json'),
      '--fail-on-warnings',
    ],
    { cwd: root, encoding: 'utf8' },
  );
  return { status, text: stdout };
}

test('the check of component types passes what is right and fails a planted error', () => {
  expect(check('const width: number = 3;').status).toBe(0);
  const planted = check("const width: number = 'three';");
  expect(planted.text).toContain("Type 'string' is not assignable to type 'number'");
  expect(planted.status).toBe(1);
});
