import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UtilityLauncher, workerEnvironment } from '../../../../main/electron/launcher.ts';
import type { WorkerExit, WorkerProcess } from '../../../../main/jobs/launcher.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const entry = join(import.meta.dirname, '../../../support/echo-worker.mjs');
let worker: WorkerProcess;
let messages: unknown[];
let exit: Promise<WorkerExit>;

beforeEach(() => {
  vi.stubEnv('WANDB_API_KEY', 'canary');
  messages = [];
  worker = new UtilityLauncher(entry).launch();
  worker.onMessage((message) => messages.push(message));
  exit = new Promise((resolve) => worker.onExit(resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  worker.kill('SIGKILL');
  await exit;
});

test('a worker gets messages and answers, and is known by its pid', async () => {
  worker.send({ type: 'resume' });
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  expect(messages[0]).toEqual({ type: 'ready', pid: worker.pid });
  expect(messages[1]).toMatchObject({ said: { type: 'resume' } });
});

test('a worker inherits no key', async () => {
  worker.send({ type: 'resume' });
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  const { environment } = messages[1] as { environment: string[] };
  expect(environment).toContain('PATH');
  expect(environment).not.toContain('WANDB_API_KEY');
});

test('last words are told', async () => {
  const words: string[] = [];
  worker.onErrorText((text) => words.push(text));
  worker.send({ type: 'pause' });
  await vi.waitFor(() => expect(words.join('')).toBe('last words\n'));
});

test('an exit is told with its code', async () => {
  worker.send({ type: 'cancel' });
  expect(await exit).toEqual({ code: 3, signal: null });
});

test.each(['SIGTERM', 'SIGKILL'] as const)('a worker is ended by %s', async (signal) => {
  await vi.waitFor(() => expect(messages).toHaveLength(1));
  worker.kill(signal);
  expect((await exit).code).not.toBe(0);
});

test('names that hold keys are recognised', () => {
  const names = {
    HF_TOKEN: 'a',
    OPENAI_API_KEY: 'b',
    AWS_SECRET_ACCESS_KEY: 'c',
    db_password: 'd',
    HOME: 'e',
  };
  expect(workerEnvironment(names)).toEqual({ HOME: 'e' });
});
