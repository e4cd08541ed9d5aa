import type { TensorReader } from '../../../../shared/domain/tensors.ts';
import type { TransformerConfig } from '../config.ts';
import { columnsOf, entriesOf, WeightReader } from '../weight-reader.ts';
import type { WeightSource } from '../weights.ts';

/**
 * The weights of a GPT-2 checkpoint in Hugging Face layout. Its Conv1D matrices are stored [in, out];
 * c_attn holds query, key and value side by side.
 */
export function gpt2Weights(config: TransformerConfig, reader: TensorReader): WeightSource {
  const { width: d, mlpWidth, vocabulary, context, tiedEmbedding } = config;
  const file = new WeightReader(reader, 'transformer.', 'wte.weight');
  return {
    embedding: () => ({
      token: file.tensor('wte.weight', [vocabulary, d]),
      position: file.tensor('wpe.weight', [context, d]),
    }),
    block(layer) {
      const at = `h.${layer}`;
      const fused = file.conv1d(`${at}.attn.c_attn`, d, 3 * d);
      const part = (index: number) => ({
        weight: columnsOf(fused.weight, index * d, d),
        bias: fused.bias && entriesOf(fused.bias, index * d, d),
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
}
