import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobFiles, jobFolder, runFiles } from '../../../main/jobs/job-folder.ts';
import { parseJobSpec } from '../../../shared/domain/job-spec.ts';
import { fake } from '../../support/fake-features.ts';
import { writeResults } from '../../support/fake-train.ts';

/** Writes a project with one finished training of two seeds, as a cluster node would leave it. */
export function writeTrainedProject(project: string): void {
  const job = 'job_e2e0000000001';
  const folder = jobFolder(project, job);
  const spec = parseJobSpec(
    {
      kind: 'train',
      name: 'two small seeds',
      model: 'model',
      hook: 'blocks.1.hook_resid_pre',
      tokens: { file: 'tokens.safetensors' },
      seeds: [0, 1],
      dictionary: { ratio: 3 },
      objective: { sparsity: { coefficient: 1 } },
      training: { sequences: 100, batch: 10, learningRate: 1e-3 },
      features: { tokens: { file: 'tokens.safetensors' }, sequences: fake.rows },
    },
    'spec',
  );
  const runs = [0, 1].map((seed) => ({ id: `run_e2e000000000${seed}`, seed }));
  for (const { id } of runs) {
    mkdirSync(join(folder, id), { recursive: true });
    const points = [1, 2, 3].map((x) => JSON.stringify({ x: 100 * x, values: { loss: 1 / x } }));
    writeFileSync(join(folder, id, runFiles.points), `${points.join('\n')}\n`);
  }
  writeFileSync(join(folder, jobFiles.spec), JSON.stringify(spec));
  const size = fake.dIn * fake.latents;
  writeResults(
    { folder, job, attempt: 1, runs, spec },
    runs.map(({ seed }) => new Float32Array(size).fill(seed + 1)),
  );
}
