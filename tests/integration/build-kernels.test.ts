import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';

const script = fileURLToPath(new URL('../../main/bootstrap/build-kernels.mjs', import.meta.url));
const folder = temporaryFolder();
const engine = join(folder, 'main/compute/engines/wasm/build');
const dictionaries = join(folder, 'main/formats/dictionaries/build');

function build(...options: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, ...options], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('builds all kernels, and nothing where they are up to date', () => {
  expect(build('--out', folder)).toMatchObject({ status: 0 });
  expect(readdirSync(engine).sort()).toEqual(['relaxed.wasm', 'simd.wasm', 'stamp']);
  expect(readdirSync(dictionaries).sort()).toEqual(['rows.wasm', 'stamp']);
  for (const file of [
    join(engine, 'relaxed.wasm'),
    join(engine, 'simd.wasm'),
    join(dictionaries, 'rows.wasm'),
  ])
    expect(WebAssembly.validate(new Uint8Array(readFileSync(file)))).toBe(true);
  const built = statSync(join(engine, 'relaxed.wasm')).mtimeMs;
  const again = build('--out', folder);
  expect(again.stderr).toContain('up to date');
  expect(again.stderr).not.toContain('Built');
  expect(statSync(join(engine, 'relaxed.wasm')).mtimeMs).toBe(built);
});

test('builds those again whose stamp is another one', () => {
  writeFileSync(join(dictionaries, 'stamp'), 'of other sources');
  const { stderr } = build('--out', folder);
  expect(stderr).toContain('Built the kernels of main/formats/dictionaries');
  expect(stderr).toContain('wasm are up to date');
  expect(build('--out', folder).stderr).not.toContain('Built');
});

test('fails in words where it cannot write', () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { status, stderr } = build('--out', join(file, 'below'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/ENOTDIR|EEXIST/);
});

test('refuses options that it does not know', () => {
  expect(build('--nonsense')).toMatchObject({ status: 2 });
});
