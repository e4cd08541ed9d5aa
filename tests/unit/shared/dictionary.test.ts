import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { parseJobSpec, type TrainSpec } from '../../../shared/domain/job-spec.ts';

function parse(dictionary: Record<string, unknown>, sparsity: object = { coefficient: 1 }) {
  const document = {
    kind: 'train',
    name: 'dictionary',
    model: 'model',
    hook: 'blocks.2.hook_resid_pre',
    tokens: { file: 'tokens.safetensors' },
    dictionary,
    objective: { sparsity },
    training: { sequences: 100, batch: 4, learningRate: 1e-3 },
  };
  return (parseJobSpec(document, 'spec.yaml') as TrainSpec).dictionary;
}

describe('the dictionary of a spec', () => {
  it('is a ReLU dictionary where nothing else is named, as it was before there was more', () => {
    expect(canonicalJson(parse({ ratio: 4 }))).toBe('{"architecture":"relu","ratio":4}');
  });

  it.each([
    [{ architecture: 'topk' }, /dictionary\.k: is required for topk/],
    [{ architecture: 'matryoshka' }, /dictionary\.k: is required for matryoshka/],
    [{ architecture: 'relu', k: 8 }, /dictionary\.k: belongs to topk, batchtopk and matryoshka/],
    [{ architecture: 'topk', k: 65 }, /dictionary\.k: 65 exceeds the 64 latents/],
    [{ architecture: 'topk', k: 8, prefixes: [0.5] }, /dictionary\.prefixes: belongs to matryosh/],
    [
      { architecture: 'matryoshka', k: 8, prefixes: [0.5, 0.25] },
      /dictionary\.prefixes: must rise/,
    ],
    [{ architecture: 'matryoshka', k: 8, prefixes: [1] }, /dictionary\.prefixes\.0/],
    [{ architecture: 'gated', bandwidth: 1 }, /dictionary\.bandwidth: belongs to jumprelu/],
    [{ architecture: 'topk', k: 8, threshold: 1 }, /dictionary\.threshold: belongs to jumprelu/],
    [{ architecture: 'relu', auxiliary: {} }, /dictionary\.auxiliary: belongs to topk/],
    [{ architecture: 'gated', auxiliary: { deadAfter: 9 } }, /auxiliary\.deadAfter: belongs to/],
    [{ architecture: 'gated', resample: { every: 9 } }, /dictionary\.resample: belongs to relu/],
    [{ resample: { every: 3 } }, /resample\.every: is less than the 4 sequences of a step/],
    [{ architecture: 'lasso' }, /dictionary\.architecture/],
  ])('is refused where it says %j', (dictionary, message) => {
    expect(() => parse({ latents: 64, ...dictionary })).toThrow(message);
  });

  it('has no norm beside the count of jumprelu', () => {
    const jumprelu = { ratio: 4, architecture: 'jumprelu' };
    expect(() => parse(jumprelu, { coefficient: 1, p: 0.5 })).toThrow(/objective\.sparsity\.p/);
    expect(parse(jumprelu)).toEqual(jumprelu);
  });
});
