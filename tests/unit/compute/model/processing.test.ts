import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../main/compute/engine.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { forward } from '../../../../main/compute/model/forward.ts';
import { openTransformer } from '../../../../main/compute/model/open-transformer.ts';
import { openModelFolder } from '../../../../main/formats/model-folder.ts';
import { openSafetensors } from '../../../../main/formats/safetensors.ts';
import { largestDifference } from '../../../support/differences.ts';
import { missingData, sharedData } from '../../../support/shared-data.ts';

const modelPath = sharedData('lm-gpt2');
const goldenPath = sharedData('e2e-sae/golden-lm-gpt2/tl_forward.safetensors');
const missing = modelPath && goldenPath ? '' : ` (${missingData('lm-gpt2 and e2e-sae')})`;
const hooks = [0, 1, 2, 3].map((layer) => `blocks.${layer}.hook_resid_pre`);

describe.skipIf(missing)(`weights processed as TransformerLens does${missing}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine('wasm', { threads: 2 });
  });
  afterAll(() => engine.close());

  it('give the residual streams and logits that TransformerLens has', () => {
    const folder = openModelFolder(modelPath ?? '');
    const golden = openSafetensors(goldenPath ?? '');
    const model = openTransformer(engine, folder, 'transformer-lens');
    const [sequences, length] = golden.tensors.get('input_ids')!.shape as [number, number];
    const batch = { ids: golden.ints('input_ids'), sequences, length };
    const result = forward(model, batch, hooks);
    for (const hook of hooks)
      expect(largestDifference(result.hooks.get(hook)!, golden.floats(hook)), hook).toBeLessThan(
        5e-5,
      );
    expect(largestDifference(result.logits, golden.floats('logits'))).toBeLessThan(1e-4);
    model.dispose();
    expect(engine.usage().tensors).toBe(0);
    folder.weights.close();
    golden.close();
  });

  it('differ at the hook points from weights as they are, and agree on every next token', () => {
    const folder = openModelFolder(modelPath ?? '');
    const ids = Int32Array.from({ length: 64 }, (_, i) => (i * 37) % 1024);
    const batch = { ids, sequences: 1, length: 64 };
    const [raw, processed] = (['none', 'transformer-lens'] as const).map((processing) => {
      const model = openTransformer(engine, folder, processing);
      const result = forward(model, batch, [hooks[2]!]);
      model.dispose();
      return result;
    });
    const at = (result: typeof raw) => result!.hooks.get(hooks[2]!)!;
    expect(largestDifference(at(raw), at(processed))).toBeGreaterThan(1e-2);
    expect(largestDifference(raw!.crossEntropy, processed!.crossEntropy)).toBeLessThan(1e-4);
    folder.weights.close();
  });
});
