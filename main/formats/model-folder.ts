import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { readJson } from './documents.ts';
import { openSafetensors } from './safetensors.ts';
import { openShardedSafetensors } from './sharded-safetensors.ts';

/** The files of a model in Hugging Face layout, as parsed documents and an open weight reader. */
export interface ModelFolder {
  readonly path: string;
  readonly configFile: string;
  readonly config: unknown;
  readonly weights: TensorReader;
  /** Undefined where the folder has no tokenizer. */
  readonly tokenizer: { file: string; document: unknown; config: unknown } | undefined;
}

/**
 * Opens a model folder: `config.json`, `model.safetensors` (or its index and shards) and, where they
 * are, `tokenizer.json` and `tokenizer_config.json`. Close `weights` when done.
 * @throws AppError `not-found` naming the file that is missing, or what reading it throws.
 */
export function openModelFolder(path: string): ModelFolder {
  const at = (name: string) => join(path, name);
  const configFile = at('config.json');
  const config = readJson(configFile);
  const tokenizerFile = at('tokenizer.json');
  const tokenizer = existsSync(tokenizerFile)
    ? {
        file: tokenizerFile,
        document: readJson(tokenizerFile),
        config: existsSync(at('tokenizer_config.json'))
          ? readJson(at('tokenizer_config.json'))
          : {},
      }
    : undefined;
  return { path, configFile, config, weights: openWeights(path), tokenizer };
}

function openWeights(path: string): TensorReader {
  const single = join(path, 'model.safetensors');
  if (existsSync(single)) return openSafetensors(single);
  const index = join(path, 'model.safetensors.index.json');
  if (existsSync(index)) return openShardedSafetensors(index);
  const pickled = ['pytorch_model.bin', 'pytorch_model.bin.index.json'].find((name) =>
    existsSync(join(path, name)),
  );
  throw new AppError(
    'not-found',
    pickled
      ? `${path} holds its weights as ${pickled}, a pickle, which Assay does not open. Save the model with save_pretrained(..., safe_serialization=True).`
      : `${path} has no model.safetensors. Copy the model's weights into the folder.`,
    { file: single },
  );
}
