import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { forward } from '../../../main/compute/model/forward.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import { openModelFolder } from '../../../main/formats/model-folder.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { largestDifference } from '../../support/differences.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

const source = sharedData('e2e-sae');
const missing = source ? '' : ` (${missingData('e2e-sae')})`;
const vocabulary = 50_257;

describe.skipIf(missing)(`a checkpoint of TransformerLens${missing}`, () => {
  it('gives the residual streams and logits of PyTorch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tiny-gpt2-'));
    copyFileSync(`${source}/tiny-gpt2-epoch_1.pt`, join(folder, 'epoch_1.pt'));
    copyFileSync(`${source}/tiny-gpt2-final_config.yaml`, join(folder, 'final_config.yaml'));
    const engine = await openEngine('wasm', { threads: 2 });
    const opened = openModelFolder(join(folder, 'epoch_1.pt'));
    const golden = openSafetensors(`${import.meta.dirname}/tiny-gpt2.safetensors`);
    const model = openTransformer(engine, opened);
    const hooks = ['blocks.0.hook_resid_pre', 'blocks.1.hook_resid_pre'];
    const result = forward(model, { ids: golden.ints('input_ids'), sequences: 2, length: 12 }, hooks);
    for (const hook of hooks)
      expect(largestDifference(result.hooks.get(hook)!, golden.floats(hook)), hook).toBeLessThan(1e-5);
    const rows = Array.from({ length: 24 }, (_, row) =>
      result.logits.subarray(row * vocabulary, (row + 1) * vocabulary),
    );
    const sampled = rows.flatMap((row) => [...row.filter((_, token) => token % 401 === 0)]);
    expect(largestDifference(sampled, golden.floats('logits'))).toBeLessThan(1e-4);
    const logSums = rows.map((row) => Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)));
    expect(largestDifference(logSums, golden.floats('log_sum'))).toBeLessThan(1e-4);
    model.dispose();
    opened.weights.close();
    golden.close();
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('says what is missing where its configuration is not beside it', () => {
    expect(() => openModelFolder(`${source}/tiny-gpt2-epoch_1.pt`)).toThrow('final_config.yaml');
  });
});
