import type { Engine, Tensor } from '../../main/compute/engine.ts';
import { ordinary, type TransformerConfig } from '../../main/compute/model/config.ts';
import { Transformer } from '../../main/compute/model/transformer.ts';
import type { TransformerWeights } from '../../main/compute/model/weights.ts';
import { Random } from './random.ts';

export const tinyConfig: TransformerConfig = {
  ...ordinary,
  family: 'gpt2',
  layers: 2,
  width: 8,
  heads: 2,
  keyHeads: 2,
  headWidth: 4,
  mlpWidth: 16,
  vocabulary: 13,
  context: 6,
  norm: 'layer',
  normEpsilon: 1e-5,
  activation: 'gelu_new',
  attentionScale: 0.5,
  tiedEmbedding: true,
  biases: { qkv: true, output: true, mlp: true },
};

/** A transformer with random weights, small enough for the reference engine. */
export function tinyTransformer(engine: Engine, seed = 1): Transformer {
  const random = new Random(seed);
  const { width: d, mlpWidth: m, vocabulary, context, layers } = tinyConfig;
  const tensor = (shape: number[], scale = 0.4, offset = 0): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return engine.floats(
      Float64Array.from({ length: size }, () => offset + scale * random.normal()),
      shape,
    );
  };
  const norm = () => ({ gain: tensor([d], 0.1, 1), bias: tensor([d], 0.1) });
  const linear = (input: number, output: number) => ({
    weight: tensor([input, output]),
    bias: tensor([output], 0.1),
  });
  const tokenEmbedding = tensor([vocabulary, d], 1);
  const weights: TransformerWeights = {
    embedding: { token: tokenEmbedding, position: tensor([context, d], 0.3) },
    blocks: Array.from({ length: layers }, () => ({
      attentionNorm: norm(),
      query: linear(d, d),
      key: linear(d, d),
      value: linear(d, d),
      output: linear(d, d),
      mlpNorm: norm(),
      mlpIn: linear(d, m),
      mlpOut: linear(m, d),
    })),
    readout: { norm: norm(), unembedding: tokenEmbedding, bias: undefined },
  };
  return new Transformer(engine, tinyConfig, weights);
}

/** Random tokens of the tiny model. */
export function tinyTokens(sequences: number, length: number, seed = 2) {
  const random = new Random(seed);
  return {
    ids: Int32Array.from({ length: sequences * length }, () =>
      random.integer(0, tinyConfig.vocabulary - 1),
    ),
    sequences,
    length,
  };
}
