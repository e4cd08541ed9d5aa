import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = new URL('../../main/bootstrap/build-kernels.mjs', import.meta.url);

/** Run once before all tests: brings the kernels up to date (at once where they are). */
export function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(script)], { stdio: 'pipe' });
}
