import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  automaticEngine,
  engineBytes,
  engineStatuses,
  openEngine,
} from '../../../../main/compute/engines/open-engine.ts';
import { nvidiaGpus } from '../../../../main/compute/engines/tensorflow/folder.mjs';
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

test('auto is wasm where no GPU is there, and takes no memory of its own', () => {
  vi.stubEnv('ASSAY_TENSORFLOW_DEVICE', 'cpu');
  expect(automaticEngine()).toBe('wasm');
  expect([engineBytes('auto'), engineBytes('wasm'), engineBytes('reference')]).toEqual([0, 0, 0]);
  expect(engineBytes('tensorflow')).toBeGreaterThan(300e6);
  vi.unstubAllEnvs();
});

test('tensorflow that another version prepared says how to prepare it again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-tensorflow-'));
  writeFileSync(join(folder, 'tfjs_binding.node'), '');
  const record = { tensorflow: '2.21.0', source: { version: '4.22.0' }, wheel: { name: 'x' } };
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(record));
  vi.stubEnv('ASSAY_TENSORFLOW', folder);
  const error: unknown = await openEngine('tensorflow').catch((caught) => caught);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  expect(hasCode(error, 'engine-unavailable')).toBe(true);
  expect(String(error)).toContain('another version of Assay');
});

test("the driver's GPUs are found by name, and where it names none, by their device", () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-gpus-'));
  const places = { proc: join(folder, 'gpus'), device: join(folder, 'nvidia0') };
  expect(nvidiaGpus(places)).toEqual([]);
  writeFileSync(places.device, '');
  expect(nvidiaGpus(places)).toEqual(['NVIDIA GPU']);
  mkdirSync(join(places.proc, '0000:01:00.0'), { recursive: true });
  writeFileSync(
    join(places.proc, '0000:01:00.0', 'information'),
    'Model: \t\t NVIDIA H200\nIRQ: 5\n',
  );
  expect(nvidiaGpus(places)).toEqual(['NVIDIA H200']);
  rmSync(folder, { recursive: true });
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
