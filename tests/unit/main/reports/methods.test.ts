import { expect, test } from 'vitest';
import { trainingMethod } from '../../../../main/reports/methods.ts';

const spec = {
  kind: 'train',
  name: 'e',
  model: 'models/tiny',
  hook: 'blocks.2.hook_resid_pre',
  tokens: { file: 'train.safetensors' },
  dictionary: { latents: 512 },
  objective: { sparsity: { coefficient: 0.5 } },
  training: { sequences: 6400, batch: 8, learningRate: 0.001, warmup: 64 },
  evaluation: { tokens: { file: 'val.safetensors' }, sequences: 48 },
};

test('a training is told in sentences with its seeds, objective and schedule', () => {
  const text = trainingMethod(spec, [0, 1])?.join(' ') ?? '';
  expect(text).toContain('For each of 2 seeds (0, 1), a ReLU sparse autoencoder with 512 latents');
  expect(text).toContain('mean squared error + 0.500 × (1/d)');
  expect(text).toContain('6,400 sequences of train.safetensors in batches of 8');
  expect(text).toContain('warmed up over 64 sequences, cosine schedule down to 10 % of it');
  expect(text).toContain('means over 48 sequences of val.safetensors');
});

test('a term whose coefficient is 0 is not claimed', () => {
  const only = { ...spec, objective: { sparsity: { coefficient: 0 } } };
  expect(trainingMethod(only, [0])?.join(' ')).not.toContain('norm of the codes');
});

test('a spec that is no training has no training method', () => {
  expect(trainingMethod({ kind: 'regress' }, [0])).toBeUndefined();
});
