import { existsSync, readFileSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import type { TensorInfo } from '../../../shared/domain/tensors.ts';
import { AppError, fileError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { openSafetensors } from '../../formats/safetensors.ts';
import { parseStrictJson } from '../../formats/strict-json.ts';
import { fileSize, grouped, problemOf, type Finding } from './finding.ts';

const format = 'Hugging Face';

/** A folder with a model's configuration and weights, or with one of them gone missing. */
export function isModelFolder(entries: readonly Dirent[]): boolean {
  const has = (test: (name: string) => boolean) => entries.some(({ name }) => test(name));
  return (
    has((name) => name === 'config.json') &&
    has((name) => name.endsWith('.safetensors') || name.startsWith('tokenizer') || isTorch(name))
  );
}

function isTorch(name: string): boolean {
  return name.endsWith('.bin') || name.endsWith('.safetensors.index.json');
}

/**
 * A model by its configuration and the headers of its files: what is missing or truncated, and
 * whether the tokenizer fits the embedding. Whether its family is supported shows when it is loaded.
 */
export function scanModel(folder: string): Finding {
  const found = { kind: 'model', format, name: basename(folder) } as const;
  const bytes = folderBytes(folder);
  let shape: ModelShape;
  try {
    shape = readShape(readDocument(join(folder, 'config.json')));
  } catch (error) {
    const problem = problemOf(error, folder);
    return { ...found, bytes, facts: [], numbers: {}, problem };
  }
  const { family: _family, ...numbers } = shape;
  return {
    ...found,
    bytes,
    facts: describeShape(shape),
    numbers: dropUnknown(numbers),
    problem: findProblem(folder, shape),
  };
}

interface ModelShape {
  readonly family: string;
  readonly layers: number | undefined;
  readonly width: number | undefined;
  readonly heads: number | undefined;
  readonly vocabulary: number | undefined;
  readonly context: number | undefined;
  /** 1 where attention and MLP run side by side. */
  readonly parallel: number | undefined;
}

/** The families name the same things differently. */
function readShape(config: Record<string, unknown>): ModelShape {
  const number = (...names: string[]) =>
    names.map((name) => config[name]).find((value) => typeof value === 'number');
  const family = config['model_type'];
  return {
    family: typeof family === 'string' ? family : 'unknown',
    layers: number('num_hidden_layers', 'n_layer', 'num_layers'),
    width: number('hidden_size', 'n_embd'),
    heads: number('num_attention_heads', 'n_head', 'num_heads'),
    vocabulary: number('vocab_size'),
    context: number('max_position_embeddings', 'n_positions', 'n_ctx'),
    parallel: family === 'gpt_neox' && config['use_parallel_residual'] !== false ? 1 : undefined,
  };
}

function describeShape({ family, layers, width, vocabulary, context }: ModelShape): string[] {
  return [
    family,
    layers === undefined ? '' : `${grouped(layers)} layers`,
    width === undefined ? '' : `d ${grouped(width)}`,
    vocabulary === undefined ? '' : `vocabulary ${grouped(vocabulary)}`,
    context === undefined ? '' : `context ${grouped(context)}`,
  ].filter((fact) => fact !== '');
}

function dropUnknown(numbers: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

function findProblem(folder: string, shape: ModelShape): Finding['problem'] {
  try {
    const embedding = checkWeights(folder);
    checkVocabulary(folder, shape, embedding);
    checkTokenizer(folder, embedding?.shape[0] ?? shape.vocabulary);
    return null;
  } catch (error) {
    return problemOf(error, folder);
  }
}

/** Opens every file of weights by its header. Answers the token embedding, where it is found. */
function checkWeights(folder: string): TensorInfo | undefined {
  const files = weightFiles(folder);
  if (files.length === 0)
    throw new AppError(
      'not-found',
      `${basename(folder)} has no weights in safetensors files. Download them, or convert the model with save_pretrained(safe_serialization=True).`,
      { file: folder },
    );
  let embedding: TensorInfo | undefined;
  for (const file of files) {
    const reader = openSafetensors(file);
    embedding ??= [...reader.tensors.values()].find(isEmbedding);
    reader.close();
  }
  return embedding;
}

/** The files that the index lists, where there is one, else those that are there. */
function weightFiles(folder: string): string[] {
  const index = join(folder, 'model.safetensors.index.json');
  if (existsSync(index)) {
    const map = readDocument(index)['weight_map'];
    const names = new Set(Object.values((map ?? {}) as Record<string, unknown>));
    return [...names].map((name) => join(folder, basename(String(name))));
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .map((name) => join(folder, name));
}

function isEmbedding({ name, shape }: TensorInfo): boolean {
  return (
    shape.length === 2 && /(^|\.)(wte|embed_tokens|embed_in|word_embeddings)\.weight$/.test(name)
  );
}

function checkVocabulary(
  folder: string,
  shape: ModelShape,
  embedding: TensorInfo | undefined,
): void {
  const rows = embedding?.shape[0];
  if (rows === undefined || shape.vocabulary === undefined || rows === shape.vocabulary) return;
  throw new AppError(
    'shape-mismatch',
    `${basename(folder)}: config.json says ${grouped(shape.vocabulary)} tokens, and the embedding has ${grouped(rows)} rows. They belong to different models.`,
    { file: join(folder, 'config.json'), place: 'vocab_size' },
  );
}

/** A tokenizer that makes ids beyond the embedding belongs to another model. */
function checkTokenizer(folder: string, rows: number | undefined): void {
  const path = join(folder, 'tokenizer.json');
  if (!existsSync(path) || rows === undefined) return;
  const largest = largestId(readDocument(path, (text) => JSON.parse(text) as unknown));
  if (largest === undefined || largest < rows) return;
  throw new AppError(
    'tokenizer-mismatch',
    `${basename(folder)}: the tokenizer makes ids up to ${grouped(largest)}, and the model has ${grouped(rows)} tokens. Use the tokenizer that the model was trained with.`,
    { file: path, largest, rows },
  );
}

function largestId(tokenizer: Record<string, unknown>): number | undefined {
  const model = (tokenizer['model'] ?? {}) as Record<string, unknown>;
  const added = (tokenizer['added_tokens'] ?? []) as ({ id?: unknown } | null)[];
  const vocabulary = model['vocab'];
  let largest = -1;
  const see = (id: unknown) => {
    if (typeof id === 'number' && id > largest) largest = id;
  };
  if (Array.isArray(vocabulary)) see(vocabulary.length - 1);
  else for (const id of Object.values(vocabulary ?? {})) see(id);
  if (Array.isArray(added)) for (const token of added) see(token?.id);
  return largest < 0 ? undefined : largest;
}

/** @param parse is the platform's for a tokenizer, whose vocabulary may hold any word as a key. */
function readDocument(
  path: string,
  parse: (text: string, file: string) => unknown = parseStrictJson,
): Record<string, unknown> {
  try {
    if (statSync(path).size > limits.documentBytes)
      throw new AppError('too-large', `${path} is larger than such a document can be.`, {
        file: path,
      });
    const document = parse(readFileSync(path, 'utf8'), path);
    if (document !== null && typeof document === 'object' && !Array.isArray(document))
      return document as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new AppError('corrupt', `${path} is not valid JSON. Download it again.`, {
        file: path,
      });
    throw fileError(error, path);
  }
  throw new AppError('corrupt', `${path} does not hold an object.`, { file: path });
}

function folderBytes(folder: string): number {
  return readdirSync(folder)
    .map((name) => fileSize(join(folder, name)) ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);
}
