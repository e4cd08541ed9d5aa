import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../../../main/headless/study/study-options.ts';
import { tinySpec } from '../../../../support/tiny-project-files.ts';
import { makeTinyProject } from '../../../../support/tiny-project.ts';

describe('the plan of a study', () => {
  it('takes model, hook and tokens from options, and sizes from the token files', () => {
    const folder = makeTinyProject();
    const { base, ...plan } = readPlan(
      undefined,
      {
        model: 'model',
        hook: 'blocks.1.hook_resid_pre',
        tokens: join(folder, 'tokens.safetensors'),
        'eval-tokens': 'tokens.safetensors',
        sequences: '800',
        seeds: '2',
        objectives: 'e2e,local',
      },
      folder,
    );
    expect(base).toMatchObject({
      model: 'model',
      tokens: { file: 'tokens.safetensors' },
      training: { sequences: 800, batch: 85, warmup: 40 },
      evaluation: { sequences: 60 },
      features: { sequences: 60 },
    });
    expect(plan).toEqual({
      objectives: [
        { name: 'e2e', start: 1.5 },
        { name: 'local', start: 6 },
      ],
      seeds: [0, 1],
      target: 40,
      tolerance: 0.05,
      pilotSequences: 200,
      together: 64,
    });
  });

  it('takes a spec, and a quarter of its length for the pilots', () => {
    const folder = makeTinyProject();
    const path = join(folder, 'spec.json');
    writeFileSync(path, JSON.stringify(tinySpec()));
    const { seeds, pilotSequences, base } = readPlan(path, {}, folder);
    expect(seeds).toEqual([0, 1, 2, 3, 4]);
    expect(pilotSequences).toBe(400);
    expect(base.name).toBe('tiny');
  });

  it('says what is missing or cannot be', () => {
    const refusal = (values: Record<string, string>) => () =>
      readPlan(undefined, { model: 'm', hook: 'h', ...values }, '/');
    expect(refusal({})).toThrow('Give either a SPEC or --tokens.');
    expect(refusal({ match: 'kl' })).toThrow("--match takes l0, not 'kl'.");
    const path = join(makeTinyProject(), 'spec.json');
    writeFileSync(path, JSON.stringify(tinySpec()));
    const of = (values: Record<string, string>) => () => readPlan(path, values, '/');
    expect(of({ target: '0' })).toThrow("--target must be a number above 0, not '0'.");
    expect(of({ objectives: 'local,local' })).toThrow('names one of them twice');
    expect(of({ pilot: '3' })).toThrow('--pilot must be at least 4');
    expect(of({ seeds: '65' })).toThrow('--seeds must be a whole number up to 64');
  });
});
