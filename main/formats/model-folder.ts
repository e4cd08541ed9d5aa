import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../shared/errors.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { readJson, readText } from './documents.ts';
import { openSafetensors } from './safetensors.ts';
import { openShardedSafetensors } from './sharded-safetensors.ts';
import { openTorchZip } from './torch-zip/torch-zip.ts';
import { parseYaml } from './yaml.ts';

/** The files of a model, as parsed documents and an open weight reader. */
export interface ModelFolder {
  readonly path: string;
  readonly configFile: string;
  readonly config: unknown;
  readonly weights: TensorReader;
  /** Undefined where the folder has no tokenizer. */
  readonly tokenizer: { file: string; document: unknown; config: unknown } | undefined;
}

/** The file beside a checkpoint of TransformerLens that says its shape, as e2e_sae writes it. */
const lensConfigName = 'final_config.yaml';

function isCheckpoint(path: string): boolean {
  return path.endsWith('.pt');
}

const huggingFaceFile =
  /^(config\.json|tokenizer\.json|model\.safetensors\.index\.json|model(-\d+-of-\d+)?\.safetensors)$/;

/** The files that make a model what it is, of those that are there. */
export function modelFiles(path: string): string[] {
  if (isCheckpoint(path)) return [path, join(dirname(path), lensConfigName)].filter(existsSync);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => huggingFaceFile.test(name))
    .sort()
    .map((name) => join(path, name));
}

/**
 * Opens a model: a folder in Hugging Face layout, or a checkpoint of TransformerLens (`.pt`, with its
 * `final_config.yaml` beside it). Close `weights` when done.
 * @throws AppError `not-found` naming the file that is missing, or what reading it throws.
 */
export function openModelFolder(path: string): ModelFolder {
  return isCheckpoint(path) ? openCheckpoint(path) : openHuggingFace(path);
}

const lensConfig = v.object({ tlens_config: v.record(v.string(), v.unknown()) });

/**
 * What the file beside a checkpoint says of the shape of its model; undefined where there is none, or
 * where it says something else, as it does beside the dictionaries of e2e_sae.
 */
export function readLensConfig(path: string): Readonly<Record<string, unknown>> | undefined {
  const file = join(dirname(path), lensConfigName);
  if (!existsSync(file)) return undefined;
  const parsed = v.safeParse(lensConfig, parseYaml(readText(file), file));
  return parsed.success ? parsed.output.tlens_config : undefined;
}

function openCheckpoint(path: string): ModelFolder {
  const folder = dirname(path);
  const configFile = join(folder, lensConfigName);
  const config = readLensConfig(path);
  if (!config)
    throw new AppError(
      'not-found',
      `${path} has no ${lensConfigName} with a tlens_config beside it, which says the shape of the model. Copy it there.`,
      { file: configFile, place: 'tlens_config' },
    );
  return {
    path,
    configFile,
    config: { ...config, model_type: 'transformer_lens' },
    weights: openTorchZip(path),
    tokenizer: openTokenizer(folder),
  };
}

/**
 * Opens a model folder: `config.json`, `model.safetensors` (or its index and shards) and, where they
 * are, `tokenizer.json` and `tokenizer_config.json`.
 */
function openHuggingFace(path: string): ModelFolder {
  const configFile = join(path, 'config.json');
  const config = readJson(configFile);
  const tokenizer = openTokenizer(path);
  return { path, configFile, config, weights: openWeights(path), tokenizer };
}

/** The tokenizer of a model, without its weights. @throws AppError for files that are not JSON. */
export function openTokenizerOf(path: string): ModelFolder['tokenizer'] {
  return openTokenizer(isCheckpoint(path) ? dirname(path) : path);
}

function openTokenizer(folder: string): ModelFolder['tokenizer'] {
  const file = join(folder, 'tokenizer.json');
  const configFile = join(folder, 'tokenizer_config.json');
  if (!existsSync(file)) return undefined;
  const config = existsSync(configFile) ? readJson(configFile) : {};
  return { file, document: readJson(file), config };
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
