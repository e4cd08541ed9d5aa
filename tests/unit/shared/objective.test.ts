import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { parseJobSpec, type TrainSpec } from '../../../shared/domain/job-spec.ts';
import { objectivePresets, presetNames, runType } from '../../../shared/domain/objective.ts';

function parse(objective: unknown, changes: Record<string, unknown> = {}): TrainSpec {
  const document = {
    kind: 'train',
    name: 'objective',
    model: 'model',
    hook: 'blocks.2.hook_resid_pre',
    tokens: { file: 'tokens.safetensors' },
    dictionary: { ratio: 4 },
    objective,
    training: { sequences: 100, batch: 4, learningRate: 1e-3 },
    ...changes,
  };
  return parseJobSpec(document, 'spec.yaml') as TrainSpec;
}

const sparsity = { coefficient: 2 };

describe('the objective of a spec', () => {
  it('reconstructs the input where nothing else is named, as it did before there was more', () => {
    expect(canonicalJson(parse({ sparsity }).objective)).toBe(
      '{"outToIn":{"coefficient":1},"sparsity":{"coefficient":2,"p":1}}',
    );
  });

  it('only watches the reconstruction beside terms of the spliced model', () => {
    const { objective } = parse({ sparsity, logitsKl: { coefficient: 1 } });
    expect(objective.outToIn).toEqual({ coefficient: 0 });
    expect(objective.logitsKl?.direction).toBe('model-to-spliced');
  });

  it.each(presetNames)(
    'takes the preset %s, with what is named beside it in its place',
    (preset) => {
      expect(parse({ preset }).objective).toEqual(objectivePresets[preset]);
      const { objective } = parse({ preset, sparsity });
      expect(objective).toEqual({
        ...objectivePresets[preset],
        sparsity: { coefficient: 2, p: 1 },
      });
    },
  );

  it('reads the same when what it became is read again', () => {
    const { objective } = parse({ preset: 'e2e+downstream' });
    expect(parse(objective).objective).toEqual(objective);
  });

  const later = 'blocks.3.hook_resid_pre';
  it.each<[string, unknown, RegExp]>([
    ['no sparsity and no preset', {}, /objective\.sparsity: is required/],
    ['an unknown term', { sparsity, kl: 1 }, /'objective\.kl' is not known/],
    ['an unknown preset', { preset: 'global' }, /objective\.preset/],
    [
      'nothing to learn',
      { sparsity: { coefficient: 0 }, logitsKl: { coefficient: 0 } },
      /every coefficient is 0/,
    ],
    [
      'a hook point before the dictionary',
      { sparsity, inToOrig: { coefficient: 1, hooks: ['blocks.1.hook_resid_post'] } },
      /blocks\.1\.hook_resid_post is not after the dictionary/,
    ],
    [
      'a hook point twice',
      { sparsity, inToOrig: { coefficient: 1, hooks: [later, later] } },
      /the same hook point twice/,
    ],
    [
      'weights that do not fit',
      { sparsity, inToOrig: { coefficient: 1, hooks: [later], weights: [1, 2] } },
      /2 numbers for 1 hooks/,
    ],
    [
      'weights without a list',
      { sparsity, inToOrig: { coefficient: 1, weights: [1] } },
      /need a list of hooks/,
    ],
    [
      'weights of 0',
      { sparsity, inToOrig: { coefficient: 1, hooks: [later], weights: [0] } },
      /are all 0/,
    ],
  ])('is refused with %s', (_, objective, message) => {
    expect(() => parse(objective)).toThrow(message);
  });

  it('is refused where parts do not divide a batch', () => {
    const training = { sequences: 100, batch: 4, microBatch: 3, learningRate: 1e-3 };
    expect(() => parse({ sparsity }, { training })).toThrow(/3 does not divide the 4 sequences/);
  });
});

describe('the type of a run', () => {
  const on = { coefficient: 0.5 };
  const kl = { ...on, direction: 'model-to-spliced' } as const;
  const later = { ...on, hooks: 'later' } as const;
  const off = { coefficient: 0 };
  const base = { sparsity: { coefficient: 1, p: 1 } };
  it.each([
    ['local', { outToIn: on }],
    ['local', { outToIn: on, logitsKl: { ...kl, coefficient: 0 } }],
    ['e2e', { outToIn: off, logitsKl: kl }],
    ['e2e_local', { outToIn: on, logitsKl: kl }],
    ['downstream', { outToIn: off, inToOrig: later, logitsKl: kl }],
    ['downstream_all', { outToIn: on, inToOrig: later, logitsKl: kl }],
  ] as const)('is %s', (type, terms) => {
    expect(runType({ ...base, ...terms })).toBe(type);
  });
});
