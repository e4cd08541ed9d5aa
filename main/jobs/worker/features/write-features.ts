import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../../../shared/errors.ts';
import type { TensorData } from '../../../../shared/domain/tensors.ts';
import type { Engine } from '../../../compute/engine.ts';
import { FeatureFigures, type TokenLabels } from '../../../compute/features/feature-figures.ts';
import { tokensById } from '../../../compute/features/near-misses.ts';
import type { PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import type { JobControl } from '../../control.ts';
import { runFiles } from '../../job-folder.ts';
import type { ChunkFiles } from './chunk-files.ts';
import { storeActivations } from './merge-chunks.ts';

/** The tokens behind the features of a job. */
export interface FeatureTokens {
  /** Sequence after sequence. */
  readonly ids: Int32Array;
  readonly context: number;
  readonly vocabulary: number;
}

/** Writes tokens.safetensors of job-folder.ts. */
export function writeFeatureTokens(path: string, tokens: FeatureTokens): void {
  const { ids, context, vocabulary } = tokens;
  const byId = tokensById(ids, vocabulary);
  writeSafetensors(path, [
    { name: 'input_ids', shape: [ids.length / context, context], data: ids },
    { name: 'by_id', shape: [ids.length], data: byId.tokens },
    { name: 'id_pointers', shape: [vocabulary + 1], data: byId.pointers },
  ]);
}

/** Text of each token id; the id itself where the model has no tokenizer. */
export function vocabularyTexts(
  tokenizer: { readonly vocabularyTexts: readonly string[] } | undefined,
  vocabulary: number,
): readonly string[] {
  return tokenizer?.vocabularyTexts ?? Array.from({ length: vocabulary }, (_, id) => `⟨${id}⟩`);
}

export interface FeatureFiles {
  /** Where features.safetensors and activations.safetensors go. */
  readonly folder: string;
  readonly chunks: ChunkFiles;
  /** Place of the dictionary among those of the chunks. */
  readonly dictionary: number;
  readonly latents: number;
  readonly tokens: FeatureTokens;
  readonly labels: TokenLabels | undefined;
  readonly examples: number;
  readonly seed: number;
  /** Tensors that follow from the weights. */
  readonly directions: () => readonly TensorData[];
}

/**
 * Turns the chunks of one dictionary into its files. Answers how many features are alive.
 * @throws AppError what reading and writing throw, and `cancelled`
 */
export async function writeFeatures(files: FeatureFiles, control: JobControl): Promise<number> {
  const { folder, chunks, dictionary, latents, tokens, labels, examples, seed } = files;
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
  const figures = new FeatureFigures({
    latents,
    ids: tokens.ids,
    vocabulary: tokens.vocabulary,
    length: tokens.context,
    examples,
    seed,
    labels,
  });
  const path = join(folder, runFiles.activations);
  await storeActivations(chunks, dictionary, path, latents, control, (range) =>
    figures.add(range.first, range),
  );
  const tensors = [...figures.tensors(), ...files.directions()];
  const metadata = labels ? { properties: JSON.stringify(labels.properties) } : undefined;
  await control.retrying(() =>
    writeSafetensors(join(folder, runFiles.features), tensors, metadata),
  );
  return figures.alive;
}

/** Tells passes over the same dictionaries and tokens from others: chunks of another are not gone on with. */
export function passHash(
  engine: Engine,
  dictionaries: readonly PlacedDictionary[],
  ids: Int32Array,
  about: unknown,
): string {
  const hash = createHash('sha256').update(JSON.stringify(about));
  for (const { hook, dictionary } of dictionaries) {
    hash.update(hook.name);
    for (const parameter of Object.values(dictionary.parameters))
      hash.update(Float32Array.from(engine.read(parameter)));
  }
  return hash.update(ids).digest('hex');
}
