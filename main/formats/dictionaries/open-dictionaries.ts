import { readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError, fileError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { readJson } from '../documents.ts';
import { isAssayDictionary, readAssay } from './assay.ts';
import { asConfig, partIn, textIn } from './config-values.ts';
import { readDictionaryLearning } from './dictionary-learning.ts';
import {
  e2eSaePrefixes,
  isE2eSaeCopy,
  newestSamples,
  readE2eSaeCopy,
  readE2eSaeRun,
} from './e2e-sae.ts';
import type { Config, FoundDictionary } from './found.ts';
import { readGemmaScope } from './gemma-scope.ts';
import { readLlamaScope } from './llama-scope.ts';
import { readOpenAi } from './openai.ts';
import { readSaeLens } from './saelens.ts';
import { readSparsify } from './sparsify.ts';
import { openTensors, type OpenTensors } from './tensor-files.ts';

/** Dictionaries that were found; their tensors are read on demand until it is closed. */
export interface OpenDictionaries {
  readonly dictionaries: readonly FoundDictionary[];
  readonly warnings: readonly string[];
  close(): void;
}

const deepest = 5;
const mostDictionaries = 2000;
const mostEntries = 100_000;

/**
 * Finds the dictionaries of a file or a folder, and those of folders within, by what files hold and what
 * lies beside them. In each folder the first that fits of: npz of Gemma Scope; cfg.json with
 * sae_weights.safetensors (SAELens), with sae.safetensors (sparsify); config.json with ae.pt
 * (dictionary_learning); hyperparams.json of Llama Scope; params.safetensors of Gemma Scope 2; otherwise
 * each .pt and .safetensors by the names of its tensors. Names tell orientation, never shapes: a square
 * matrix is read like any other.
 * @throws AppError `not-found` where there is none, and what broken files say.
 */
export function openDictionaries(path: string): OpenDictionaries {
  const search = new Search(path);
  try {
    search.run();
    return {
      dictionaries: search.dictionaries,
      warnings: search.warnings,
      close: () => search.close(),
    };
  } catch (error) {
    search.close();
    throw error;
  }
}

class Search {
  readonly dictionaries: FoundDictionary[] = [];
  readonly warnings: string[] = [];
  readonly #root: string;
  readonly #open: TensorReader[] = [];
  #entries = 0;

  constructor(root: string) {
    this.#root = root;
  }

  run(): void {
    if (isFolder(this.#root)) this.#folder(this.#root, 0);
    else this.#addFile(this.#root, true);
    if (this.dictionaries.length > 0) return;
    throw new AppError(
      'not-found',
      `${this.#root} holds no dictionary that Assay knows. It reads e2e_sae, SAELens, dictionary_learning, sparsify, OpenAI, Gemma Scope and Llama Scope, each with the configuration that lies beside its weights.`,
      { file: this.#root },
    );
  }

  close(): void {
    for (const reader of this.#open.splice(0)) reader.close();
  }

  #folder(path: string, depth: number): void {
    const entries = listFolder(path);
    this.#entries += entries.length;
    if (this.#entries > mostEntries)
      throw new AppError('too-large', `${this.#root} holds too many files. Name a folder in it.`, {
        file: this.#root,
      });
    const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    if (!this.#known(path, names)) this.#loose(path, names);
    if (depth === deepest) return;
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        this.#folder(join(path, entry.name), depth + 1);
  }

  /** Folders whose layout tells the tool. */
  #known(path: string, names: ReadonlySet<string>): boolean {
    const file = (name: string) => join(path, name);
    const known = [
      'params.npz',
      'sae_weights.safetensors',
      'sae.safetensors',
      'ae.pt',
      'params.safetensors',
      'hyperparams.json',
    ].find((name) => names.has(name));
    switch (known) {
      case undefined:
        return false;
      case 'hyperparams.json': {
        const weights = join(path, 'checkpoints', 'final.safetensors');
        if (!isFile(weights)) return false;
        this.#add(readLlamaScope(this.#tensors(weights), configOf(file(known))));
        return true;
      }
      default:
        this.#addFile(file(known), true);
        return true;
    }
  }

  /** Files that are known by their tensors alone; those that are something else are passed by. */
  #loose(path: string, names: ReadonlySet<string>): void {
    const newest = newestSamples([...names]);
    for (const name of [...names].sort()) {
      if (!/\.(pt|pth|npz|safetensors)$/.test(name)) continue;
      if (/^samples_\d+\.pt$/.test(name) && name !== newest) continue;
      if (path.endsWith('checkpoints') && name === 'final.safetensors') continue;
      try {
        this.#addFile(join(path, name), false);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        this.warnings.push(error.message);
      }
    }
  }

  /** @param mustBe whether a file that is no dictionary is an error. */
  #addFile(path: string, mustBe: boolean): void {
    const tensors = openTensors(path);
    this.#open.push(tensors.reader);
    const found = identify(path, tensors, this.#root);
    if (found.length > 0) return this.#add(...found);
    tensors.reader.close();
    this.#open.pop();
    if (!mustBe) return;
    throw new AppError(
      'unsupported',
      `${path} holds no dictionary that Assay knows: its tensors are ${[...tensors.reader.tensors.keys()].slice(0, 8).join(', ') || 'none'}.`,
      { file: path },
    );
  }

  #tensors(path: string): TensorReader {
    const { reader } = openTensors(path);
    this.#open.push(reader);
    return reader;
  }

  #add(...found: readonly FoundDictionary[]): void {
    this.dictionaries.push(...found);
    if (this.dictionaries.length > mostDictionaries)
      throw new AppError(
        'too-large',
        `${this.#root} holds too many dictionaries. Name a folder in it.`,
        {
          file: this.#root,
        },
      );
  }
}

/** What one file holds, by the names of its tensors and what lies beside it. */
function identify(
  path: string,
  { reader, kind, document }: OpenTensors,
  root: string,
): FoundDictionary[] {
  const has = (...names: string[]) => names.every((name) => reader.tensors.has(name));
  const beside = (name: string) => join(dirname(path), name);
  const optional = (name: string) => (isFile(beside(name)) ? configOf(beside(name)) : null);
  if (kind === 'npz')
    return has('W_enc', 'W_dec', 'threshold') || has('w_enc', 'w_dec', 'threshold')
      ? [readGemmaScope(reader, null, 1)]
      : [];
  if (isAssayDictionary(reader)) return [readAssay(reader)];
  if (kind === 'safetensors') {
    if (has('log_jumprelu_threshold', 'encoder.weight'))
      return [readLlamaScope(reader, optional('config.json') ?? {})];
    if (basename(path) === 'final.safetensors' && isFile(beside('../hyperparams.json')))
      return [readLlamaScope(reader, configOf(beside('../hyperparams.json')))];
    if (has('w_enc', 'w_dec', 'threshold'))
      return [readGemmaScope(reader, optional('config.json'), 2)];
    if (has('encoder.weight', 'W_dec', 'b_dec'))
      return [readSparsify(reader, neededConfig(path, 'cfg.json', 'sparsify'), root)];
    if (has('W_dec', 'b_dec') && basename(path) === 'sae_weights.safetensors')
      return [readSaeLens(reader, neededConfig(path, 'cfg.json', 'SAELens'))];
  }
  const config = optional('config.json');
  if (config && textIn(partIn(config, 'trainer'), 'dict_class') !== '' && isOfTrainer(reader))
    return [
      readDictionaryLearning(
        reader,
        config,
        'config.json names the class of the dictionary, as dictionary_learning writes it',
      ),
    ];
  if (has('pre_bias', 'latent_bias', 'encoder.weight'))
    return [readOpenAi(reader, document ?? null)];
  if (e2eSaePrefixes(reader).length > 0) return readE2eSaeRun(reader);
  if (isE2eSaeCopy(reader)) {
    const copy = readE2eSaeCopy(reader);
    if (copy) return [copy];
  }
  return isOfTrainer(reader)
    ? [
        readDictionaryLearning(
          reader,
          null,
          'its tensors have the names of a class of dictionary_learning; no configuration lies beside it',
        ),
      ]
    : [];
}

/** Whether a file has an encoder and a decoder under dictionary_learning's names. */
function isOfTrainer({ tensors }: TensorReader): boolean {
  return ['', 'ae.'].some(
    (prefix) =>
      (tensors.has(`${prefix}encoder.weight`) && tensors.has(`${prefix}decoder.weight`)) ||
      (tensors.has(`${prefix}W_enc`) && tensors.has(`${prefix}W_dec`)),
  );
}

function neededConfig(path: string, name: string, tool: string): Config {
  const config = join(dirname(path), name);
  if (isFile(config)) return configOf(config);
  throw new AppError(
    'not-found',
    `${path} is a dictionary of ${tool}, and ${name}, which says how it is used, does not lie beside it. Copy or download it too.`,
    { file: config },
  );
}

function configOf(path: string): Config {
  return asConfig(readJson(path), path);
}

function listFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) =>
      a.name.localeCompare(b.name, 'en', { numeric: true }),
    );
  } catch (error) {
    throw fileError(error, path);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileError(error, path);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
