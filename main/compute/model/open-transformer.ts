import { AppError } from '../../../shared/errors.ts';
import type { WeightProcessing } from '../../../shared/domain/train-spec.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../engine.ts';
import { modelFamilies, type ModelFamily, type TransformerConfig } from './config.ts';
import type { ModelFamilyReader } from './families/family.ts';
import { gemma2 } from './families/gemma2.ts';
import { gpt2 } from './families/gpt2.ts';
import { gptNeo } from './families/gpt-neo.ts';
import { gptNeox } from './families/gpt-neox.ts';
import { llama } from './families/llama.ts';
import { transformerLens } from './families/transformer-lens.ts';
import { processWeights } from './processing.ts';
import { Transformer } from './transformer.ts';
import { uploadWeights } from './weights.ts';

const families: Readonly<Record<ModelFamily, ModelFamilyReader>> = {
  gpt2,
  gpt_neo: gptNeo,
  gpt_neox: gptNeox,
  llama,
  gemma2,
  transformer_lens: transformerLens,
};

/**
 * Checks a parsed `config.json`.
 * @throws AppError `unsupported` for another family or option, `corrupt` for a missing or odd field.
 */
export function parseModelConfig(document: unknown, file: string): TransformerConfig {
  const named = (document as { model_type?: unknown } | null)?.model_type;
  const family = modelFamilies.find((name) => name === named);
  if (!family)
    throw new AppError(
      'unsupported',
      `${file}: the model family ${JSON.stringify(named)} is not supported. Assay reads the families ${modelFamilies.join(', ')} (model_type).`,
      { file, place: 'model_type' },
    );
  return families[family].parse(document, file);
}

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
  const raw = families[config.family].weights(config, source.weights);
  const weights = processing === 'none' ? raw : processWeights(raw, config);
  return new Transformer(engine, config, uploadWeights(engine, weights, config.layers));
}
