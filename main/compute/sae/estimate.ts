import type { TransformerConfig } from '../model/config.ts';
import type { DictionaryShape } from './architecture.ts';
import { logitEntries } from './logits-divergence.ts';
import { statesPerParameter } from './trainer.ts';

export interface MemoryPlan {
  readonly model: TransformerConfig;
  /** Dictionaries trained at once. */
  readonly dictionaries: readonly PlannedMemory[];
  /** Tokens at a time. */
  readonly batchTokens: number;
  /** Whether a step's gradient is gathered in parts, so that all dictionaries' are held. */
  readonly gathersGradients: boolean;
  /** Tokens over which features are collected, 0 for none. */
  readonly featureTokens: number;
  /** Bytes of one number on the engine. */
  readonly numberBytes: number;
  /** Bytes that the engine takes before it holds a number. */
  readonly engineBytes?: number;
}

export interface PlannedMemory {
  readonly shape: DictionaryShape;
  readonly parameters: number;
  /** See Architecture.codesAtPeak. */
  readonly codesAtPeak: number;
  /** Names the pass that it shares with others: their steps are held at the same time. */
  readonly pass?: string | undefined;
  /** Blocks that the gradient comes back through; 0 for a local objective. */
  readonly splicedBlocks: number;
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
 * two moments; the gradients, codes and their gradients of one dictionary, or of those of one joint pass, at a time; the activations
 * of one block, or of all that are kept for the way back, with a few chunks of logits; and the
 * collected sparse activations (allowing for 64 active latents per token).
 */
export function estimateMemory(plan: MemoryPlan): number {
  const { model, dictionaries, batchTokens, numberBytes } = plan;
  const total = dictionaries.reduce((sum, { parameters }) => sum + parameters, 0);
  const state = statesPerParameter * total + (plan.gathersGradients ? total : 0);
  const passes = Map.groupBy(dictionaries, (dictionary) => dictionary.pass ?? dictionary);
  const steps = Array.from(passes.values(), (members) => {
    const step = members.reduce(
      (sum, { shape, parameters, codesAtPeak }) =>
        sum + parameters + batchTokens * (codesAtPeak * shape.latents + 6 * shape.dIn),
      0,
    );
    const splicedBlocks = Math.max(...members.map((member) => member.splicedBlocks));
    if (splicedBlocks === 0) return step;
    const kept = splicedBlocks * batchTokens * (11 * model.width + 2 * model.mlpWidth);
    return step + kept + 4 * logitEntries;
  });
  const block = batchTokens * (8 * model.width + 2 * model.mlpWidth);
  const collected = plan.featureTokens * 64 * 3 * 4 * dictionaries.length;
  const numbers = modelParameterCount(model) + state + Math.max(...steps) + block;
  return numbers * numberBytes + collected + (plan.engineBytes ?? 0);
}
