import { describe, expect, it } from 'vitest';
import { parseHook } from '../../../../main/compute/model/hooks.ts';
import { resolveObjective } from '../../../../main/compute/sae/objective.ts';
import { objectivePresets } from '../../../../shared/domain/objective.ts';
import { tinyConfig } from '../../../support/tiny-model.ts';

describe('terms of an objective', () => {
  const spec = { ...objectivePresets['e2e+downstream'], sparsity: { coefficient: 1, p: 1 } };
  const termsAt = (hook: string) =>
    resolveObjective(spec, parseHook(hook, tinyConfig), tinyConfig).map(({ kind }) => kind);

  it('compare the residual stream of every later layer', () => {
    expect(termsAt('blocks.0.hook_resid_pre')).toContain('inToOrig');
  });

  it('are refused with what to do where no later layer is left to compare', () => {
    expect(() => termsAt('blocks.1.hook_resid_pre')).toThrow(
      /2 layers have none after blocks\.1\.hook_resid_pre\. Name hook points, such as blocks\.1\.hook_resid_post/,
    );
  });
});
