import { expect, test, vi } from 'vitest';
import { engineStatuses, openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { hasCode } from '../../../../shared/errors.ts';
import { missingTensorflow } from '../../../support/tensorflow.ts';

test('auto opens the wasm engine with the threads asked for', async () => {
  const engine = await openEngine('auto', { threads: 1 });
  expect(engine.info).toMatchObject({ name: 'wasm', threads: 1, precision: 'float32' });
  expect(engine.info.device).toMatch(/^CPU, 1 thread, (relaxed|plain) SIMD$/);
  await engine.close();
});

test('an engine asked for by name is that engine', async () => {
  for (const name of ['wasm', 'reference'] as const) {
    const engine = await openEngine(name);
    expect(engine.info.name).toBe(name);
    await engine.close();
  }
});

test('an engine that this version does not have is refused by name', async () => {
  const error: unknown = await openEngine('abacus' as 'auto').catch((caught) => caught);
  expect(hasCode(error, 'engine-unavailable')).toBe(true);
  expect(String(error)).toContain('abacus');
});

test('tensorflow without its files says how to prepare them', async () => {
  vi.stubEnv('ASSAY_TENSORFLOW', '/nowhere');
  const error: unknown = await openEngine('tensorflow').catch((caught) => caught);
  const status = (await engineStatuses()).find(({ name }) => name === 'tensorflow');
  vi.unstubAllEnvs();
  expect(hasCode(error, 'engine-unavailable')).toBe(true);
  expect(String(error)).toContain('npm run setup:tensorflow');
  expect(status).toMatchObject({ available: false, why: (error as Error).message });
});

test.each([0, 1.5, 65])('%s threads are refused', async (threads) => {
  const error: unknown = await openEngine('wasm', { threads }).catch((caught) => caught);
  expect(hasCode(error, 'bad-input')).toBe(true);
});

test('every engine has a status, and one that is missing says why', async () => {
  const statuses = await engineStatuses();
  expect(statuses.map(({ name, available }) => [name, available])).toEqual([
    ['wasm', true],
    ['tensorflow', missingTensorflow() === undefined],
    ['reference', true],
  ]);
  for (const { available, why, device } of statuses) {
    expect(why === null).toBe(available);
    expect(device !== null).toBe(available);
  }
});
