import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FeaturesSpec } from '../../../../shared/domain/job-spec.ts';
import { dictionaryFilesOf } from '../../../../shared/domain/features-spec.ts';
import { bytesOf } from '../../../../shared/domain/tokens.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import type { Engine } from '../../../compute/engine.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import { directionTensors } from '../../../compute/features/direction-tensors.ts';
import { openTransformer } from '../../../compute/model/open-transformer.ts';
import { ModelTokenizer } from '../../../compute/model/tokenizer.ts';
import type { Transformer } from '../../../compute/model/transformer.ts';
import type { PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { modelFiles, openModelFolder } from '../../../formats/model-folder.ts';
import { checkTokens, type TokenFile } from '../../../formats/token-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import { jobFiles, runFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../../provenance.ts';
import { writeResult } from '../../result.ts';
import { readDictionary } from '../dictionary-file.ts';
import { insideProject } from '../inside-project.ts';
import type { RunJob } from '../run-worker.ts';
import { openTokens, prepareTokens } from '../tokens/prepare-tokens.ts';
import { tokenSource } from '../tokens/token-source.ts';
import { openTokenLabels } from '../train/labels.ts';
import { ChunkFiles } from './chunk-files.ts';
import { collectActivations } from './collect-activations.ts';
import { openPlaced, sourceOf, type SharedSource } from './open-dictionaries.ts';
import { passHash, vocabularyTexts, writeFeatures, writeFeatureTokens } from './write-features.ts';

/**
 * Features of dictionaries that exist already: one pass over the tokens, kept chunk by chunk so that a
 * job that is stopped goes on where it was, then the files of each dictionary.
 */
export const runFeaturesJob: RunJob = async (assignment, control, io) => {
  const { projectPath, spec } = assignment;
  if (spec.kind !== 'features')
    throw new AppError('internal', `A '${spec.kind}' job was given to the collector of features.`);
  const source = sourceOf(projectPath, spec);
  const release = await prepareTokens(projectPath, source.model, [spec.tokens], control);
  const engine = await openEngine(
    spec.engine,
    spec.threads === null ? {} : { threads: spec.threads },
  );
  try {
    await collectOn(engine, { assignment, spec, source, control, io });
  } finally {
    await engine.close();
    release();
  }
};

interface Surroundings {
  readonly assignment: JobAssignment;
  readonly spec: FeaturesSpec;
  readonly source: SharedSource;
  readonly control: JobControl;
  readonly io: JobIo;
}

async function collectOn(engine: Engine, surroundings: Surroundings): Promise<void> {
  const { assignment, spec, source, control, io } = surroundings;
  const { projectPath, folder } = assignment;
  const { model, tokenizer } = openModel(engine, projectPath, source);
  const tokens = openTokens(projectPath, spec.tokens, source.model);
  try {
    const sequences = await checked(tokens, spec, model, control);
    const dictionaries = openPlaced(projectPath, spec, engine, model.config);
    await describe(engine, surroundings);
    const ids = tokens.read(Array.from({ length: sequences }, (_, row) => row));
    const about = [source, tokens.context];
    const hash = passHash(engine, dictionaries, ids, about);
    const chunks = new ChunkFiles(join(folder, jobFiles.chunks), hash);
    io.started(engine.info, chunks.tokens === 0 ? null : chunks.tokens / tokens.context);
    const diskBytes = bytesOf(spec.disk);
    await collectActivations(
      { model, dictionaries, tokens, sequences, chunks, diskBytes, kept: io.checkpointed.bind(io) },
      control,
    );
    const { vocabulary } = model.config;
    const shared = { ids, context: tokens.context, vocabulary };
    const texts = vocabularyTexts(tokenizer, vocabulary);
    await control.retrying(() => writeFeatureTokens(join(folder, jobFiles.tokens), shared));
    await control.retrying(() => writeJson(join(folder, jobFiles.vocabulary), texts));
    await control.retrying(() => writeJson(join(folder, jobFiles.spec), spec));
    await writeEach(dictionaries, chunks, shared, model, surroundings);
    finish(surroundings, sequences * tokens.context, tokens.context);
    chunks.remove();
  } finally {
    tokens.close();
  }
}

function openModel(engine: Engine, projectPath: string, { model: path, processing }: SharedSource) {
  const folder = openModelFolder(insideProject(projectPath, path));
  try {
    const model = openTransformer(engine, folder, processing);
    const files = folder.tokenizer;
    const { vocabulary } = model.config;
    const tokenizer =
      files && ModelTokenizer.parse(files.document, files.config, vocabulary, files.file);
    return { model, tokenizer };
  } finally {
    folder.weights.close();
  }
}

/** Number of sequences, after a look at all of them. @throws AppError */
async function checked(
  tokens: TokenFile,
  spec: FeaturesSpec,
  { config }: Transformer,
  control: JobControl,
): Promise<number> {
  const { file, tensor } = spec.tokens;
  const sequences = spec.sequences ?? tokens.rows;
  if (sequences > tokens.rows)
    throw new AppError(
      'bad-spec',
      `${file} has ${tokens.rows} sequences, and the spec asks for ${sequences}. Ask for fewer.`,
      { file, place: tensor },
    );
  if (tokens.context > config.context)
    throw new AppError(
      'shape-mismatch',
      `${file} has rows of ${tokens.context} tokens, and the model's context is ${config.context}. Cut the rows.`,
      { file, place: tensor },
    );
  for (const done of checkTokens(tokens, config.vocabulary, sequences)) {
    if ((await control.next()) === 'stop') throw stopped();
    control.progress('checking tokens', done, sequences, 'sequences');
  }
  return sequences;
}

async function describe(engine: Engine, surroundings: Surroundings): Promise<void> {
  const { assignment, spec, source, control } = surroundings;
  const { projectPath, folder } = assignment;
  const inside = (path: string) => relative(projectPath, path);
  const { files } = tokenSource(projectPath, spec.tokens, source.model);
  const inputs = new Set([
    ...modelFiles(insideProject(projectPath, source.model)).map(inside),
    ...files.map(inside),
    ...dictionaryFilesOf(spec),
    ...(spec.labels === undefined ? [] : [spec.labels]),
  ]);
  const described = await describeInputs(projectPath, [...inputs].sort(), async (done, total) => {
    control.progress('hashing inputs', done, total, 'bytes');
    if ((await control.next()) === 'stop') throw stopped();
  });
  writeProvenance(folder, {
    engine: engine.info,
    inputs: described,
    ...describeSurroundings(projectPath),
    startedAt: new Date().toISOString(),
  });
}

async function writeEach(
  dictionaries: readonly PlacedDictionary[],
  chunks: ChunkFiles,
  tokens: Parameters<typeof writeFeatureTokens>[1],
  model: Transformer,
  { assignment, spec, control, io }: Surroundings,
): Promise<void> {
  const { projectPath, folder } = assignment;
  const shape = { rows: tokens.ids.length / tokens.context, context: tokens.context };
  const labels =
    spec.labels === undefined ? undefined : openTokenLabels(projectPath, spec.labels, shape);
  for (const [index, { id, siblings = [] }] of spec.dictionaries.entries()) {
    const { dictionary } = dictionaries[index]!;
    const alive = await writeFeatures(
      {
        folder: join(folder, id),
        chunks,
        dictionary: index,
        latents: dictionary.shape.latents,
        tokens,
        labels,
        examples: spec.examples,
        seed: spec.seed,
        directions: () => {
          const others = siblings.map(
            ({ file }) => readDictionary(insideProject(projectPath, file), model.engine).dictionary,
          );
          const tensors = directionTensors(model, dictionary, others);
          for (const other of others) other.dispose();
          return tensors;
        },
      },
      control,
    );
    io.log('info', `Wrote the features of ${id}: ${alive} of ${dictionary.shape.latents} alive.`);
  }
}

function finish(
  { assignment, spec, source }: Surroundings,
  featureTokens: number,
  context: number,
): void {
  const { folder, job, attempt } = assignment;
  const shared = [
    { kind: 'spec', path: jobFiles.spec },
    { kind: 'provenance', path: jobFiles.provenance },
    { kind: 'tokens', path: jobFiles.tokens },
    { kind: 'vocabulary', path: jobFiles.vocabulary },
  ];
  const own = spec.dictionaries.flatMap(({ id }) => [
    { kind: 'features', path: `${id}/${runFiles.features}` },
    { kind: 'activations', path: `${id}/${runFiles.activations}` },
  ]);
  const features = spec.dictionaries.map(({ id }) => ({ dictionary: id, model: source.model }));
  writeResult(folder, { job, attempt, featureTokens, context, runs: [], features }, [
    ...shared,
    ...own,
  ]);
}

function writeJson(path: string, value: unknown): void {
  try {
    writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}
