import { describe, expect, it } from 'vitest';
import { outputSites, sitesOf } from '../../../../../renderer/views/train/hook-name.ts';
import { SpecDocument } from '../../../../../renderer/views/train/spec-text.ts';
import {
  nextVariant,
  otherFields,
  variantsOf,
} from '../../../../../renderer/views/train/variants.ts';
import { withBlock, withKind } from '../../../../../renderer/views/train/with-target.ts';

const spec = new SpecDocument(
  'hook: blocks.1.hook_resid_pre\ndictionary: { ratio: 4 }\nobjective: { sparsity: { coefficient: 2 } }\n',
);

describe('a transcoder', () => {
  it('reads after the norm of the same block, moves with it, and takes its fields along', () => {
    const transcoder = new SpecDocument(withKind(spec, 'transcoder'));
    expect(transcoder.value('hook')).toBe('blocks.1.ln2.hook_normalized');
    expect(transcoder.value('target')).toBe('blocks.1.hook_mlp_out');
    const moved = new SpecDocument(withBlock(transcoder, 3));
    expect(moved.value('hook')).toBe('blocks.3.ln2.hook_normalized');
    expect(moved.value('target')).toBe('blocks.3.hook_mlp_out');
    const skipping = new SpecDocument(moved.with('dictionary.skip', true));
    const back = new SpecDocument(withKind(skipping, 'autoencoder'));
    expect(back.value('hook')).toBe('blocks.3.hook_mlp_out');
    expect(back.has('target') || back.has('dictionary.skip')).toBe(false);
  });
});

describe('places of a block', () => {
  const parallel = { numbers: { parallel: 1 } } as unknown as Parameters<typeof sitesOf>[1];
  const values = (...args: Parameters<typeof sitesOf>) =>
    sitesOf(...args).map(({ value }) => value);

  it('have no stream between attention and MLP where these run side by side', () => {
    expect(values(outputSites, undefined, 'resid_pre')).toContain('resid_mid');
    expect(values(outputSites, parallel, 'resid_pre')).not.toContain('resid_mid');
    expect(sitesOf(outputSites, parallel, 'resid_mid').at(-1)?.label).toMatch(/not here/);
  });
});

describe('variants', () => {
  it('begin with the spec as it stands and one of twice the coefficient', () => {
    expect(nextVariant(spec, 4)).toEqual([{}, { objective: { sparsity: { coefficient: 4 } } }]);
  });

  it('lie a block further on the pathway joint, as far as there are blocks', () => {
    const joint = new SpecDocument(spec.with('pathway', 'joint'));
    expect(nextVariant(joint, 4)).toEqual([{}, { hook: 'blocks.2.hook_resid_pre' }]);
    expect(nextVariant(joint, 2)[1]).toEqual({ hook: 'blocks.1.hook_resid_pre' });
  });

  it('stay members of the list where they say nothing, and tell what has no field', () => {
    const list = [{ learningRate: 1 }, { dictionary: { ratio: 2, architecture: 'gated' } }];
    const listed = new SpecDocument(spec.with('variants', list));
    const deeper = new SpecDocument(listed.with('variants.0.objective.sparsity.coefficient', 3));
    expect(variantsOf(deeper)).toEqual([
      { learningRate: 1, objective: { sparsity: { coefficient: 3 } } },
      list[1],
    ]);
    const emptied = new SpecDocument(listed.with('variants.0.learningRate', undefined));
    expect(variantsOf(emptied)).toEqual([{}, list[1]]);
    expect(otherFields(list[1]!, 'ratio')).toEqual(['dictionary.architecture']);
  });
});
