import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const entry = resolve(import.meta.dirname, '../../../main/headless/index.ts');

/** Runs a command of `assay` to its end, as from a terminal. @throws where it fails */
export async function runAssay(words: readonly string[], home: string): Promise<void> {
  await promisify(execFile)(process.execPath, [entry, ...words], {
    env: { ...process.env, ASSAY_HOME: home },
  });
}
