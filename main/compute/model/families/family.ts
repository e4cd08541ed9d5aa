import type { TensorReader } from '../../../../shared/domain/tensors.ts';
import type { TransformerConfig } from '../config.ts';
import type { WeightSource } from '../weights.ts';

/** What Assay knows of a family of models: how its configuration and its weights are written. */
export interface ModelFamilyReader {
  /**
   * Checks a parsed `config.json`.
   * @throws AppError `unsupported` for an option, `corrupt` for a missing or odd field.
   */
  parse(document: unknown, file: string): TransformerConfig;
  /** The weights of a checkpoint in Hugging Face layout; they are read, and checked, as asked for. */
  weights(config: TransformerConfig, reader: TensorReader): WeightSource;
}
