import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../main/compute/engine.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { forward } from '../../../../main/compute/model/forward.ts';
import { openTransformer } from '../../../../main/compute/model/open-transformer.ts';
import { openModelFolder } from '../../../../main/formats/model-folder.ts';
import { openSafetensors } from '../../../../main/formats/safetensors.ts';
import { largestDifference } from '../../../support/differences.ts';
import { missingData, sharedData } from '../../../support/shared-data.ts';

const path = sharedData('lm-gpt2');

describe.skipIf(!path)(
  `GPT-2's forward pass against Hugging Face transformers${path ? '' : ` (${missingData('lm-gpt2')})`}`,
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine('wasm', { threads: 2 });
    });
    afterAll(() => engine.close());

    it('gives the same logits, residual streams and mean loss on four sequences', () => {
      const folder = openModelFolder(path ?? '');
      const golden = openSafetensors(`${path}/golden.safetensors`);
      const model = openTransformer(engine, folder);
      const layers = [0, 1, 2, 3];
      const hooks = layers.map((layer) => `blocks.${layer}.hook_resid_pre`);
      const batch = { ids: golden.ints('input_ids'), sequences: 4, length: 128 };
      const result = forward(model, batch, hooks);
      for (const layer of layers)
        expect(
          largestDifference(result.hooks.get(hooks[layer]!)!, golden.floats(`resid_pre.${layer}`)),
        ).toBeLessThan(1e-4);
      expect(largestDifference(result.logits, golden.floats('logits'))).toBeLessThan(1e-4);
      const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
      expect(Math.abs(mean(result.crossEntropy) - mean(golden.floats('ce')))).toBeLessThan(1e-5);
      model.dispose();
      expect(engine.usage().tensors).toBe(0);
      folder.weights.close();
      golden.close();
    });
  },
);
