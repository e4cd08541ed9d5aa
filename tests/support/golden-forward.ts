import { expect } from 'vitest';
import type { Engine } from '../../main/compute/engine.ts';
import { forward } from '../../main/compute/model/forward.ts';
import { openTransformer } from '../../main/compute/model/open-transformer.ts';
import { openModelFolder } from '../../main/formats/model-folder.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { largestDifference } from './differences.ts';

/**
 * Holds our forward pass to a golden file of Hugging Face transformers (`input_ids`, `logits`,
 * `resid_pre.N` of every layer, `ce`): within 1e-4 absolute, and 1e-5 for the mean loss.
 */
export function expectForwardToAgree(engine: Engine, modelFolder: string, goldenFile: string) {
  const folder = openModelFolder(modelFolder);
  const golden = openSafetensors(goldenFile);
  try {
    const model = openTransformer(engine, folder);
    const [sequences = 0, length = 0] = golden.tensors.get('input_ids')?.shape ?? [];
    const hooks = Array.from(
      { length: model.config.layers },
      (_, i) => `blocks.${i}.hook_resid_pre`,
    );
    const result = forward(model, { ids: golden.ints('input_ids'), sequences, length }, hooks);
    hooks.forEach((hook, layer) => {
      const expected = golden.floats(`resid_pre.${layer}`);
      expect(largestDifference(result.hooks.get(hook)!, expected), hook).toBeLessThan(1e-4);
    });
    expect(largestDifference(result.logits, golden.floats('logits')), 'logits').toBeLessThan(1e-4);
    const difference = mean(result.crossEntropy) - mean(golden.floats('ce'));
    expect(Math.abs(difference), 'mean loss').toBeLessThan(1e-5);
    model.dispose();
    expect(engine.usage().tensors).toBe(0);
  } finally {
    folder.weights.close();
    golden.close();
  }
}

function mean(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
