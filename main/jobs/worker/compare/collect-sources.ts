import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../compute/engine.ts';
import type { FeatureMajor } from '../../../compute/features/activation-store.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import { openTransformer } from '../../../compute/model/open-transformer.ts';
import type { Transformer } from '../../../compute/model/transformer.ts';
import type { PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { ActivationFile } from '../../../formats/activation-file.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { checkTokens, type TokenFile } from '../../../formats/token-file.ts';
import { AppError } from '../../../../shared/errors.ts';
import { comparisonFiles } from '../../comparison-files.ts';
import { stopped, type JobControl } from '../../control.ts';
import { readDictionary } from '../dictionary-file.ts';
import { ChunkFiles } from '../features/chunk-files.ts';
import { collectActivations } from '../features/collect-activations.ts';
import { storeActivations } from '../features/merge-chunks.ts';
import { passHash } from '../features/write-features.ts';
import { insideProject } from '../inside-project.ts';
import type { ComparePlan, PlannedSource } from './compare-plan.ts';

export interface CollectRequest {
  readonly engine: Engine;
  readonly plan: ComparePlan;
  readonly projectPath: string;
  readonly folder: string;
  readonly tokens: TokenFile;
  /** The first sequences of the tokens. */
  readonly sequences: number;
  readonly control: JobControl;
}

/**
 * Runs every model once, with all of its dictionaries, over the tokens and keeps what each feature does
 * in files of the job's folder, which {@link readActivations} reads back. What is there from an earlier
 * attempt stays.
 * @throws AppError `tokenizer-mismatch` for tokens that a model does not have, `cancelled`.
 */
export async function collectSources(request: CollectRequest): Promise<void> {
  const { plan, folder } = request;
  const models = Map.groupBy(plan.sources.keys(), (place) => {
    const { model, processing } = plan.sources[place]!;
    return `${processing} ${model}`;
  });
  const isMissing = (place: number) =>
    !existsSync(join(folder, comparisonFiles.activations(place)));
  for (const members of models.values())
    if (members.some(isMissing)) await collectOf(request, members, isMissing);
}

async function collectOf(
  request: CollectRequest,
  members: readonly number[],
  isMissing: (place: number) => boolean,
): Promise<void> {
  const { engine, plan, projectPath, folder, tokens, sequences, control } = request;
  const sources = members.map((place) => plan.sources[place]!);
  const model = openModel(engine, projectPath, sources[0]!);
  try {
    await checkEvery(request, model);
    const dictionaries = sources.map((source) => openPlaced(engine, model, source));
    const ids = tokens.read(Array.from({ length: sequences }, (_, row) => row));
    const about = [sources[0]!.model, sources[0]!.processing, tokens.context];
    const hash = passHash(engine, dictionaries, ids, about);
    const chunks = new ChunkFiles(join(folder, comparisonFiles.chunks(members[0]!)), hash);
    const pass = { model, dictionaries, tokens, sequences, chunks, diskBytes: undefined };
    await collectActivations(pass, control);
    for (const { dictionary } of dictionaries) dictionary.dispose();
    for (const [index, place] of members.entries()) {
      const path = join(folder, comparisonFiles.activations(place));
      if (isMissing(place))
        await storeActivations(chunks, index, path, sources[index]!.latents, control);
    }
    chunks.remove();
  } finally {
    model.dispose();
  }
}

function openPlaced(
  engine: Engine,
  { config }: Transformer,
  { path, hook, source, model }: PlannedSource,
): PlacedDictionary {
  const { dictionary } = readDictionary(path, engine);
  const { dIn } = dictionary.shape;
  if (dIn !== config.width)
    throw new AppError(
      'shape-mismatch',
      `${source} reads activations of width ${dIn}, and its model ${model} has width ${config.width}.`,
      { file: path },
    );
  return { hook: parseHook(hook, config), dictionary };
}

function openModel(engine: Engine, projectPath: string, source: PlannedSource): Transformer {
  const opened = openModelFolder(insideProject(projectPath, source.model));
  try {
    return openTransformer(engine, opened, source.processing);
  } finally {
    opened.weights.close();
  }
}

async function checkEvery(request: CollectRequest, { config }: Transformer): Promise<void> {
  const { tokens, sequences, control } = request;
  if (tokens.context > config.context)
    throw new AppError(
      'shape-mismatch',
      `${tokens.path} has rows of ${tokens.context} tokens, and the model's context is ${config.context}. Cut the rows.`,
      { file: tokens.path },
    );
  for (const done of checkTokens(tokens, config.vocabulary, sequences)) {
    if ((await control.next()) === 'stop') throw stopped();
    control.progress('checking tokens', done, sequences, 'sequences');
  }
}

/** What the features of one dictionary do on the tokens, in memory that all threads see. @throws AppError */
export function readActivations(folder: string, place: number): FeatureMajor {
  const file = new ActivationFile(join(folder, comparisonFiles.activations(place)));
  try {
    return file.features(0, file.latents, { shared: true });
  } finally {
    file.close();
  }
}
