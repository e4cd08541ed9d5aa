import type { FeaturesSpec } from '../../../../shared/domain/job-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { Engine } from '../../../compute/engine.ts';
import type { TransformerConfig } from '../../../compute/model/config.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import type { PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import {
  readDictionary,
  readDictionaryMetadata,
  type DictionaryMetadata,
} from '../dictionary-file.ts';
import { insideProject } from '../inside-project.ts';

/** What the dictionaries of a features job agree on. */
export interface SharedSource {
  /** Folder of the model, relative to the project folder. */
  readonly model: string;
  readonly processing: DictionaryMetadata['processing'];
}

/**
 * The model that all dictionaries of a spec read, from their files unless the spec names it.
 * @throws AppError `bad-spec` where they differ or a file is not known, and as reading a dictionary does
 */
export function sourceOf(projectPath: string, spec: FeaturesSpec): SharedSource {
  const sources = spec.dictionaries.map((entry) => {
    const { model, processing } = readDictionaryMetadata(pathOf(projectPath, entry));
    return { model: spec.model ?? model, processing };
  });
  const [first, ...others] = sources as [SharedSource, ...SharedSource[]];
  const other = others.findIndex(
    ({ model, processing }) => model !== first.model || processing !== first.processing,
  );
  if (other < 0) return first;
  const words = ({ model, processing }: SharedSource) => `${model} (weights: ${processing})`;
  throw new AppError(
    'bad-spec',
    `The dictionaries read different models: ${spec.dictionaries[0]!.id} reads ${words(first)}, ${spec.dictionaries[other + 1]!.id} ${words(others[other]!)}. Collect their features in two jobs.`,
    { place: `dictionaries.${other + 1}` },
  );
}

/** Reads the dictionaries of a spec onto an engine. @throws AppError `bad-spec`, `shape-mismatch` … */
export function openPlaced(
  projectPath: string,
  spec: FeaturesSpec,
  engine: Engine,
  config: TransformerConfig,
): PlacedDictionary[] {
  return spec.dictionaries.map((entry) => {
    const path = pathOf(projectPath, entry);
    const { dictionary, metadata } = readDictionary(path, engine);
    const hook = parseHook(entry.hook ?? metadata.hook, config);
    const { dIn } = dictionary.shape;
    if (dIn !== config.width)
      throw new AppError(
        'shape-mismatch',
        `${path} takes ${dIn} numbers, and the model's width at ${hook.name} is ${config.width}. Name the model that the dictionary was made for.`,
        { file: path, place: entry.id },
      );
    return { hook, dictionary };
  });
}

function pathOf(projectPath: string, { id, file }: FeaturesSpec['dictionaries'][number]): string {
  if (file !== undefined) return insideProject(projectPath, file);
  throw new AppError(
    'bad-spec',
    `The spec does not say in which file the dictionary ${id} lies. Submit it to the project that has the dictionary, or give its file.`,
    { place: 'dictionaries' },
  );
}
