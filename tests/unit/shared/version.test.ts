import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { appVersion } from '../../../shared/version.ts';

it('the version that is shown is that of package.json', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8');
  expect((JSON.parse(text) as { version: string }).version).toBe(appVersion);
});
