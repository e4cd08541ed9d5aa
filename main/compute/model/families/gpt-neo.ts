import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  contradiction,
  count,
  headWidthOf,
  layerCount,
  parseFields,
  positive,
} from '../config-fields.ts';
import { WeightReader } from '../weight-reader.ts';
import type { ModelFamilyReader } from './family.ts';

const attention = v.picklist(['global', 'local']);
const fields = v.object({
  num_layers: layerCount,
  hidden_size: count,
  num_heads: count,
  intermediate_size: v.nullish(count),
  max_position_embeddings: v.optional(count, 2048),
  vocab_size: count,
  layer_norm_epsilon: v.optional(positive, 1e-5),
  activation_function: v.optional(v.string(), 'gelu_new'),
  tie_word_embeddings: v.optional(v.boolean(), true),
  window_size: v.optional(count, 256),
  /** Each pattern is repeated as often as its number says. */
  attention_types: v.array(v.tuple([v.array(attention), count])),
});

/**
 * GPT-Neo (Black et al. 2021), and TinyStories in its shape: as GPT-2, but query and key are not
 * scaled, have no bias, and every other layer sees a window only.
 */
export const gptNeo: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { num_layers: layers, hidden_size: width, num_heads: heads } = config;
    const kinds = config.attention_types.flatMap(([pattern, times]) =>
      new Array<typeof pattern>(Math.min(times, layers)).fill(pattern).flat(),
    );
    if (kinds.length !== layers)
      throw contradiction(
        file,
        'attention_types',
        `attention_types says the kind of ${kinds.length} layers, and num_layers is ${layers}`,
      );
    return {
      ...ordinary,
      family: 'gpt_neo',
      layers,
      width,
      heads,
      keyHeads: heads,
      headWidth: headWidthOf(width, heads, file, 'num_heads'),
      mlpWidth: config.intermediate_size ?? 4 * width,
      vocabulary: config.vocab_size,
      context: config.max_position_embeddings,
      norm: 'layer',
      normEpsilon: config.layer_norm_epsilon,
      activation: activationOf(config.activation_function, file, 'activation_function'),
      attentionScale: 1,
      attentionWindows: kinds.map((kind) => (kind === 'local' ? config.window_size : undefined)),
      tiedEmbedding: config.tie_word_embeddings,
      biases: { qkv: false, output: true, mlp: true },
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
        const attentionAt = `${at}.attn.attention`;
        return {
          attentionNorm: file.layerNorm(`${at}.ln_1`, d),
          query: file.linear(`${attentionAt}.q_proj`, d, d, false),
          key: file.linear(`${attentionAt}.k_proj`, d, d, false),
          value: file.linear(`${attentionAt}.v_proj`, d, d, false),
          output: file.linear(`${attentionAt}.out_proj`, d, d, true),
          mlpNorm: file.layerNorm(`${at}.ln_2`, d),
          mlpIn: file.linear(`${at}.mlp.c_fc`, d, mlpWidth, true),
          mlpOut: file.linear(`${at}.mlp.c_proj`, mlpWidth, d, true),
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
