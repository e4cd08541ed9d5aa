import type { TransformerConfig } from '../model/config.ts';
import { parameterCount, type Architecture, type DictionaryShape } from './architecture.ts';
import { logitEntries } from './logits-divergence.ts';

export interface MemoryPlan {
  readonly model: TransformerConfig;
  readonly architecture: Architecture;
  readonly dictionary: DictionaryShape;
  /** Dictionaries trained at once. */
  readonly dictionaries: number;
  /** Tokens at a time. */
  readonly batchTokens: number;
  /** Whether a step's gradient is gathered in parts, so that all dictionaries' are held. */
  readonly gathersGradients: boolean;
  /** Blocks that a dictionary's gradient comes back through; 0 for a local objective. */
  readonly splicedBlocks: number;
  /** Tokens over which features are collected, 0 for none. */
  readonly featureTokens: number;
  /** Bytes of one number on the engine. */
  readonly numberBytes: number;
}

/** Numbers in the weights of a model. */
export function modelParameterCount(model: TransformerConfig): number {
  const { layers, width: d, mlpWidth: m, vocabulary, context, tiedEmbedding, biases } = model;
  const [queries, keys] = [model.heads, model.keyHeads].map((heads) => heads * model.headWidth) as [
    number,
    number,
  ];
  const mlpIns = model.gatedMlp ? 2 : 1;
  const norm = model.norm === 'layer' ? 2 * d : d;
  const block =
    2 * (queries + keys) * d +
    (mlpIns + 1) * d * m +
    (biases.qkv ? queries + 2 * keys : 0) +
    (biases.output ? d : 0) +
    (biases.mlp ? mlpIns * m + d : 0) +
    (model.postNorms ? 4 : 2) * norm;
  const embeddings = vocabulary * d * (tiedEmbedding ? 1 : 2) + (model.rotary ? 0 : context * d);
  return embeddings + layers * block + norm;
}

/**
 * Bytes of main memory that training needs at its peak: model, and for each dictionary weights and
 * two moments; the gradients, codes and their gradients of one dictionary at a time; the activations
 * of one block, or of all that are kept for the way back, with a few chunks of logits; and the
 * collected sparse activations (allowing for 64 active latents per token).
 */
export function estimateMemory(plan: MemoryPlan): number {
  const { model, dictionary, batchTokens, numberBytes } = plan;
  const parameters = parameterCount(plan.architecture, dictionary);
  const state = 3 * parameters * plan.dictionaries;
  const gradients = parameters * (plan.gathersGradients ? plan.dictionaries + 1 : 1);
  const step = gradients + batchTokens * (3 * dictionary.latents + 6 * dictionary.dIn);
  const block = batchTokens * (8 * model.width + 2 * model.mlpWidth);
  const spliced =
    plan.splicedBlocks === 0
      ? 0
      : plan.splicedBlocks * batchTokens * (11 * model.width + 2 * model.mlpWidth) +
        4 * logitEntries;
  const collected = plan.featureTokens * 64 * 3 * 4 * plan.dictionaries;
  const numbers = modelParameterCount(model) + state + step + block + spliced;
  return numbers * numberBytes + collected;
}
