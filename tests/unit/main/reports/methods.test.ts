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

test('a training on text says how it was packed', () => {
  const text = { packing: 'transformer-lens', bos: true };
  const packed = { ...spec, tokens: { file: 'a.jsonl', context: 128, text } };
  expect(trainingMethod(packed, [0])?.join(' ')).toContain(
    "of a.jsonl (text in rows of 128 tokens: TransformerLens' tokenize_and_concatenate, each after BOS)",
  );
});

test('a term whose coefficient is 0 is not claimed', () => {
  const only = { ...spec, objective: { sparsity: { coefficient: 0 } } };
  expect(trainingMethod(only, [0])?.join(' ')).not.toContain('norm of the codes');
});

test('a transcoder and the pass that it shares are told', () => {
  const transcoder = {
    ...spec,
    hook: 'blocks.1.ln2.hook_normalized',
    target: 'blocks.1.hook_mlp_out',
    dictionary: { latents: 512, skip: true },
    pathway: 'joint',
    companions: [{ hook: 'blocks.2.hook_resid_pre' }],
  };
  expect(trainingMethod(transcoder, [0])?.join(' ')).toContain(
    'a ReLU transcoder with 512 latents and a skip connection was trained from blocks.1.ln2.hook_normalized to blocks.1.hook_mlp_out of models/tiny, spliced in together with those at blocks.2.hook_resid_pre.',
  );
});

test('a spec that is no training has no training method', () => {
  expect(trainingMethod({ kind: 'regress' }, [0])).toBeUndefined();
});

test.each([
  [
    { architecture: 'topk', k: 8 },
    ['a TopK (k = 8) sparse autoencoder', '0.0313 × AuxK (latents dead after 1.00e7 tokens)'],
  ],
  [
    { architecture: 'matryoshka', k: 8, prefixes: [0.25, 0.5], auxiliary: { coefficient: 0 } },
    ['a Matryoshka BatchTopK (k = 8)', 'the first 25 %, 50 % of the latents alone'],
  ],
  [{ architecture: 'jumprelu' }, ['mean number of active latents per token (straight-through']],
  [{ architecture: 'gated' }, ["norm of the gate's codes", "the gate's own reconstruction"]],
  [{ resample: { every: 800, deadAfter: 500 } }, ['Every 800 sequences, latents that had not']],
])('an architecture is told with the terms that come with it: %j', (dictionary, words) => {
  const text = trainingMethod({ ...spec, dictionary: { latents: 512, ...dictionary } }, [0]);
  for (const word of words) expect(text?.join(' ')).toContain(word);
  expect(text?.join(' ').includes('AuxK')).toBe(words.join().includes('AuxK'));
});
