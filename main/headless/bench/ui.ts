import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../shared/errors.ts';
import type { BenchContext, Row } from './row.ts';

/** Part of the source tree, with the browser that drives the pages; an installed app has neither. */
const script = fileURLToPath(new URL('../../../tests/e2e/large/measure.ts', import.meta.url));

/**
 * The pages on a generated project of 100,000 latents and 1,000 runs, in Chromium: how soon they are
 * there, how soon sorts and filters answer, whether rows are missing while one scrolls, and the map.
 */
export async function* benchUi(
  _sizes: readonly string[],
  { signal }: BenchContext,
): AsyncGenerator<Row> {
  if (!existsSync(script))
    throw new AppError(
      'unsupported',
      'The pages are measured from the source tree alone. Run this command there.',
      { name: 'ui' },
    );
  const child = spawn(process.execPath, [script], { signal, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('exit', done);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { name, value, unit } = JSON.parse(line) as Pick<Row, 'name' | 'value' | 'unit'>;
    const none = { rival: null, rivalValue: null, ratio: null };
    yield { name, value, unit, engine: 'chromium', threads: 1, ...none };
  }
  const code = await ended;
  if (code !== 0)
    throw new AppError('worker-crashed', `The pages could not be measured (exit code ${code}).`, {
      name: 'ui',
    });
}
