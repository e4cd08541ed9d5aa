import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  checkGroups,
  count,
  headWidthOf,
  layerCount,
  parseFields,
  positive,
  rotaryFields,
  rotaryOf,
} from '../config-fields.ts';
import { WeightReader } from '../weight-reader.ts';
import type { ModelFamilyReader } from './family.ts';

const fields = v.object({
  num_hidden_layers: layerCount,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: v.nullish(count),
  head_dim: v.nullish(count),
  intermediate_size: count,
  max_position_embeddings: v.optional(count, 2048),
  vocab_size: count,
  rms_norm_eps: v.optional(positive, 1e-6),
  hidden_act: v.optional(v.string(), 'silu'),
  tie_word_embeddings: v.optional(v.boolean(), false),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  ...rotaryFields,
});

/** Llama (Touvron et al. 2023): RMS norms, heads that turn with the position, gated MLPs. */
export const llama: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { num_hidden_layers: layers, hidden_size: width, num_attention_heads: heads } = config;
    const keyHeads = config.num_key_value_heads ?? heads;
    checkGroups(heads, keyHeads, file);
    const headWidth = config.head_dim ?? headWidthOf(width, heads, file, 'num_attention_heads');
    const { attention_bias: bias } = config;
    return {
      ...ordinary,
      family: 'llama',
      layers,
      width,
      heads,
      keyHeads,
      headWidth,
      mlpWidth: config.intermediate_size,
      vocabulary: config.vocab_size,
      context: config.max_position_embeddings,
      norm: 'rms',
      normEpsilon: config.rms_norm_eps,
      activation: activationOf(config.hidden_act, file, 'hidden_act'),
      gatedMlp: true,
      rotary: rotaryOf(config, headWidth, { base: 10_000, share: 1 }, file),
      attentionScale: 1 / Math.sqrt(headWidth),
      tiedEmbedding: config.tie_word_embeddings,
      biases: { qkv: bias, output: bias, mlp: config.mlp_bias },
    };
  },

  weights(config, reader) {
    const { width: d, mlpWidth, vocabulary, heads, keyHeads, headWidth, biases } = config;
    const file = new WeightReader(reader, 'model.', 'embed_tokens.weight');
    return {
      embedding: () => ({
        token: file.tensor('embed_tokens.weight', [vocabulary, d]),
        position: undefined,
      }),
      block(layer) {
        const at = `layers.${layer}`;
        const attention = `${at}.self_attn`;
        const [queries, keys] = [heads * headWidth, keyHeads * headWidth];
        return {
          attentionNorm: file.rmsNorm(`${at}.input_layernorm`, d),
          query: file.linear(`${attention}.q_proj`, d, queries, biases.qkv),
          key: file.linear(`${attention}.k_proj`, d, keys, biases.qkv),
          value: file.linear(`${attention}.v_proj`, d, keys, biases.qkv),
          output: file.linear(`${attention}.o_proj`, queries, d, biases.output),
          mlpNorm: file.rmsNorm(`${at}.post_attention_layernorm`, d),
          mlpGate: file.linear(`${at}.mlp.gate_proj`, d, mlpWidth, biases.mlp),
          mlpIn: file.linear(`${at}.mlp.up_proj`, d, mlpWidth, biases.mlp),
          mlpOut: file.linear(`${at}.mlp.down_proj`, mlpWidth, d, biases.mlp),
        };
      },
      readout: () => ({
        norm: file.rmsNorm('norm', d),
        unembedding: config.tiedEmbedding
          ? undefined
          : file.whole('lm_head.weight', [vocabulary, d]),
        bias: undefined,
      }),
    };
  },
};
