import { describe, expect, it } from 'vitest';
import type { FoundItem } from '../../../../../shared/contract/project.ts';
import { parseJobSpec } from '../../../../../shared/domain/job-spec.ts';
import { readSpec } from '../../../../../main/host/specs.ts';
import { findIngredients, suggestSpec } from '../../../../../renderer/views/train/suggest-spec.ts';

function item(kind: FoundItem['kind'], path: string, numbers: Record<string, number>): FoundItem {
  return { kind, path, name: path, format: '', bytes: 1, facts: [], numbers, problem: null };
}

const model = item('model', 'gpt', { layers: 4, width: 64 });
const train = item('tokens', 'gpt/train.safetensors', { rows: 3000, context: 128, tokens: 384000 });
const held = item('tokens', 'gpt/val.safetensors', { rows: 180, context: 128, tokens: 23040 });

function suggested(...items: FoundItem[]) {
  const text = suggestSpec(findIngredients(items));
  const spec = text === undefined ? undefined : readSpec(text, 'spec');
  if (spec !== undefined && spec.kind !== 'train') throw new Error(spec.kind);
  return spec;
}

describe('the first spec of a project', () => {
  it('trains on the largest token file and evaluates on another', () => {
    const spec = suggested(held, train, model);
    expect(spec).toMatchObject({
      model: 'gpt',
      hook: 'blocks.2.hook_resid_pre',
      tokens: { file: 'gpt/train.safetensors' },
      training: { sequences: 3000, batch: 16 },
      evaluation: { tokens: { file: 'gpt/val.safetensors' }, sequences: 64 },
      features: { sequences: 180 },
    });
    expect(() => parseJobSpec(spec, 'spec')).not.toThrow();
  });

  it('makes do with one token file, however small', () => {
    const tiny = item('tokens', 'tokens.safetensors', { rows: 3, context: 16, tokens: 48 });
    expect(suggested(model, tiny)).toMatchObject({
      training: { sequences: 3, batch: 3 },
      evaluation: { sequences: 3 },
      features: { sequences: 3 },
    });
  });

  it('takes labels only where they lie along the tokens', () => {
    const labels = (rows: number) => item('labels', 'labels.safetensors', { rows, context: 128 });
    expect(suggested(model, train, held, labels(180))?.features?.labels).toBe('labels.safetensors');
    expect(suggested(model, train, held, labels(181))?.features?.labels).toBeUndefined();
  });

  it('makes tokens of a text where there are none', () => {
    const corpus = { ...item('text', 'corpus.jsonl', {}), bytes: 1 << 20 };
    const small = item('model', 'gpt', { layers: 4, width: 64, context: 128 });
    const text = { packing: 'concatenate', bos: false, field: 'text', unit: 'line' };
    const tokens = { file: 'corpus.jsonl', context: 128, text };
    expect(suggested(small, corpus)).toMatchObject({
      tokens,
      evaluation: { tokens },
      features: { tokens },
      training: { sequences: 1024, batch: 16 },
    });
    expect(suggested(model, corpus, train)?.tokens.file).toBe('gpt/train.safetensors');
  });

  it('is none without a model or tokens that can be used', () => {
    const problem = { code: 'truncated', message: '', details: {} } as const;
    expect(suggested(train)).toBeUndefined();
    expect(suggested(model)).toBeUndefined();
    expect(suggested({ ...model, problem }, train)).toBeUndefined();
  });
});
