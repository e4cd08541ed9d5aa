import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { createHost, type Host } from '../../main/host/create-host.ts';
import type { HostOptions } from '../../main/host/options.ts';
import { systemClock } from '../../main/jobs/clock.ts';
import { connect, type Client } from '../../shared/contract/connect.ts';
import { contract, type AssayContract, type Output } from '../../shared/contract/index.ts';
import { createPair } from '../../shared/contract/pair.ts';
import { serve } from '../../shared/contract/serve.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import { temporaryFolder } from './folders.ts';
import { fakeLauncher } from './fake-launcher.ts';
import { fakeTokens, fake } from './fake-features.ts';

export interface TestHost {
  readonly host: Host;
  readonly client: Client<AssayContract>;
  readonly userData: string;
  readonly bugs: unknown[];
  /** Waits until a job has come to one of the states. */
  until(project: string, job: string, ...states: JobState[]): Promise<Output<'jobs.get'>>;
}

/** A host with fake workers, and a client of it. It is closed after the test. */
export function startHost(options: Partial<HostOptions> = {}): TestHost {
  const userData = options.paths?.userData ?? temporaryFolder();
  const bugs: unknown[] = [];
  const host = createHost({
    shell: 'headless',
    version: '0.0.0',
    electron: null,
    paths: { userData, resources: resolve(import.meta.dirname, '../../resources'), home: userData },
    launcher: fakeLauncher(),
    clock: systemClock,
    log: (level, message, details) => {
      if (level === 'error') bugs.push({ message, ...details });
    },
    blobAddress: (handle) => `/blob/${handle}`,
    ...options,
  });
  const [near, far] = createPair();
  serve(contract, host.service, far, (_id, _operation, error) => bugs.push(error));
  const client = connect(contract, near);
  onTestFinished(async () => {
    client.close();
    await host.close();
  });
  const until = async (project: string, job: string, ...states: JobState[]) => {
    for (const end = Date.now() + 50_000; ;) {
      const row = await client.call('jobs.get', { project, job });
      if (states.includes(row.state)) return row;
      if (Date.now() > end)
        throw new Error(`The job is ${row.state}: ${JSON.stringify(row.error)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  return { host, client, userData, bugs, until };
}

/** The error that a call ends with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => ({ succeeded: value }),
    (error: unknown) => error,
  );
}

/** A project folder with what a fake job needs: tokens and something that looks like a model. */
export function makeProject(): string {
  const folder = join(temporaryFolder(), 'experiment');
  const model = join(folder, 'model');
  mkdirSync(model, { recursive: true });
  const config = {
    model_type: 'gpt2',
    n_layer: 2,
    n_embd: fake.dIn,
    n_head: 2,
    vocab_size: fake.vocabulary,
    n_positions: fake.context,
  };
  writeFileSync(join(model, 'config.json'), JSON.stringify(config));
  writeSafetensors(join(model, 'model.safetensors'), [
    {
      name: 'wte.weight',
      shape: [fake.vocabulary, fake.dIn],
      data: new Float32Array(fake.vocabulary * fake.dIn),
    },
  ]);
  writeSafetensors(join(folder, 'tokens.safetensors'), [
    { name: 'input_ids', shape: [fake.rows, fake.context], data: fakeTokens() },
  ]);
  return folder;
}

export function specText(changes = ''): string {
  return `kind: train
name: small
model: model
hook: blocks.1.hook_resid_pre
tokens: { file: tokens.safetensors }
dictionary: { ratio: 3 }
objective: { sparsity: { coefficient: 1 } }
training: { sequences: 400, batch: 10, learningRate: 0.001 }
${changes}`;
}
