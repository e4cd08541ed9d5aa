import { describe, expect, it } from 'vitest';
import { SpecDocument, writeSpec } from '../../../../../renderer/views/train/spec-text.ts';

const text = `# why this one
kind: train
name: small # for now
tokens: { file: a.safetensors }
training:
  batch: 8
  learningRate: 1e-3
seeds: [0, 1]
evaluation: { tokens: { file: b.safetensors }, sequences: 4 }
`;

describe('the text of a spec', () => {
  it('gives its fields, lists and parts by dotted path', () => {
    const document = new SpecDocument(text);
    expect(document.value('training.learningRate')).toBe(0.001);
    expect(document.value('tokens.file')).toBe('a.safetensors');
    expect(document.value('seeds')).toEqual([0, 1]);
    expect(document.value('evaluation')).toEqual({
      tokens: { file: 'b.safetensors' },
      sequences: 4,
    });
    expect(document.has('features')).toBe(false);
    expect(document.has('training.warmup')).toBe(false);
  });

  it('says in which line a field stands', () => {
    const document = new SpecDocument(text);
    expect(document.lineOf('training.learningRate')).toBe(7);
    expect(document.lineOf('evaluation.every')).toBe(9);
    expect(document.lineOf('nowhere')).toBe(1);
  });

  it('keeps comments and order when a field changes', () => {
    const changed = new SpecDocument(text).with('training.batch', 16);
    expect(changed).toBe(text.replace('batch: 8', 'batch: 16'));
    expect(new SpecDocument(text).with('seeds', [3])).toBe(text.replace('[0, 1]', '[ 3 ]'));
    const odd = new SpecDocument(text).with('tokens.file', 'a, b }.safetensors');
    expect(new SpecDocument(odd).value('tokens.file')).toBe('a, b }.safetensors');
    expect(odd).toContain('# for now');
  });

  it('takes in new fields and parts, also where a null stood', () => {
    const changed = new SpecDocument('kind: train\nfeatures: null\n').with(
      'features.tokens.file',
      'c.safetensors',
    );
    expect(new SpecDocument(changed).value('features')).toEqual({
      tokens: { file: 'c.safetensors' },
    });
    const whole = new SpecDocument(text).with('features', { tokens: { file: 'c' }, sequences: 3 });
    expect(whole).toContain('features: { tokens: { file: c }, sequences: 3 }');
  });

  it('loses a part when its last field is taken away', () => {
    const document = new SpecDocument('kind: train\ntokens: { file: a }\n');
    expect(document.with('tokens.file', undefined)).toBe('kind: train\n');
  });

  it('is left alone while it cannot be read, and says where it is wrong', () => {
    const broken = 'kind: train\nname: [\n';
    const document = new SpecDocument(broken);
    expect(document.problem).toMatchObject({ line: 3 });
    expect(document.value('kind')).toBeUndefined();
    expect(document.with('kind', 'regress')).toBe(broken);
    expect(new SpecDocument('').problem).not.toBeNull();
    expect(new SpecDocument('kind: a\nkind: b\n').problem?.line).toBe(2);
  });

  it('is written with short parts on one line each', () => {
    expect(writeSpec({ kind: 'train', seeds: [0, 1], objective: { sparsity: { p: 1 } } })).toBe(
      'kind: train\nseeds: [ 0, 1 ]\nobjective: { sparsity: { p: 1 } }\n',
    );
  });
});
