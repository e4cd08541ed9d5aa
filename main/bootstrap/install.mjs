import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
const stamp = resolve(root, 'node_modules/.assay-installed');

/** Hash of what an install depends on: the lockfile, and the platform whose binaries it picked. */
function wanted() {
  const lock = readFileSync(resolve(root, 'package-lock.json'));
  return createHash('sha256')
    .update(lock)
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

/** Installs exactly what the lockfile pins, unless that is what is there. */
export async function install({ quiet = false } = {}) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()) return;
  if (!quiet) console.log('Installing packages (npm ci) …');
  // npm must not print on the stdout of a command whose answer is one JSON document.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', quiet ? 2 : 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    throw new Error('npm ci failed. Check the network or the registry that npm is set up to use.');
  writeFileSync(stamp, wanted());
}
