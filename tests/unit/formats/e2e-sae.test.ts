import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { lensHookNames } from '../../../main/formats/e2e-sae/positions.ts';
import { e2eSaeSpec, isE2eSae } from '../../../main/formats/e2e-sae/spec.ts';
import { readSpec } from '../../../main/host/specs.ts';
import type { TrainSpec } from '../../../shared/domain/job-spec.ts';
import { runCount, runSpec } from '../../../shared/domain/run-spec.ts';
import { runType } from '../../../shared/domain/objective.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

const folder = sharedData('e2e-sae');
const read = (name: string) =>
  readSpec(readFileSync(join(folder ?? '', name), 'utf8'), name, folder) as TrainSpec;

describe.skipIf(!folder)(
  `run configs of e2e_sae${folder ? '' : ` (${missingData('e2e-sae')})`}`,
  () => {
    it('say everything that the published GPT-2 run does', () => {
      const tokens = {
        file: 'apollo-research/Skylion007-openwebtext-tokenizer-gpt2/train.safetensors',
        tensor: 'input_ids',
        context: 1024,
      };
      expect(read('gpt2_e2e_recon.yaml')).toMatchObject({
        kind: 'train',
        name: 'seed-0_lpcoeff-1.5_logits-kl-0.5_in-to-orig-2.5_lr-0.0005_ratio-60_blocks.6.hook_resid_pre',
        model: 'gpt2-small',
        processing: 'transformer-lens',
        hook: 'blocks.6.hook_resid_pre',
        tokens,
        seeds: [0],
        dictionary: { architecture: 'relu', ratio: 60 },
        objective: {
          sparsity: { coefficient: 1.5, p: 1 },
          outToIn: { coefficient: 0 },
          inToOrig: {
            coefficient: 2.5,
            hooks: [7, 8, 9, 10, 11].map((layer) => `blocks.${layer}.hook_resid_pre`),
          },
          logitsKl: { coefficient: 0.5, direction: 'model-to-spliced' },
        },
        training: {
          sequences: 400_000,
          batch: 16,
          microBatch: 8,
          learningRate: 5e-4,
          schedule: 'cosine',
          warmup: 20_000,
          cooldown: 0,
          minimumFactor: 0.1,
          gradientClip: 10,
          logEvery: 20,
          aliveWindowTokens: 500_000,
        },
        evaluation: { tokens, sequences: 500, every: 40_000 },
        features: { tokens, sequences: 489 },
        checkpointEvery: null,
      });
    });

    it.each([
      ['gpt2_local.yaml', 'local', 10],
      ['gpt2_e2e.yaml', 'e2e', 10],
      ['gpt2_e2e_recon.yaml', 'downstream', 10],
      ['tinystories_1M_e2e.yaml', 'e2e', 1],
      ['pythia_14m_e2e.yaml', 'e2e', null],
    ])('%s is of the type %s', (name, type, clip) => {
      const spec = read(name);
      expect(runType(spec.objective)).toBe(type);
      expect(spec.training.gradientClip).toBe(clip);
    });

    it('make one job of a sweep: two seeds of seven coefficients over its base config', () => {
      const spec = read('gpt2_local_sweep.yaml');
      expect(spec.name).toBe('gpt2_local_sweep');
      expect(spec.seeds).toEqual([0, 1]);
      expect(runCount(spec)).toBe(14);
      const runs = Array.from({ length: 14 }, (_, position) => runSpec(spec, position));
      expect(runs.map(({ seeds }) => seeds[0])).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
      expect(
        runs.filter((_, i) => i % 2 === 0).map(({ objective }) => objective.sparsity.coefficient),
      ).toEqual([1, 3, 6, 10, 15, 20, 30]);
      expect(new Set(runs.map(({ hook }) => hook))).toEqual(new Set(['blocks.10.hook_resid_pre']));
      expect(runs[3]!.training).toMatchObject({ sequences: 400_000, batch: 16, warmup: 20_000 });
    });

    it('tell by name what is wrong or cannot be done', () => {
      const text = readFileSync(join(folder ?? '', 'gpt2_e2e.yaml'), 'utf8');
      const failing = (from: string | RegExp, to: string) => () =>
        readSpec(text.replace(from, to), 'gpt2_e2e.yaml');
      expect(failing('seed: 0', 'sead: 0')).toThrow(/sead: is not a field of an e2e_sae config/);
      expect(failing('batch_size: 8', 'batch_size: 0')).toThrow(/batch_size/);
      expect(failing('effective_batch_size: 16', 'effective_batch_size: 12')).toThrow(
        /microBatch: 8 does not divide the 12/,
      );
      expect(failing('- blocks.6.hook_resid_pre', '- hook_resid_pre')).toThrow(
        /need the model gpt2-small to be looked up/,
      );
      expect(failing('pretrained_sae_paths: null', 'pretrained_sae_paths: a.pt')).toThrow(
        /goes on from a\.pt/,
      );
    });

    it('need the base config of a sweep beside it', () => {
      const text = readFileSync(join(folder ?? '', 'gpt2_local_sweep.yaml'), 'utf8');
      expect(() => readSpec(text, 'sweep.yaml')).toThrow(/a sweep over .*gpt2_local\.yaml/);
    });
  },
);

