import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  count,
  layerCount,
  headWidthOf,
  only,
  parseFields,
  positive,
} from '../config-fields.ts';
import { columnsOf, WeightReader } from '../weight-reader.ts';
import type { ModelFamilyReader } from './family.ts';

const fields = v.object({
  n_layer: layerCount,
  n_embd: count,
  n_head: count,
  n_inner: v.nullish(count),
  n_positions: v.optional(count, 1024),
  vocab_size: count,
  layer_norm_epsilon: v.optional(positive, 1e-5),
  activation_function: v.optional(v.string(), 'gelu_new'),
  tie_word_embeddings: v.optional(v.boolean(), true),
  scale_attn_weights: v.optional(v.boolean(), true),
  scale_attn_by_inverse_layer_idx: only(false),
  add_cross_attention: only(false),
});

/**
 * GPT-2 (Radford et al. 2019): learned positions, layer norms before attention and MLP. Its Conv1D
 * matrices are stored [in, out]; c_attn holds query, key and value side by side.
 */
export const gpt2: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { n_layer: layers, n_embd: width, n_head: heads } = config;
    const headWidth = headWidthOf(width, heads, file, 'n_head');
    return {
      ...ordinary,
      family: 'gpt2',
      layers,
      width,
      heads,
      keyHeads: heads,
      headWidth,
      mlpWidth: config.n_inner ?? 4 * width,
      vocabulary: config.vocab_size,
      context: config.n_positions,
      norm: 'layer',
      normEpsilon: config.layer_norm_epsilon,
      activation: activationOf(config.activation_function, file, 'activation_function'),
      attentionScale: config.scale_attn_weights ? 1 / Math.sqrt(headWidth) : 1,
      tiedEmbedding: config.tie_word_embeddings,
      biases: { qkv: true, output: true, mlp: true },
    };
  },

  weights(config, reader) {
    const { width: d, mlpWidth, vocabulary, context, tiedEmbedding } = config;
    const file = new WeightReader(reader, 'transformer.', 'wte.weight');
    return {
      embedding: () => ({
        token: file.tensor('wte.weight', [vocabulary, d]),
        position: file.tensor('wpe.weight', [context, d]),
      }),
      block(layer) {
        const at = `h.${layer}`;
        const { weight, bias } = file.conv1d(`${at}.attn.c_attn`, d, 3 * d);
        const part = (index: number) => ({
          weight: columnsOf(weight, index * d, d),
          bias: bias && columnsOf(bias, index * d, d),
        });
        return {
          attentionNorm: file.layerNorm(`${at}.ln_1`, d),
          query: part(0),
          key: part(1),
          value: part(2),
          output: file.conv1d(`${at}.attn.c_proj`, d, d),
          mlpNorm: file.layerNorm(`${at}.ln_2`, d),
          mlpIn: file.conv1d(`${at}.mlp.c_fc`, d, mlpWidth),
          mlpOut: file.conv1d(`${at}.mlp.c_proj`, mlpWidth, d),
        };
      },
      readout: () => ({
        norm: file.layerNorm('ln_f', d),
        unembedding: tiedEmbedding ? undefined : file.whole('lm_head.weight', [vocabulary, d]),
        bias: undefined,
      }),
    };
  },
};
