import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const module = new URL('../../../main/bootstrap/tensorflow.mjs', import.meta.url).href;
const script = `const { setUpTensorflow } = await import(${JSON.stringify(module)});
await setUpTensorflow().catch((error) => { console.error(error.message); process.exit(1); });`;
const here = process.platform === 'linux' && process.arch === 'x64';

describe.skipIf(!here)('preparing TensorFlow where something is missing', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'setup-'));
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'data'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function setUp(path: string) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      {
        encoding: 'utf8',
        env: { PATH: path, ASSAY_TENSORFLOW: join(folder, 'data', 'tensorflow') },
      },
    );
    return { status, stderr, left: readdirSync(join(folder, 'data')) };
  }

  test('says which program is missing, and leaves nothing behind', () => {
    const { status, stderr, left } = setUp(join(folder, 'bin'));
    expect(status).toBe(1);
    expect(stderr).toContain('Fetching the binding needs npm, which is not here.');
    expect(left).toEqual([]);
  });

  test('uses nothing of a package with another hash, and leaves nothing behind', () => {
    const npm = join(folder, 'bin', 'npm');
    writeFileSync(npm, '#!/bin/sh\necho other > tensorflow.tgz\n');
    chmodSync(npm, 0o755);
    const { status, stderr, left } = setUp([join(folder, 'bin'), '/bin'].join(delimiter));
    expect(status).toBe(1);
    expect(stderr).toMatch(/is not what was expected: its sha512 is .*Nothing of it was used/);
    expect(left).toEqual([]);
  });
});
