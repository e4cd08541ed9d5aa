import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findChanges } from '../../../../../../main/host/input-changes.ts';
import { inputsOf } from '../../../../../../main/jobs/provenance.ts';
import type { TrainInputs } from '../../../../../../main/jobs/worker/train/inputs.ts';
import { planTraining } from '../../../../../../main/jobs/worker/train/plan.ts';
import { describeProvenance } from '../../../../../../main/jobs/worker/train/provenance.ts';
import { parseJobSpec } from '../../../../../../shared/domain/job-spec.ts';
import { makeTinyProject } from '../../../../../support/tiny-project.ts';

function provenanceOf(projectPath: string): Promise<Record<string, unknown>> {
  const spec = parseJobSpec(
    {
      kind: 'train',
      name: 'tiny',
      model: 'model',
      hook: 'blocks.1.hook_resid_pre',
      tokens: { file: 'tokens.safetensors' },
      dictionary: { ratio: 2 },
      objective: { sparsity: { coefficient: 1 } },
      training: { sequences: 4, batch: 2, learningRate: 0.1 },
      features: {
        tokens: { file: 'tokens.safetensors' },
        sequences: 2,
        labels: 'labels.safetensors',
      },
    },
    'spec',
  );
  if (spec.kind !== 'train') throw new Error(spec.kind);
  const plan = planTraining(projectPath, spec);
  const engine = { info: { name: 'wasm' } } as TrainInputs['engine'];
  return describeProvenance({ projectPath, plan, engine } as TrainInputs);
}

describe('the provenance of a training', () => {
  it('lists every file that it reads, as the host reads it back', async () => {
    const inputs = inputsOf(await provenanceOf(makeTinyProject()));
    expect(inputs.map(({ path }) => path)).toEqual([
      'labels.safetensors',
      'model/config.json',
      'model/model.safetensors',
      'tokens.safetensors',
    ]);
    for (const { sha256 } of inputs) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lets the host say what has changed since, and nothing else', async () => {
    const project = makeTinyProject();
    const provenance = await provenanceOf(project);
    expect(await findChanges(project, provenance)).toEqual([]);
    appendFileSync(join(project, 'labels.safetensors'), 'x');
    expect((await findChanges(project, provenance)).map(({ path }) => path)).toEqual([
      'inputs.labels.safetensors',
    ]);
  });
});
