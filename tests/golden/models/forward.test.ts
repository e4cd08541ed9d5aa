import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { forward } from '../../../main/compute/model/forward.ts';
import { openTransformer, parseModelConfig } from '../../../main/compute/model/open-transformer.ts';
import { modelParameterCount } from '../../../main/compute/sae/estimate.ts';
import { largestDifference } from '../../support/differences.ts';
import { withTensorflow } from '../../support/tensorflow.ts';
import { goldenModels, openGoldenModel } from '../../support/golden-models.ts';

describe.each(['reference', 'wasm', ...withTensorflow('tensorflow' as const)] as const)('on the engine %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
  });
  afterAll(() => engine.close());

  it.each(goldenModels)('%s has the logits and hook values of transformers', (model) => {
    const { folder, golden } = openGoldenModel(model);
    const transformer = openTransformer(engine, folder);
    const [sequences, length] = golden.tensors.get('input_ids')!.shape as [number, number];
    const batch = { ids: golden.ints('input_ids'), sequences, length };
    const hooks = [...golden.tensors.keys()].filter((key) => key.startsWith('blocks.'));
    expect(hooks).toHaveLength(transformer.config.layers * (transformer.config.parallel ? 4 : 5));
    const result = forward(transformer, batch, hooks);
    for (const hook of hooks)
      expect(largestDifference(result.hooks.get(hook)!, golden.floats(hook)), hook).toBeLessThan(
        1e-4,
      );
    expect(largestDifference(result.logits, golden.floats('logits'))).toBeLessThan(1e-4);
    transformer.dispose();
    expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
    folder.weights.close();
    golden.close();
  });

  it.each(goldenModels)('%s has the same logits with its weights processed', (model) => {
    const { folder, golden } = openGoldenModel(model);
    const ids = golden.ints('input_ids');
    const [raw, processed] = (['none', 'transformer-lens'] as const).map((processing) => {
      const transformer = openTransformer(engine, folder, processing);
      const result = forward(transformer, { ids, sequences: 2, length: ids.length / 2 }, []);
      transformer.dispose();
      return result;
    });
    expect(largestDifference(raw!.crossEntropy, processed!.crossEntropy)).toBeLessThan(1e-4);
    folder.weights.close();
    golden.close();
  });
});

it.each(goldenModels)('the parameters of %s are counted', (model) => {
  const { folder, golden } = openGoldenModel(model);
  const counted = modelParameterCount(parseModelConfig(folder.config, folder.configFile));
  const stored = [...folder.weights.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  expect(counted).toBe(stored);
  folder.weights.close();
  golden.close();
});
