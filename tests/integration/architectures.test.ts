import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const auxiliary = { deadAfter: 200, k: 4 };
const variants = [
  { dictionary: { resample: { every: 160, deadAfter: 100 }, decoderNorm: 'projected' } },
  { dictionary: { architecture: 'topk', k: 4, auxiliary } },
  {
    dictionary: { architecture: 'batchtopk', k: 4, auxiliary },
    objective: { preset: 'e2e', sparsity: { coefficient: 0 } },
  },
  { dictionary: { architecture: 'matryoshka', k: 4, auxiliary, decoderNorm: 'projected' } },
  { dictionary: { architecture: 'jumprelu', bandwidth: 0.1, threshold: 0.1 } },
  { dictionary: { architecture: 'gated' } },
];
const training = { sequences: 1600, batch: 8, microBatch: 4, learningRate: 1e-3, warmup: 40 };
/** Tensors of each file beside W_enc, W_dec and b_dec. */
const others = [
  ['b_enc'],
  ['b_enc'],
  ['b_enc', 'threshold'],
  ['b_enc', 'threshold'],
  ['b_enc', 'threshold'],
  ['b_gate', 'b_mag', 'r_mag'],
];

async function finish({ client, until }: TestHost, project: string, spec: Record<string, unknown>) {
  const { id } = await client.call('jobs.submit', { project, spec });
  const job = await until(project, id, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  return { id, runs: job.runs };
}

describe('every architecture', () => {
  it('is trained, measured, kept, resumed to the same bits, and gone on from', async () => {
    const folder = makeTinyProject();
    const test = startHost({ launcher: forkLauncher() });
    const { client, until } = test;
    const { id: project } = await client.call('project.open', { path: folder });
    const spec = tinySpec({ variants, seeds: [1], training });
    const whole = await finish(test, project, spec);
    const fileOf = (job: string, run: string) =>
      join('.assay/runs', job, run, 'dictionary.safetensors');

    for (const [index, run] of whole.runs.entries()) {
      const { metrics } = (await client.call('runs.get', { project, run })).run;
      expect(metrics?.['explainedVariance']).toBeGreaterThan(index === 2 ? 0 : 0.2);
      const k = (variants[index]!.dictionary as { k?: number }).k;
      if (index === 1) expect(metrics?.['l0']).toBeLessThanOrEqual(k!);
      // The threshold is a running mean of a dictionary that learns: near k, not k.
      else if (k !== undefined) expect(Math.abs(metrics['l0']! - k)).toBeLessThan(1);
      const reader = openSafetensors(join(folder, fileOf(whole.id, run)));
      const names = ['W_enc', 'W_dec', 'b_dec', ...others[index]!];
      expect([...reader.tensors.keys()].sort()).toEqual(names.sort());
      reader.close();
    }
    const dictionaries = await client.call('dictionaries.list', { project });
    expect(dictionaries.map(({ architecture }) => architecture).sort()).toEqual(
      variants.map(({ dictionary }) => dictionary.architecture ?? 'relu').sort(),
    );
    expect(dictionaries.every(({ alive }) => (alive ?? 0) > 0)).toBe(true);

    const { id: job } = await client.call('jobs.submit', { project, spec });
    for (let stop = 0; stop < 2; stop++) {
      await until(project, job, 'running');
      await new Promise((done) => setTimeout(done, 300));
      await client.call('jobs.act', { project, job, action: 'cancel' });
      await until(project, job, 'cancelled');
      await client.call('jobs.act', { project, job, action: 'requeue' });
    }
    const { runs } = await until(project, job, 'succeeded', 'failed');
    const log = await client.call('jobs.log', { project, job, after: 0, limit: 100 });
    expect(JSON.stringify(log)).toMatch(/Resuming at step [1-9]/);
    for (const [index, run] of runs.entries())
      expect(readFileSync(join(folder, fileOf(job, run)))).toEqual(
        readFileSync(join(folder, fileOf(whole.id, whole.runs[index]!))),
      );

    // A step of rate 0 leaves what it started from.
    const onward = variants.map(({ dictionary }, index) => ({
      dictionary: { ...dictionary, start: fileOf(whole.id, whole.runs[index]!) },
    }));
    const brief = { sequences: 8, batch: 8, learningRate: 1e-9, schedule: 'constant' };
    const again = await finish(
      test,
      project,
      tinySpec({ variants: onward, seeds: [1], training: brief }),
    );
    for (const [index, run] of again.runs.entries()) {
      const [before, after] = [fileOf(whole.id, whole.runs[index]!), fileOf(again.id, run)].map(
        (path) => openSafetensors(join(folder, path)),
      );
      for (const name of before!.tensors.keys()) {
        const expected = before!.floats(name);
        const tolerance = name === 'threshold' && index < 4 ? 0.05 : 1e-5;
        after!.floats(name).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance);
        });
      }
      before!.close();
      after!.close();
    }
  }, 120_000);
});
