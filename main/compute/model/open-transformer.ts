import type { WeightProcessing } from '../../../shared/domain/job-spec.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../engine.ts';
import { parseModelConfig } from './config.ts';
import { gpt2Weights } from './families/gpt2.ts';
import { processWeights } from './processing.ts';
import { Transformer } from './transformer.ts';
import { uploadWeights } from './weights.ts';

/**
 * Puts a model on an engine.
 * @param source parsed `config.json` with its path, and an open reader of the weights
 * @param processing what is done to the weights first; the values at hook points depend on it
 */
export function openTransformer(
  engine: Engine,
  source: { config: unknown; configFile: string; weights: TensorReader },
  processing: WeightProcessing = 'none',
): Transformer {
  const config = parseModelConfig(source.config, source.configFile);
  const raw = gpt2Weights(config, source.weights);
  const weights = processing === 'none' ? raw : processWeights(raw, config);
  return new Transformer(engine, config, uploadWeights(engine, weights, config.layers));
}
