import type { Activation } from '../engine.ts';

export const modelFamilies = [
  'gpt2',
  'gpt_neo',
  'gpt_neox',
  'llama',
  'gemma2',
  'transformer_lens',
] as const;
/**
 * A family of models, under the name that Hugging Face gives it (`model_type`); `transformer_lens` is
 * the name that a checkpoint of TransformerLens gets (formats/model-folder.ts).
 */
export type ModelFamily = (typeof modelFamilies)[number];

/** All that tells apart the forward passes of the families; see Transformer. */
export interface TransformerConfig {
  readonly family: ModelFamily;
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
  /** Longest sequence that the model is made for. */
  readonly context: number;
  readonly norm: 'layer' | 'rms';
  readonly normEpsilon: number;
  readonly activation: Activation;
  /** A second projection of the MLP's input is multiplied by the activated one. */
  readonly gatedMlp: boolean;
  /** The MLP reads the same residual stream as attention, not the one after it. */
  readonly parallel: boolean;
  /** Outputs of attention and MLP are normed before they are added to the stream. */
  readonly postNorms: boolean;
  /** Undefined where positions are learned embeddings. */
  readonly rotary: RotaryConfig | undefined;
  /** Factor on the product of query and key. */
  readonly attentionScale: number;
  /** For each layer, how many positions a query sees; undefined, or no entry, for all before it. */
  readonly attentionWindows: readonly (number | undefined)[];
  /** Scores of attention are bounded by c tanh(score / c). */
  readonly attentionSoftCap: number | undefined;
  /** Factor on the token embeddings. */
  readonly embeddingScale: number;
  readonly tiedEmbedding: boolean;
  /** Logits are bounded by c tanh(logit / c). */
  readonly logitSoftCap: number | undefined;
  /** Which linear maps carry a bias. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
}

/** What only some families have, for those that have none of it. */
export const ordinary = {
  gatedMlp: false,
  parallel: false,
  postNorms: false,
  rotary: undefined,
  attentionWindows: [],
  attentionSoftCap: undefined,
  embeddingScale: 1,
  logitSoftCap: undefined,
} as const satisfies Partial<TransformerConfig>;

/** How queries and keys are turned by their position. */
export interface RotaryConfig {
  /** Columns of each head that turn, from the first on; even. */
  readonly width: number;
  readonly base: number;
  readonly scaling: RotaryScaling;
}

export type RotaryScaling =
  | { readonly kind: 'none' }
  /** All frequencies divided by a factor. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Llama 3.1: low frequencies divided by a factor, high ones kept, those between blended. */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      readonly originalContext: number;
    };
