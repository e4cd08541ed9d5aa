import { statSync } from 'node:fs';
import type { WeightProcessing } from '../../../shared/domain/train-spec.ts';
import { openEngine } from '../../compute/engines/open-engine.ts';
import { openTransformer } from '../../compute/model/open-transformer.ts';
import { ModelTokenizer } from '../../compute/model/tokenizer.ts';
import type { Transformer } from '../../compute/model/transformer.ts';
import { modelFiles, openModelFolder } from '../../formats/model-folder.ts';

export interface LoadedModel {
  readonly model: Transformer;
  readonly tokenizer: ModelTokenizer | undefined;
}

let cached: { key: string; loaded: LoadedModel } | undefined;

/**
 * A model on an engine of its own. The last one stays loaded, so that trying text after text reads
 * the weights once; a change of the files loads anew.
 */
export async function loadedModel(
  path: string,
  processing: WeightProcessing,
): Promise<LoadedModel> {
  const key = `${path} ${processing} ${lastChange(path)}`;
  if (cached?.key === key) return cached.loaded;
  const previous = cached;
  cached = undefined;
  await previous?.loaded.model.engine.close();
  const engine = await openEngine('auto');
  const folder = openModelFolder(path);
  try {
    const model = openTransformer(engine, folder, processing);
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

/** When one of its files was last changed; 0 where there is none, which opening it then says. */
function lastChange(path: string): number {
  return Math.max(0, ...modelFiles(path).map((file) => statSync(file).mtimeMs));
}
