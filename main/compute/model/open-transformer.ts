import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../engine.ts';
import { parseModelConfig } from './config.ts';
import { Transformer } from './transformer.ts';
import { loadGpt2Weights } from './weights.ts';

/**
 * Puts a model on an engine.
 * @param source parsed `config.json` with its path, and an open reader of the weights
 */
export function openTransformer(
  engine: Engine,
  source: { config: unknown; configFile: string; weights: TensorReader },
): Transformer {
  const config = parseModelConfig(source.config, source.configFile);
  return new Transformer(engine, config, loadGpt2Weights(engine, config, source.weights));
}
