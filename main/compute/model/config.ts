import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';
import type { Activation } from '../engine.ts';

/** Shape of a decoder-only transformer, as read from a Hugging Face `config.json`. */
export interface TransformerConfig {
  readonly family: 'gpt2';
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by heads / keyHeads query heads. */
  readonly keyHeads: number;
  readonly headWidth: number;
  /** Width of the MLP's hidden layer. */
  readonly mlpWidth: number;
  readonly vocabulary: number;
  /** Longest sequence that the position embedding allows. */
  readonly context: number;
  readonly norm: 'layer' | 'rms';
  readonly normEpsilon: number;
  readonly activation: Activation;
  readonly tiedEmbedding: boolean;
  /** Logits are bounded by c tanh(logit / c). */
  readonly logitSoftCap: number | undefined;
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

const gpt2Config = v.object({
  model_type: v.literal('gpt2'),
  n_layer: positive,
  n_embd: positive,
  n_head: positive,
  n_inner: v.nullish(positive),
  n_positions: v.optional(positive, 1024),
  vocab_size: positive,
  layer_norm_epsilon: v.optional(v.pipe(v.number(), v.gtValue(0)), 1e-5),
  activation_function: v.optional(v.string(), 'gelu_new'),
  tie_word_embeddings: v.optional(v.boolean(), true),
  scale_attn_weights: v.optional(v.literal(true), true),
  scale_attn_by_inverse_layer_idx: v.optional(v.literal(false), false),
});

/** Names that Hugging Face gives to the activations that the engines have. */
const activations: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  gelu: 'gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

/**
 * Checks a parsed `config.json`.
 * @throws AppError `unsupported` for another family or option, `corrupt` for a missing or odd field.
 */
export function parseModelConfig(document: unknown, file: string): TransformerConfig {
  const family = (document as { model_type?: unknown } | null)?.model_type;
  if (family !== 'gpt2')
    throw new AppError(
      'unsupported',
      `${file}: the model family ${JSON.stringify(family)} is not supported. Assay reads GPT-2 models (model_type "gpt2").`,
      { file, place: 'model_type' },
    );
  const parsed = v.safeParse(gpt2Config, document);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const place = issue.path?.map((item) => String(item.key)).join('.') ?? 'top level';
    throw new AppError('corrupt', `${file}: ${place}: ${issue.message}. Check the file.`, {
      file,
      place,
    });
  }
  const config = parsed.output;
  const activation = activations[config.activation_function];
  if (!activation)
    throw new AppError(
      'unsupported',
      `${file}: the activation '${config.activation_function}' is not supported. Known: ${Object.keys(activations).join(', ')}.`,
      { file, place: 'activation_function' },
    );
  if (config.n_embd % config.n_head !== 0)
    throw new AppError(
      'corrupt',
      `${file}: n_embd ${config.n_embd} is not a multiple of n_head ${config.n_head}. Check the file.`,
      { file, place: 'n_head' },
    );
  return {
    family,
    layers: config.n_layer,
    width: config.n_embd,
    heads: config.n_head,
    keyHeads: config.n_head,
    headWidth: config.n_embd / config.n_head,
    mlpWidth: config.n_inner ?? 4 * config.n_embd,
    vocabulary: config.vocab_size,
    context: config.n_positions,
    norm: 'layer',
    normEpsilon: config.layer_norm_epsilon,
    activation,
    tiedEmbedding: config.tie_word_embeddings,
    logitSoftCap: undefined,
  };
}
