import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readE2eSaeDictionary } from '../../main/formats/e2e-sae/checkpoint.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const saes = resolve(import.meta.dirname, '../golden/joint-step/saes.pt');

async function finish({ client, until }: TestHost, project: string, spec: unknown) {
  const { id } = await client.call('jobs.submit', {
    project,
    spec: spec as Record<string, unknown>,
  });
  const job = await until(project, id, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  return { id, runs: job.runs };
}

async function open() {
  const folder = makeTinyProject();
  const test = startHost({ launcher: forkLauncher() });
  const { id: project } = await test.client.call('project.open', { path: folder });
  const fileOf = (job: string, run: string) =>
    join(folder, '.assay/runs', job, run, 'dictionary.safetensors');
  return { folder, test, project, fileOf };
}

/** As people have them: positions by a part of their names, one of them from a saved dictionary. */
const config = `
seed: 3
tlens_model_name: model
n_samples: 240
save_every_n_samples: null
eval_n_samples: 16
batch_size: 4
effective_batch_size: 8
lr: 1e-3
warmup_samples: 40
max_grad_norm: 1.0
loss: { sparsity: { coeff: 0.2 }, in_to_orig: { total_coeff: 1.0, hook_positions: blocks.1.hook_resid_pre }, out_to_orig: null, out_to_in: { coeff: 0.0 }, logits_kl: { coeff: 1.0 } }
train_data: { dataset_name: data, split: train, n_ctx: 12 }
eval_data: { dataset_name: data, split: train, n_ctx: 12 }
collect_act_frequency_every_n_samples: 0
saes: { dict_size_to_input_ratio: 1.5, pretrained_sae_paths: far/away/saes.pt, retrain_saes: RETRAIN, sae_positions: [hook_resid_pre, blocks.0.hook_mlp_out] }
`;

describe('a config of e2e_sae with several positions', () => {
  it('is trained in one pass, from saved dictionaries, and resumed to the same bits', async () => {
    const { folder, test, project, fileOf } = await open();
    const { client, until } = test;
    copyFileSync(saes, join(folder, 'saes.pt'));
    mkdirSync(join(folder, 'data'));
    copyFileSync(join(folder, 'tokens.safetensors'), join(folder, 'data/train.safetensors'));
    const frozen = await finish(test, project, config.replace('RETRAIN', 'false'));
    expect(frozen.runs).toHaveLength(3);

    // Saved ones stay as they are but for their lengths; the one beside them learns through them.
    const hooks = ['blocks.0.hook_resid_pre', 'blocks.0.hook_mlp_out', 'blocks.1.hook_resid_pre'];
    const found: string[] = [];
    for (const run of frozen.runs) {
      const { run: row, spec } = await client.call('runs.get', { project, run });
      found.push(row.hook);
      expect(spec).toMatchObject({ pathway: 'joint', seeds: [3] });
      expect((spec['companions'] as unknown[]).length).toBe(2);
      expect(row.metrics['ceIncrease']).not.toBeUndefined();
      if (row.hook === 'blocks.0.hook_mlp_out') continue;
      const saved = readE2eSaeDictionary(saes, row.hook);
      const reader = openSafetensors(fileOf(frozen.id, run));
      expect([...reader.floats('b_enc')]).toEqual([...saved.encoderBias]);
      reader.close();
    }
    expect(found.sort()).toEqual(hooks.sort());
    // All of one pass see the same model.
    const increases = await Promise.all(
      frozen.runs.map(async (run) => (await client.call('runs.get', { project, run })).run.metrics),
    );
    expect(new Set(increases.map((metrics) => metrics['ceIncrease'])).size).toBe(1);

    const again = await client.call('runs.again', { project, run: frozen.runs[0]! });
    const repeated = await finish(test, project, again.spec);
    const retrained = await finish(test, project, config.replace('RETRAIN', 'true'));
    frozen.runs.forEach((run, index) => {
      const bytes = (job: { id: string; runs: readonly string[] }) =>
        readFileSync(fileOf(job.id, job.runs[index]!));
      expect(bytes(repeated)).toEqual(readFileSync(fileOf(frozen.id, run)));
      expect(bytes(retrained)).not.toEqual(bytes(frozen));
    });

    const long = config.replace('RETRAIN', 'true').replace('n_samples: 240', 'n_samples: 2400');
    const whole = await finish(test, project, long);
    const { id: job } = await client.call('jobs.submit', { project, spec: long });
    await until(project, job, 'running');
    await new Promise((done) => setTimeout(done, 400));
    await client.call('jobs.act', { project, job, action: 'cancel' });
    await until(project, job, 'cancelled');
    await client.call('jobs.act', { project, job, action: 'requeue' });
    const { runs } = await until(project, job, 'succeeded', 'failed');
    runs.forEach((run, index) =>
      expect(readFileSync(fileOf(job, run))).toEqual(
        readFileSync(fileOf(whole.id, whole.runs[index]!)),
      ),
    );
  }, 120_000);
});

describe('transcoders', () => {
  const variants = [
    { dictionary: { architecture: 'relu', ratio: 4 } },
    { dictionary: { architecture: 'topk', ratio: 4, k: 6, skip: true } },
    { dictionary: { architecture: 'gated', ratio: 4, skip: true }, hook: 'blocks.0.hook_mlp_in' },
    {
      dictionary: { architecture: 'batchtopk', ratio: 4, k: 6, skip: true },
      objective: { preset: 'e2e', sparsity: { coefficient: 0 } },
    },
  ];
  const spec = tinySpec({
    hook: 'blocks.0.ln2.hook_normalized',
    target: 'blocks.0.hook_mlp_out',
    seeds: [1],
    training: { sequences: 1600, batch: 8, learningRate: 3e-3, warmup: 40 },
    variants,
  });

  it('are trained, measured, kept, opened again and gone on from', async () => {
    const { test, project, fileOf } = await open();
    const { client } = test;
    const whole = await finish(test, project, spec);
    for (const [index, run] of whole.runs.entries()) {
      const { metrics } = (await client.call('runs.get', { project, run })).run;
      // Of what the MLP gives, not of what it reads.
      expect(metrics['explainedVariance']).toBeGreaterThan(index === 3 ? 0 : 0.3);
      expect(Number.isFinite(metrics['ceIncrease'])).toBe(true);
      const reader = openSafetensors(fileOf(whole.id, run));
      expect(reader.metadata.get('target')).toBe('blocks.0.hook_mlp_out');
      expect(reader.tensors.has('W_skip')).toBe(index > 0);
      reader.close();
    }
    const relative = (run: string) => `.assay/runs/${whole.id}/${run}/dictionary.safetensors`;
    const onward = whole.runs.map((run, index) => ({
      ...variants[index],
      dictionary: { ...variants[index]!.dictionary, start: relative(run) },
    }));
    const brief = { sequences: 8, batch: 8, learningRate: 1e-9, schedule: 'constant' };
    const again = await finish(test, project, { ...spec, variants: onward, training: brief });
    for (const [index, run] of again.runs.entries()) {
      const [before, after] = [
        openSafetensors(fileOf(whole.id, whole.runs[index]!)),
        openSafetensors(fileOf(again.id, run)),
      ];
      for (const name of before.tensors.keys()) {
        const expected = before.floats(name);
        const tolerance = name === 'threshold' ? 0.05 : 1e-5;
        after.floats(name).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance);
        });
      }
      before.close();
      after.close();
    }
  }, 120_000);

  it('are refused where they cannot be', async () => {
    const { test, project } = await open();
    const submit = (changes: Record<string, unknown>) =>
      test.client.call('jobs.submit', { project, spec: tinySpec(changes) });
    const hook = 'blocks.1.ln2.hook_normalized';
    await expect(submit({ hook })).rejects.toThrow(/can only be read; give a target/);
    await expect(submit({ hook, target: 'blocks.1.hook_resid_pre' })).rejects.toThrow(
      /target: blocks.1.hook_resid_pre is not after the hook/,
    );
    await expect(submit({ dictionary: { ratio: 4, skip: true } })).rejects.toThrow(
      /dictionary.skip: belongs to transcoders/,
    );
    await expect(submit({ pathway: 'joint', variants: [{}, { learningRate: 1 }] })).rejects.toThrow(
      /variants.1.hook: blocks.1.hook_resid_pre has another dictionary of the same pass/,
    );
    await expect(submit({ dictionary: { ratio: 4, frozen: true } })).rejects.toThrow(
      /frozen: needs a dictionary to keep|nothing would be learned/,
    );
  });
});
