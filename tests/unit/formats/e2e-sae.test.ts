import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { e2eSaeSpec, isE2eSae } from '../../../main/formats/e2e-sae/spec.ts';
import { readSpec } from '../../../main/host/specs.ts';
import { runCount, runSpec, type TrainSpec } from '../../../shared/domain/job-spec.ts';
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
        /'hook_resid_pre' is not the whole name/,
      );
      expect(failing('pretrained_sae_paths: null', 'pretrained_sae_paths: a.pt')).toThrow(
        /saved dictionaries/,
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
    const spec = readSpec(
      e2eSaeSpec(sweep, 'sweep.yaml', () => base),
      'sweep.yaml',
    ) as TrainSpec;
    const runs = [0, 1, 2, 3].map((position) => runSpec(spec, position));
    expect(runs.map(({ objective }) => objective.logitsKl?.coefficient)).toEqual([
      undefined,
      undefined,
      2,
      2,
    ]);
    expect(runs.map(({ training }) => training.learningRate)).toEqual([1e-3, 1e-4, 1e-3, 1e-4]);
  });

  it('is refused where runs cannot share the stream of tokens', () => {
    const other = { ...sweep, parameters: { batch_size: { values: [4, 8] } } };
    expect(() => e2eSaeSpec(other, 'sweep.yaml', () => base)).toThrow(/Split the sweep/);
  });
});
