import * as v from 'valibot';
import { ordinary } from '../config.ts';
import {
  activationOf,
  contradiction,
  count,
  layerCount,
  only,
  parseFields,
  positive,
} from '../config-fields.ts';
import { transposed, WeightReader } from '../weight-reader.ts';
import type { HostTensor, LinearWeights, NormWeights } from '../weights.ts';
import type { ModelFamilyReader } from './family.ts';

/** -1 asks for the default, as leaving a field out does. */
const countOrDefault = v.nullish(v.union([count, v.literal(-1)]));
const fields = v.object({
  n_layers: layerCount,
  d_model: count,
  d_head: count,
  n_heads: countOrDefault,
  d_mlp: countOrDefault,
  d_vocab: count,
  n_ctx: count,
  act_fn: v.string(),
  eps: v.optional(positive, 1e-5),
  normalization_type: v.optional(v.literal('LN'), 'LN'),
  positional_embedding_type: v.optional(v.literal('standard'), 'standard'),
  attention_dir: v.optional(v.literal('causal'), 'causal'),
  use_attn_scale: v.optional(v.boolean(), true),
  attn_only: only(false),
  gated_mlp: only(false),
  parallel_attn_mlp: only(false),
  use_local_attn: only(false),
  scale_attn_by_inverse_layer_idx: only(false),
});

/**
 * A HookedTransformer of TransformerLens, by its configuration and its state dict: a GPT-2 with the
 * weights of each head apart, and an unembedding of its own with a bias.
 */
export const transformerLens: ModelFamilyReader = {
  parse(document, file) {
    const config = parseFields(fields, document, file);
    const { n_layers: layers, d_model: width, d_head: headWidth } = config;
    const named = config.n_heads ?? -1;
    const heads = named === -1 ? Math.floor(width / headWidth) : named;
    if (heads === 0)
      throw contradiction(file, 'd_head', `d_head ${headWidth} is more than d_model ${width}`);
    const mlpWidth = config.d_mlp ?? -1;
    return {
      ...ordinary,
      family: 'transformer_lens',
      layers,
      width,
      heads,
      keyHeads: heads,
      headWidth,
      mlpWidth: mlpWidth === -1 ? 4 * width : mlpWidth,
      vocabulary: config.d_vocab,
      context: config.n_ctx,
      norm: 'layer',
      normEpsilon: config.eps,
      activation: activationOf(config.act_fn, file, 'act_fn'),
      attentionScale: config.use_attn_scale ? 1 / Math.sqrt(headWidth) : 1,
      tiedEmbedding: false,
      biases: { qkv: true, output: true, mlp: true },
    };
  },

  weights(config, reader) {
    const { width: d, mlpWidth, vocabulary, context, heads, headWidth } = config;
    const file = new WeightReader(reader, '', 'embed.W_E');
    const norm = (name: string): NormWeights<HostTensor> => ({
      gain: file.tensor(`${name}.w`, [d]),
      bias: file.tensor(`${name}.b`, [d]),
    });
    return {
      embedding: () => ({
        token: file.tensor('embed.W_E', [vocabulary, d]),
        position: file.tensor('pos_embed.W_pos', [context, d]),
      }),
      block(layer) {
        const at = `blocks.${layer}`;
        const read = (letter: string): LinearWeights<HostTensor> => ({
          weight: besideEachOther(file.tensor(`${at}.attn.W_${letter}`, [heads, d, headWidth])),
          bias: flat(file.tensor(`${at}.attn.b_${letter}`, [heads, headWidth]), [
            heads * headWidth,
          ]),
        });
        const output = file.tensor(`${at}.attn.W_O`, [heads, headWidth, d]);
        return {
          attentionNorm: norm(`${at}.ln1`),
          query: read('Q'),
          key: read('K'),
          value: read('V'),
          output: {
            weight: flat(output, [heads * headWidth, d]),
            bias: file.tensor(`${at}.attn.b_O`, [d]),
          },
          mlpNorm: norm(`${at}.ln2`),
          mlpIn: {
            weight: file.tensor(`${at}.mlp.W_in`, [d, mlpWidth]),
            bias: file.tensor(`${at}.mlp.b_in`, [mlpWidth]),
          },
          mlpOut: {
            weight: file.tensor(`${at}.mlp.W_out`, [mlpWidth, d]),
            bias: file.tensor(`${at}.mlp.b_out`, [d]),
          },
        };
      },
      readout: () => ({
        norm: norm('ln_final'),
        unembedding: transposed(file.tensor('unembed.W_U', [d, vocabulary])),
        bias: file.tensor('unembed.b_U', [vocabulary]),
      }),
    };
  },
};

function flat({ values }: HostTensor, shape: readonly number[]): HostTensor {
  return { shape, values };
}

/** Matrices [heads, d, w] side by side: [d, heads * w]. */
function besideEachOther({ shape, values }: HostTensor): HostTensor {
  const [heads, rows, width] = shape as [number, number, number];
  const out = new Float32Array(values.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < rows; row++) {
      const from = (head * rows + row) * width;
      out.set(values.subarray(from, from + width), (row * heads + head) * width);
    }
  return { shape: [rows, heads * width], values: out };
}
