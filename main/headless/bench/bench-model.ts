import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../shared/errors.ts';
import type { Engine } from '../../compute/engine.ts';
import { openTransformer } from '../../compute/model/open-transformer.ts';
import type { Transformer } from '../../compute/model/transformer.ts';
import { openModelFolder } from '../../formats/model-folder.ts';
import { openTokenFile, type TokenFile } from '../../formats/token-file.ts';

/** The small language model beside the source tree, else the one of the sample project. */
const places = [
  { name: 'lm-gpt2', model: '../shared/data/lm-gpt2', tokens: '../shared/data/lm-gpt2' },
  { name: 'lm-gpt2', model: '../../shared/data/lm-gpt2', tokens: '../../shared/data/lm-gpt2' },
  { name: 'the sample model', model: 'resources/sample/model', tokens: 'resources/sample' },
] as const;

export interface BenchModel {
  readonly name: string;
  /** Of the model's files. */
  readonly folder: string;
  readonly model: Transformer;
  readonly tokens: TokenFile;
}

/** A trained language model and tokens of its data. @throws AppError `not-found` where there is none. */
export function openBenchModel(engine: Engine): BenchModel {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const place = places.find(({ model }) => existsSync(join(root, model, 'config.json')));
  if (!place)
    throw new AppError(
      'not-found',
      `${join(root, 'resources/sample/model')} is not here, and so there is no model to measure with. Run this in the source tree.`,
      { file: join(root, 'resources/sample/model') },
    );
  const folder = openModelFolder(join(root, place.model));
  try {
    const model = openTransformer(engine, folder, 'none');
    const file = join(root, place.tokens, 'tokens_train.safetensors');
    return {
      name: place.name,
      folder: join(root, place.model),
      model,
      tokens: openTokenFile(file, 'input_ids'),
    };
  } finally {
    folder.weights.close();
  }
}
