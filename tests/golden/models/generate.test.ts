import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { generate } from '../../../main/compute/model/generate.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import { reluArchitecture } from '../../../main/compute/sae/architectures/relu.ts';
import { FrozenDictionary } from '../../../main/compute/sae/frozen-dictionary.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { withTensorflow } from '../../support/tensorflow.ts';
import { goldenModels, openGoldenModel } from '../../support/golden-models.ts';

describe.each(['reference', 'wasm', ...withTensorflow('tensorflow' as const)] as const)('on the engine %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
  });
  afterAll(() => engine.close());

  function withModel(
    model: (typeof goldenModels)[number],
    check: (transformer: ReturnType<typeof openTransformer>, golden: TensorReader) => void,
  ): void {
    const { folder, golden } = openGoldenModel(model);
    const transformer = openTransformer(engine, folder);
    check(transformer, golden);
    transformer.dispose();
    expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
    folder.weights.close();
    golden.close();
  }

  it.each(goldenModels)('%s generates the tokens of transformers', (model) => {
    withModel(model, (transformer, golden) => {
      const prompt = [...golden.ints('prompt')];
      const tokens = [...generate(transformer, prompt, { count: 20 })];
      expect([...prompt, ...tokens]).toEqual([...golden.ints('generated')]);
    });
  });

  it.each(goldenModels)('%s generates the same with a dictionary spliced in', (model) => {
    withModel(model, (transformer, golden) => {
      const dictionary = readDictionary(engine, golden);
      const prompt = [...golden.ints('prompt')];
      const hook = dictionary.spliceAt('blocks.1.hook_resid_pre');
      const tokens = [...generate(transformer, prompt, { count: 20, hook })];
      dictionary.dispose();
      expect([...prompt, ...tokens]).toEqual([...golden.ints('spliced')]);
    });
  });

  it('generation ends after a stop token, and frees what it held when it is left', () => {
    withModel('llama', (transformer, golden) => {
      const prompt = [...golden.ints('prompt')];
      const expected = [...golden.ints('generated')].slice(prompt.length);
      const stopAt = [expected[3]!];
      const stopped = [...generate(transformer, prompt, { count: 20, stopAt })];
      expect(stopped).toEqual(expected.slice(0, 4));
      const left: number[] = [];
      for (const token of generate(transformer, prompt, { count: 20 })) {
        left.push(token);
        if (left.length === 2) break;
      }
      expect(left).toEqual(expected.slice(0, 2));
    });
  });

  it('a prompt that is empty or leaves no room is refused', () => {
    withModel('gpt2', (transformer) => {
      const tokens = (prompt: number[], count: number) => [
        ...generate(transformer, prompt, { count }),
      ];
      expect(() => tokens([], 1)).toThrow('no tokens');
      expect(() => tokens([1, 2], 47)).toThrow('context of 48');
      expect(tokens([1, 2], 46)).toHaveLength(46);
    });
  });
});

function readDictionary(engine: Engine, golden: TensorReader): FrozenDictionary {
  const [width, latents] = golden.tensors.get('W_enc')!.shape as [number, number];
  const columns = golden.floats('W_enc');
  const rows = Float32Array.from(
    { length: columns.length },
    (_, at) => columns[(at % width) * latents + Math.floor(at / width)]!,
  );
  const parameters = {
    encoder: engine.floats(rows, [latents, width]),
    encoderBias: engine.floats(golden.floats('b_enc'), [latents]),
    decoder: engine.floats(golden.floats('W_dec'), [latents, width]),
    decoderBias: engine.floats(golden.floats('b_dec'), [width]),
  };
  const dictionary = FrozenDictionary.copy(engine, reluArchitecture('graph'), parameters);
  engine.dispose(...Object.values(parameters));
  return dictionary;
}
