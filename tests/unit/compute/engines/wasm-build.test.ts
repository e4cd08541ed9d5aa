import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const script = fileURLToPath(
  new URL('../../../../main/compute/engines/wasm/build-kernels.mjs', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
afterAll(() => rmSync(folder, { recursive: true }));

function build(...options: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, ...options], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('builds both kinds of kernels, and nothing where they are up to date', () => {
  expect(build('--out', folder)).toMatchObject({ status: 0 });
  expect(readdirSync(folder).sort()).toEqual(['relaxed.wasm', 'simd.wasm', 'stamp']);
  for (const name of ['relaxed', 'simd'])
    expect(WebAssembly.validate(new Uint8Array(readFileSync(join(folder, `${name}.wasm`))))).toBe(
      true,
    );
  const built = statSync(join(folder, 'relaxed.wasm')).mtimeMs;
  const again = build('--out', folder);
  expect(again.stderr).toContain('up to date');
  expect(statSync(join(folder, 'relaxed.wasm')).mtimeMs).toBe(built);
});

test('builds again where the stamp is another one', () => {
  writeFileSync(join(folder, 'stamp'), 'of other sources');
  expect(build('--out', folder).stderr).toContain('Built');
  expect(build('--out', folder).stderr).toContain('up to date');
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
