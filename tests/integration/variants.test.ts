import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

/** A local dictionary, a wider one that is trained end to end elsewhere, and one with downstream terms. */
const variants = [
  { objective: { sparsity: { coefficient: 0.2 } } },
  {
    hook: 'blocks.0.hook_resid_mid',
    dictionary: { latents: 40 },
    objective: { preset: 'e2e', sparsity: { coefficient: 0.1 } },
  },
  {
    hook: 'blocks.0.hook_resid_pre',
    objective: { preset: 'e2e+downstream' },
    learningRate: 3e-3,
  },
];

const training = { sequences: 240, batch: 8, microBatch: 4, learningRate: 1e-3, warmup: 40 };

async function finish({ client, until }: TestHost, project: string, spec: Record<string, unknown>) {
  const { id } = await client.call('jobs.submit', { project, spec });
  const job = await until(project, id, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  return { id, runs: job.runs };
}

describe('a job of several variants', () => {
  it('gives each the weights, metrics and features of a training by itself', async () => {
    const folder = makeTinyProject();
    const test = startHost({ launcher: forkLauncher() });
    const { client } = test;
    const { id: project } = await client.call('project.open', { path: folder });
    const seeds = [0, 7];
    const together = await finish(test, project, tinySpec({ variants, seeds, training }));
    expect(together.runs).toHaveLength(6);

    const { groups } = await client.call('runs.groups', { project });
    expect(groups).toHaveLength(3);
    expect(groups.map(({ runs }) => runs.map(({ seed }) => seed))).toEqual([seeds, seeds, seeds]);

    const files = (job: string, run: string) =>
      ['dictionary.safetensors', 'metrics.json', 'activations.safetensors'].map((name) =>
        readFileSync(join(folder, '.assay/runs', job, run, name)),
      );
    for (const [variant, hook] of ['blocks.1.hook_resid_pre', variants[1]!.hook].entries()) {
      const run = together.runs[variant * 2 + 1]!;
      const { spec, siblings, run: row } = await client.call('runs.get', { project, run });
      expect(spec).toMatchObject({ hook, seeds: [7] });
      expect(row).toMatchObject({ hook, seed: 7 });
      expect(siblings.map(({ id }) => id)).toEqual([together.runs[variant * 2]!]);
      const alone = await finish(test, project, spec);
      expect(files(alone.id, alone.runs[0]!)).toEqual(files(together.id, run));
    }
  }, 60_000);

  it('ends with the same bits where it was stopped on the way and went on', async () => {
    const folder = makeTinyProject();
    const test = startHost({ launcher: forkLauncher() });
    const { client, until } = test;
    const { id: project } = await client.call('project.open', { path: folder });
    const spec = tinySpec({ variants, seeds: [1], training: { ...training, sequences: 1600 } });
    const whole = await finish(test, project, spec);
    const { id: job } = await client.call('jobs.submit', { project, spec });
    for (let stop = 0; stop < 3; stop++) {
      await until(project, job, 'running');
      await new Promise((done) => setTimeout(done, 150));
      await client.call('jobs.act', { project, job, action: 'cancel' });
      await until(project, job, 'cancelled');
      await client.call('jobs.act', { project, job, action: 'requeue' });
    }
    const { runs } = await until(project, job, 'succeeded', 'failed');
    const log = await client.call('jobs.log', { project, job, after: 0, limit: 100 });
    expect(JSON.stringify(log)).toMatch(/Resuming at step [1-9]/);
    runs.forEach((run, index) => {
      const read = (id: string, of: string) =>
        readFileSync(join(folder, '.assay/runs', id, of, 'dictionary.safetensors'));
      expect(read(job, run)).toEqual(read(whole.id, whole.runs[index]!));
    });
  }, 60_000);

  it('is refused where a variant cannot be or is another', async () => {
    const { client } = startHost({ launcher: forkLauncher() });
    const { id: project } = await client.call('project.open', { path: makeTinyProject() });
    const submit = (list: unknown[]) =>
      client.call('jobs.submit', { project, spec: tinySpec({ variants: list }) });
    await expect(submit([{ objective: { sparsity: { coefficient: -1 } } }])).rejects.toThrow(
      /variants\.0\.objective\.sparsity\.coefficient/,
    );
    await expect(submit([{}, { hook: 'blocks.1.hook_resid_pre' }])).rejects.toThrow(
      /variants\.1: says the same as variants\.0/,
    );
    await expect(submit([{ seeds: [1] }])).rejects.toThrow(/'variants\.0\.seeds' is not known/);
  });
});

describe('a dictionary that goes on from a file', () => {
  it('starts from its weights, and is refused where the sizes differ', async () => {
    const folder = makeTinyProject();
    const test = startHost({ launcher: forkLauncher() });
    const { id: project } = await test.client.call('project.open', { path: folder });
    const one = { seeds: [3], training: { ...training, schedule: 'constant', warmup: 0 } };
    const first = await finish(test, project, tinySpec(one));
    const start = `.assay/runs/${first.id}/${first.runs[0]!}/dictionary.safetensors`;
    const goOn = tinySpec({
      ...one,
      dictionary: { ratio: 4, start },
      objective: { preset: 'kl-finetune', sparsity: { coefficient: 0.5 } },
      training: { ...one.training, learningRate: 1e-9 },
    });
    const second = await finish(test, project, goOn);
    const read = (job: string, run: string) => {
      const path = join(folder, '.assay/runs', job, run, 'dictionary.safetensors');
      const reader = openSafetensors(path);
      const weights = ['W_enc', 'b_enc', 'W_dec', 'b_dec'].flatMap((name) => [
        ...reader.floats(name),
      ]);
      reader.close();
      return weights;
    };
    const wanted = read(first.id, first.runs[0]!);
    read(second.id, second.runs[0]!).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 5);
    });

    const other = { ...goOn, dictionary: { ratio: 8, start } };
    const { id } = await test.client.call('jobs.submit', { project, spec: other });
    const failed = await test.until(project, id, 'failed', 'succeeded');
    expect(failed.error).toMatchObject({ code: 'shape-mismatch' });
  }, 60_000);
});
