import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../../shared/errors.ts';
import { openEngine } from '../../compute/engines/open-engine.ts';
import { openTransformer } from '../../compute/model/open-transformer.ts';
import { ModelTokenizer } from '../../compute/model/tokenizer.ts';
import type { Transformer } from '../../compute/model/transformer.ts';
import type { EngineName } from '../../compute/engine.ts';
import { openModelFolder } from '../../formats/model-folder.ts';

export interface LoadedModel {
  readonly model: Transformer;
  readonly tokenizer: ModelTokenizer | undefined;
}

export interface EngineChoice {
  readonly engine: 'auto' | EngineName;
  /** Null for all that the machine has. */
  readonly threads: number | null;
}

let cached: { key: string; loaded: LoadedModel } | undefined;

/**
 * A model on an engine of its own. The last one stays loaded, so that trying text after text reads
 * the weights once; a change of the files or of the engine loads anew.
 */
export async function loadedModel(path: string, choice: EngineChoice): Promise<LoadedModel> {
  const key = JSON.stringify([path, lastChange(path), choice.engine, choice.threads]);
  if (cached?.key === key) return cached.loaded;
  const previous = cached;
  cached = undefined;
  await previous?.loaded.model.engine.close();
  const engine = await openEngine(
    choice.engine,
    choice.threads === null ? {} : { threads: choice.threads },
  );
  const folder = openModelFolder(path);
  try {
    const model = openTransformer(engine, folder);
    const { tokenizer: files } = folder;
    const tokenizer =
      files &&
      ModelTokenizer.parse(files.document, files.config, model.config.vocabulary, files.file);
    cached = { key, loaded: { model, tokenizer } };
    return cached.loaded;
  } catch (error) {
    await engine.close();
    throw error;
  } finally {
    folder.weights.close();
  }
}

function lastChange(path: string): number {
  try {
    return statSync(join(path, 'config.json')).mtimeMs;
  } catch (error) {
    throw fileError(error, join(path, 'config.json'));
  }
}
