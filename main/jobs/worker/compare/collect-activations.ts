import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine } from '../../../compute/engine.ts';
import type { FeatureMajor } from '../../../compute/features/activation-store.ts';
import {
  activationTensors,
  batchRows,
  FeaturePass,
} from '../../../compute/features/feature-pass.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import { openTransformer } from '../../../compute/model/open-transformer.ts';
import type { Transformer } from '../../../compute/model/transformer.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import { checkTokens, type TokenFile } from '../../../formats/token-file.ts';
import { AppError } from '../../../../shared/errors.ts';
import { comparisonFiles } from '../../comparison-files.ts';
import { stopped, type JobControl } from '../../control.ts';
import { readDictionary } from '../dictionary-file.ts';
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
export async function collectActivations(request: CollectRequest): Promise<void> {
  const { plan, folder } = request;
  const places = plan.sources.map((_, place) => place);
  const missing = places.filter(
    (place) => !existsSync(join(folder, comparisonFiles.activations(place))),
  );
  const models = Map.groupBy(missing, (place) => {
    const { model, processing } = plan.sources[place]!;
    return `${processing} ${model}`;
  });
  for (const members of models.values()) await collectOf(request, members);
}

async function collectOf(request: CollectRequest, members: readonly number[]): Promise<void> {
  const { engine, plan, projectPath, folder, control } = request;
  const sources = members.map((place) => plan.sources[place]!);
  const model = openModel(engine, projectPath, sources[0]!);
  try {
    await checkEvery(request, model);
    const placed = sources.map(({ path, hook, source }) => {
      const { dictionary } = readDictionary(path, engine);
      const { dIn } = dictionary.shape;
      if (dIn !== model.config.width)
        throw new AppError(
          'shape-mismatch',
          `${source} reads activations of width ${dIn}, and its model ${sources[0]!.model} has width ${model.config.width}.`,
          { file: path },
        );
      return { hook: parseHook(hook, model.config), dictionary };
    });
    const pass = new FeaturePass(model, placed);
    await runPass(request, pass);
    for (const { dictionary } of placed) dictionary.dispose();
    const found = pass.finish();
    for (const [index, place] of members.entries())
      await control.retrying(() => writeActivations(folder, place, found[index]!));
  } finally {
    model.dispose();
  }
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

async function runPass(request: CollectRequest, pass: FeaturePass): Promise<void> {
  const { engine, tokens, sequences, control } = request;
  const { context } = tokens;
  const atOnce = batchRows(engine, sequences, context);
  for (let start = 0; start < sequences; start += atOnce) {
    if ((await control.next()) === 'stop') throw stopped();
    const end = Math.min(sequences, start + atOnce);
    const rows = Array.from({ length: end - start }, (_, i) => start + i);
    pass.add({ ids: tokens.read(rows), sequences: rows.length, length: context });
    control.progress('collecting activations', end * context, sequences * context, 'tokens');
  }
}

/** Under its name the file is whole. */
function writeActivations(folder: string, place: number, activations: FeatureMajor): void {
  const path = join(folder, comparisonFiles.activations(place));
  mkdirSync(dirname(path), { recursive: true });
  writeSafetensors(`${path}.tmp`, activationTensors(activations), {
    tokens: String(activations.tokens),
  });
  renameSync(`${path}.tmp`, path);
}

/** What the features of one dictionary do on the tokens. @throws AppError */
export function readActivations(folder: string, place: number): FeatureMajor {
  const reader = openSafetensors(join(folder, comparisonFiles.activations(place)));
  try {
    const pointers = Float64Array.from(reader.ints('pointers'));
    return {
      latents: pointers.length - 1,
      tokens: Number(reader.metadata.get('tokens')),
      pointers,
      token: reader.ints('token'),
      value: reader.floats('value'),
    };
  } finally {
    reader.close();
  }
}
