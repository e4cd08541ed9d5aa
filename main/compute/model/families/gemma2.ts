import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  checkGroups,
  contradiction,
  count,
  layerCount,
  parseFields,
  positive,
  rotaryFields,
  rotaryOf,
} from '../config-fields.ts';
import { WeightReader } from '../weight-reader.ts';
import type { ModelFamilyReader } from './family.ts';
import { llama } from './llama.ts';

const fields = v.object({
  num_hidden_layers: layerCount,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count,
  intermediate_size: count,
  max_position_embeddings: v.optional(count, 8192),
  vocab_size: count,
  rms_norm_eps: v.optional(positive, 1e-6),
  hidden_activation: v.nullish(v.string()),
  tie_word_embeddings: v.optional(v.boolean(), true),
  attention_bias: v.optional(v.boolean(), false),
  query_pre_attn_scalar: v.optional(positive, 256),
  attn_logit_softcapping: v.nullish(positive),
  final_logit_softcapping: v.nullish(positive),
  sliding_window: v.optional(count, 4096),
  layer_types: v.nullish(v.array(v.picklist(['sliding_attention', 'full_attention']))),
  use_bidirectional_attention: v.nullish(v.literal(false)),
  ...rotaryFields,
});

/** Gains of its norms are stored less 1. */
const gainOffset = 1;

/**
 * Gemma 2 (Gemma Team 2024): as Llama, with norms after attention and MLP too, scaled embeddings,
 * bounded scores and logits, and a window in every other layer.
 */
export const gemma2: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { num_hidden_layers: layers, hidden_size: width, head_dim: headWidth } = config;
    const { num_attention_heads: heads, num_key_value_heads: keyHeads } = config;
    checkGroups(heads, keyHeads, file);
    const isSliding = slidingLayers(config.layer_types, layers, file);
    const activation = config.hidden_activation ?? 'gelu_pytorch_tanh';
    const { attention_bias: bias } = config;
    return {
      ...ordinary,
      family: 'gemma2',
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
      activation: activationOf(activation, file, 'hidden_activation'),
      gatedMlp: true,
      postNorms: true,
      rotary: rotaryOf(config, headWidth, { base: 10_000, share: 1 }, file),
      attentionScale: 1 / Math.sqrt(config.query_pre_attn_scalar),
      attentionWindows: isSliding.map((sliding) => (sliding ? config.sliding_window : undefined)),
      attentionSoftCap: config.attn_logit_softcapping ?? undefined,
      embeddingScale: Math.fround(Math.sqrt(width)),
      tiedEmbedding: config.tie_word_embeddings,
      logitSoftCap: config.final_logit_softcapping ?? undefined,
      biases: { qkv: bias, output: bias, mlp: false },
    };
  },

  weights(config, reader) {
    const { width: d } = config;
    const file = new WeightReader(reader, 'model.', 'embed_tokens.weight');
    const shared = llama.weights(config, reader);
    const norm = (name: string) => file.rmsNorm(name, d, gainOffset);
    return {
      ...shared,
      block(layer) {
        const at = `layers.${layer}`;
        return {
          ...shared.block(layer),
          attentionNorm: norm(`${at}.input_layernorm`),
          attentionPostNorm: norm(`${at}.post_attention_layernorm`),
          mlpNorm: norm(`${at}.pre_feedforward_layernorm`),
          mlpPostNorm: norm(`${at}.post_feedforward_layernorm`),
        };
      },
      readout: () => ({ ...shared.readout(), norm: norm('norm') }),
    };
  },
};

/** Layers that see a window only: as listed, or else the first, third and so on. */
function slidingLayers(
  types: readonly string[] | null | undefined,
  layers: number,
  file: string,
): boolean[] {
  if (!types) return Array.from({ length: layers }, (_, layer) => layer % 2 === 0);
  if (types.length !== layers)
    throw contradiction(
      file,
      'layer_types',
      `layer_types says the kind of ${types.length} layers, and num_hidden_layers is ${layers}`,
    );
  return types.map((type) => type === 'sliding_attention');
}
