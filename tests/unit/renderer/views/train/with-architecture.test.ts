import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SpecDocument } from '../../../../../renderer/views/train/spec-text.ts';
import { withArchitecture } from '../../../../../renderer/views/train/with-architecture.ts';
import { architectureNames } from '../../../../../shared/domain/dictionary.ts';
import { parseJobSpec } from '../../../../../shared/domain/job-spec.ts';

const text = `kind: train
name: small # for now
model: model
hook: blocks.1.hook_resid_pre
tokens: { file: a.safetensors }
dictionary: { ratio: 4 }
objective: { sparsity: { coefficient: 0.5, p: 0.9 } }
training: { sequences: 80, batch: 8, learningRate: 1e-3 }
`;

describe('another architecture for a spec', () => {
  it.each(architectureNames.flatMap((from) => architectureNames.map((to) => [from, to] as const)))(
    'makes a spec that holds: from %s to %s',
    (from, to) => {
      let first = withArchitecture(new SpecDocument(text), from);
      const document = new SpecDocument(first);
      if (from === 'matryoshka') first = document.with('dictionary.prefixes', [0.5]);
      if (from === 'jumprelu') first = document.with('dictionary.bandwidth', 0.1);
      if (document.has('dictionary.k')) first = document.with('dictionary.auxiliary.deadAfter', 9);
      if (from === 'gated') first = document.with('dictionary.auxiliary.coefficient', 2);
      const changed = withArchitecture(new SpecDocument(first), to);
      const parsed = parseJobSpec(parse(changed), 'spec');
      expect(parsed).toMatchObject({ dictionary: { architecture: to } });
    },
  );

  it('lets k take the place of the coefficient of the sparsity, and gives it back', () => {
    const topk = new SpecDocument(withArchitecture(new SpecDocument(text), 'topk'));
    expect(topk.value('dictionary.k')).toBe(32);
    expect(topk.value('objective.sparsity.coefficient')).toBe(0);
    const relu = new SpecDocument(withArchitecture(topk, 'relu'));
    expect(relu.has('dictionary.k')).toBe(false);
    expect(relu.value('objective.sparsity.coefficient')).toBe(1);
    expect(withArchitecture(new SpecDocument(text), 'gated')).toContain('# for now');
  });
});
