import { describe, expect, test } from 'vitest';
import { formatHubAddress, parseHubAddress } from '../../../shared/domain/hub-address.ts';

test.each([
  'wandb:sparsify',
  'wandb:sparsify/gpt2',
  'wandb:sparsify/gpt2/run1abc',
  'wandb:sparsify/gpt2/run1abc/media/table/a.json',
  'hf:apollo-research',
  'hf:apollo-research/e2e-saes-gpt2',
  'hf:apollo-research/e2e-saes-gpt2@main/folder/a.pt',
  'hf:apollo-research/e2e-saes-gpt2@refs%2Fpr%2F1/a.pt',
  'hf:datasets/owner/name@v1.0/data.json',
])('%s is read and written as it was', (text) => {
  expect(formatHubAddress(parseHubAddress(text))).toBe(text);
});

test.each([
  ['https://wandb.ai/sparsify/gpt2/runs/run1abc?nw=x', 'wandb:sparsify/gpt2/run1abc'],
  ['https://wandb.ai/sparsify/gpt2', 'wandb:sparsify/gpt2'],
  ['https://huggingface.co/neuronpedia/saes', 'hf:neuronpedia/saes'],
  ['https://huggingface.co/neuronpedia/saes/tree/main/6-res', 'hf:neuronpedia/saes@main/6-res'],
  ['https://huggingface.co/datasets/a/b/blob/v1/c.json', 'hf:datasets/a/b@v1/c.json'],
  ['  hf:owner/repo  ', 'hf:owner/repo'],
])('%s is %s', (text, address) => {
  expect(formatHubAddress(parseHubAddress(text))).toBe(address);
});

describe('what is no address is told in words', () => {
  test.each([
    '',
    'sparsify/gpt2',
    'wandb:',
    'hf:',
    'wandb:a/../b',
    'wandb:a/b?x',
    'hf:owner/re po',
    'hf:owner/..',
    'hf:owner/repo@../x',
    'hf:owner/repo/%zz',
    `hf:${'x'.repeat(3000)}`,
  ])('%s', (text) => {
    expect(() => parseHubAddress(text)).toThrow(
      expect.objectContaining({ code: 'bad-input' }) as Error,
    );
  });
});