describe('a sweep over terms that some runs do not have', () => {
  const base = {
    ...parse(`
      seed: 3
      tlens_model_name: small
      n_samples: 100
      save_every_n_samples: null
      eval_n_samples: null
      batch_size: 4
      lr: 1e-3
      loss: { sparsity: { coeff: 1 }, in_to_orig: null, out_to_orig: null, out_to_in: null, logits_kl: null }
      train_data: { dataset_name: text, split: train, n_ctx: 32 }
      saes: { sae_positions: blocks.1.hook_resid_pre }
    `),
  } as object;
  const sources = {
    readBase: () => base,
    hookNames: () => lensHookNames({ model_type: 'gpt2', n_layer: 3 }, 'config.json'),
    openSaved: (path: string) => ({ path: `saved/${path}`, positions: savedIn[path] ?? [] }),
  };
  const savedIn: Record<string, string[]> = {
    'one.pt': ['blocks.0.hook_resid_pre', 'blocks.1.hook_resid_pre'],
    'two.pt': ['blocks.1.hook_resid_pre'],
    'other.pt': ['blocks.1.hook_mlp_out'],
  };
  const withSaes = (saes: object, loss: object = {}) => ({
    ...base,
    loss: { ...(base as { loss: object }).loss, ...loss },
    saes,
  });
  const read = (document: object) =>
    readSpec(e2eSaeSpec(document, 'run.yaml', sources), 'run.yaml') as TrainSpec;
  const sweep = {
    method: 'grid',
    command: ['python', 'base.yaml'],
    parameters: {
      loss: { parameters: { logits_kl: { values: [null, { coeff: 2 }] } } },
      lr: { values: [1e-3, 1e-4] },
    },
  };

  it('gives each run its own terms and rate', () => {
    expect(isE2eSae(sweep)).toBe(true);
    const spec = readSpec(e2eSaeSpec(sweep, 'sweep.yaml', sources), 'sweep.yaml') as TrainSpec;
    const runs = [0, 1, 2, 3].map((position) => runSpec(spec, position));
    expect(runs.map(({ objective }) => objective.logitsKl?.coefficient)).toEqual([
      undefined,
      undefined,
      2,
      2,
    ]);
    expect(runs.map(({ training }) => training.learningRate)).toEqual([1e-3, 1e-4, 1e-3, 1e-4]);
  });

  it('takes parts of names as e2e_sae does, and makes one pass of several positions', () => {
    const spec = read(withSaes({ sae_positions: 'hook_resid_pre' }, { logits_kl: { coeff: 1 } }));
    expect(spec.pathway).toBe('joint');
    const hooks = [0, 1, 2].map((layer) => `blocks.${layer}.hook_resid_pre`);
    expect(spec.variants?.map(({ hook }) => hook)).toEqual(hooks);
    const run = runSpec(spec, 1);
    expect(run).toMatchObject({ hook: hooks[1], pathway: 'joint' });
    expect(run.companions?.map(({ hook }) => hook)).toEqual([hooks[0], hooks[2]]);
    expect(() => read(withSaes({ sae_positions: 'blocks.1' }))).toThrow(
      /'blocks\.1' also means blocks\.1\.ln1\.hook_scale/,
    );
    expect(() => read(withSaes({ sae_positions: 'resid_past' }))).toThrow(
      /'resid_past' is in the name of no hook point/,
    );
  });

  it('goes on from saved dictionaries, frozen unless they are to be retrained', () => {
    const saes = {
      sae_positions: [
        'blocks.1.hook_resid_pre',
        'blocks.0.hook_resid_pre',
        'blocks.2.hook_mlp_out',
      ],
      pretrained_sae_paths: ['one.pt', 'two.pt'],
    };
    const starts = (retrain: boolean) => {
      const spec = read(withSaes({ ...saes, retrain_saes: retrain }));
      return [0, 1, 2].map((at) => {
        const { hook, dictionary } = runSpec(spec, at);
        return [hook, dictionary.start, dictionary.frozen];
      });
    };
    expect(starts(true)).toEqual([
      ['blocks.1.hook_resid_pre', 'saved/two.pt', undefined],
      ['blocks.0.hook_resid_pre', 'saved/one.pt', undefined],
      ['blocks.2.hook_mlp_out', undefined, undefined],
    ]);
    expect(starts(false).map(([, , frozen]) => frozen)).toEqual([true, true, undefined]);
    expect(() => read(withSaes({ ...saes, pretrained_sae_paths: 'other.pt' }))).toThrow(
      /other\.pt holds a dictionary at blocks\.1\.hook_mlp_out, which is not among/,
    );
    const [position] = saes.sae_positions;
    const all = { sae_positions: position, pretrained_sae_paths: 'two.pt' };
    expect(() => read(withSaes(all))).toThrow(/nothing would be learned/);
  });

  it('numbers the passes of a sweep over several positions', () => {
    const spec = readSpec(
      e2eSaeSpec(sweep, 'sweep.yaml', {
        ...sources,
        readBase: () => withSaes({ sae_positions: 'hook_mlp_out' }),
      }),
      'sweep.yaml',
    ) as TrainSpec;
    expect(spec.variants?.map(({ pass }) => pass)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(runSpec(spec, 4).companions).toHaveLength(2);
  });

  it('is refused where runs cannot share the stream of tokens', () => {
    const other = { ...sweep, parameters: { batch_size: { values: [4, 8] } } };
    expect(() => e2eSaeSpec(other, 'sweep.yaml', sources)).toThrow(/Split the sweep/);
  });
});
