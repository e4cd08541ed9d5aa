import type { TransformerConfig } from '../model/config.ts';
import { parameterCount, type DictionaryShape } from './dictionary.ts';

export interface MemoryPlan {
  readonly model: TransformerConfig;
  readonly dictionary: DictionaryShape;
  /** Dictionaries trained at once. */
  readonly dictionaries: number;
  /** Tokens in one optimiser step. */
  readonly batchTokens: number;
  /** Tokens over which features are collected, 0 for none. */
  readonly featureTokens: number;
  /** Bytes of one number on the engine. */
  readonly numberBytes: number;
}

/** Numbers in the weights of a model. */
export function modelParameterCount(model: TransformerConfig): number {
  const { layers, width: d, mlpWidth: m, vocabulary, context, tiedEmbedding } = model;
  const block = 4 * d * d + 4 * d + 2 * d * m + m + d + 4 * d;
  return vocabulary * d * (tiedEmbedding ? 1 : 2) + context * d + layers * block + 2 * d;
}

/**
 * Bytes of main memory that training needs at its peak: model, and for each dictionary weights and
 * two moments; the gradients, codes and their gradients of one dictionary at a time; the activations
 * of one block; and the collected sparse activations (allowing for 64 active latents per token).
 */
export function estimateMemory(plan: MemoryPlan): number {
  const { model, dictionary, batchTokens, numberBytes } = plan;
  const parameters = parameterCount(dictionary);
  const state = 3 * parameters * plan.dictionaries;
  const step = parameters + batchTokens * (3 * dictionary.latents + 6 * dictionary.dIn);
  const block = batchTokens * (8 * model.width + 2 * model.mlpWidth);
  const collected = plan.featureTokens * 64 * 3 * 4 * plan.dictionaries;
  const numbers = modelParameterCount(model) + state + step + block;
  return numbers * numberBytes + collected;
}
