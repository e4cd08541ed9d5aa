import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assayJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { missingData, sharedData } from '../support/shared-data.ts';

/** Ratio 16 at the stream before block 2, as the golden step of tests/golden/local-step. */
const spec = `kind: train
name: stream before block 2
model: model
hook: blocks.2.hook_resid_pre
tokens: { file: tokens_train.safetensors }
dictionary: { ratio: 16 }
objective: { sparsity: { coefficient: 1.25 } }
training: { sequences: 6000, batch: 8, learningRate: 0.003, warmup: 800 }
evaluation: { tokens: { file: tokens_val.safetensors }, sequences: 100 }
`;

const data = sharedData('lm-gpt2/model.safetensors') && sharedData('lm-gpt2');

function makeProject(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'model'));
  for (const name of [
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
    cpSync(join(data!, name), join(folder, 'model', name));
  for (const name of ['tokens_train.safetensors', 'tokens_val.safetensors'])
    cpSync(join(data!, name), join(folder, name));
  writeFileSync(join(folder, 'spec.yaml'), spec);
  return folder;
}

describe.skipIf(!data)(`assay run on a real model (${missingData('lm-gpt2')} otherwise)`, () => {
  it(
    'explains above 0.8 of the variance with fewer than 40 active latents',
    { timeout: 300_000 },
    async () => {
      const folder = makeProject();
      const { code, document, stderr } = await assayJson<{
        runs: { state: string; hook: string; metrics: Record<string, number> }[];
      }>(['run', join(folder, 'spec.yaml'), '--project', folder], { patience: 280_000 });
      expect(code, stderr).toBe(0);
      const [run] = document.runs;
      expect(run).toMatchObject({ state: 'succeeded', hook: 'blocks.2.hook_resid_pre' });
      const { explainedVariance, l0, latents, ceIncrease, kl } = run!.metrics;
      expect(latents).toBe(16 * 128);
      expect(explainedVariance).toBeGreaterThan(0.8);
      expect(l0).toBeLessThan(40);
      // What the model loses with the reconstruction in its stream, of a loss of 3.45.
      expect(ceIncrease).toBeLessThan(0.5);
      expect(kl).toBeLessThan(0.7);
    },
  );
});
