import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  count,
  headWidthOf,
  layerCount,
  parseFields,
  positive,
  rotaryFields,
  rotaryOf,
} from '../config-fields.ts';
import { transposed, WeightReader } from '../weight-reader.ts';
import type { HostTensor, LinearWeights } from '../weights.ts';
import type { ModelFamilyReader } from './family.ts';

const fields = v.object({
  num_hidden_layers: layerCount,
  hidden_size: count,
  num_attention_heads: count,
  intermediate_size: count,
  max_position_embeddings: v.optional(count, 2048),
  vocab_size: count,
  layer_norm_eps: v.optional(positive, 1e-5),
  hidden_act: v.optional(v.string(), 'gelu'),
  tie_word_embeddings: v.optional(v.boolean(), false),
  use_parallel_residual: v.optional(v.boolean(), true),
  attention_bias: v.optional(v.boolean(), true),
  rotary_pct: v.optional(v.pipe(positive, v.maxValue(1)), 0.25),
  rotary_emb_base: v.optional(positive, 10_000),
  ...rotaryFields,
});

/**
 * GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): part of each head turns with the
 * position, and attention and MLP read the same stream.
 */
export const gptNeox: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { num_hidden_layers: layers, hidden_size: width, num_attention_heads: heads } = config;
    const headWidth = headWidthOf(width, heads, file, 'num_attention_heads');
    const older = { base: config.rotary_emb_base, share: config.rotary_pct };
    return {
      ...ordinary,
      family: 'gpt_neox',
      layers,
      width,
      heads,
      keyHeads: heads,
      headWidth,
      mlpWidth: config.intermediate_size,
      vocabulary: config.vocab_size,
      context: config.max_position_embeddings,
      norm: 'layer',
      normEpsilon: config.layer_norm_eps,
      activation: activationOf(config.hidden_act, file, 'hidden_act'),
      parallel: config.use_parallel_residual,
      rotary: rotaryOf(config, headWidth, older, file),
      attentionScale: 1 / Math.sqrt(headWidth),
      tiedEmbedding: config.tie_word_embeddings,
      biases: { qkv: config.attention_bias, output: config.attention_bias, mlp: true },
    };
  },

  weights(config, reader) {
    const { width: d, mlpWidth, vocabulary, heads, headWidth, biases } = config;
    const file = new WeightReader(reader, 'gpt_neox.', 'embed_in.weight');
    return {
      embedding: () => ({
        token: file.tensor('embed_in.weight', [vocabulary, d]),
        position: undefined,
      }),
      block(layer) {
        const at = `layers.${layer}`;
        const fusedAt = `${at}.attention.query_key_value`;
        const weight = file.tensor(`${fusedAt}.weight`, [3 * d, d]);
        const bias = biases.qkv ? file.tensor(`${fusedAt}.bias`, [3 * d]) : undefined;
        const part = (index: number): LinearWeights<HostTensor> => ({
          weight: transposed(partOfHeads(weight, index, heads, headWidth)),
          bias: bias && partOfHeads(bias, index, heads, headWidth),
        });
        return {
          attentionNorm: file.layerNorm(`${at}.input_layernorm`, d),
          query: part(0),
          key: part(1),
          value: part(2),
          output: file.linear(`${at}.attention.dense`, d, d, biases.output),
          mlpNorm: file.layerNorm(`${at}.post_attention_layernorm`, d),
          mlpIn: file.linear(`${at}.mlp.dense_h_to_4h`, d, mlpWidth, true),
          mlpOut: file.linear(`${at}.mlp.dense_4h_to_h`, mlpWidth, d, true),
        };
      },
      readout: () => ({
        norm: file.layerNorm('final_layer_norm', d),
        unembedding: config.tiedEmbedding
          ? undefined
          : file.whole('embed_out.weight', [vocabulary, d]),
        bias: undefined,
      }),
    };
  },
};

/** Query, key or value rows of the fused matrix, which has those three side by side for each head. */
function partOfHeads(
  { shape, values }: HostTensor,
  part: number,
  heads: number,
  headWidth: number,
): HostTensor {
  const [, columns = 1] = shape;
  const size = headWidth * columns;
  const out = new Float32Array(heads * size);
  for (let head = 0; head < heads; head++) {
    const from = (3 * head + part) * size;
    out.set(values.subarray(from, from + size), head * size);
  }
  return { shape: [heads * headWidth, ...shape.slice(1)], values: out };
}
