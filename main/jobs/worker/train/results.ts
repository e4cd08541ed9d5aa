import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../../../shared/errors.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import type { Metrics } from '../../../../shared/domain/metrics.ts';
import { directionTensors } from '../../../compute/features/direction-tensors.ts';
import type { TokenLabels } from '../../../compute/features/feature-figures.ts';
import type { Architecture } from '../../../compute/sae/architecture.ts';
import type { FrozenDictionary, PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import type { JobControl } from '../../control.ts';
import { newId } from '../../ids.ts';
import { jobFiles, runFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { writeResult, type ResultFile } from '../../result.ts';
import { writeDictionary } from '../dictionary-file.ts';
import { ChunkFiles } from '../features/chunk-files.ts';
import { collectActivations } from '../features/collect-activations.ts';
import {
  passHash,
  vocabularyTexts,
  writeFeatures,
  writeFeatureTokens,
  type FeatureTokens,
} from '../features/write-features.ts';
import { evaluateOn, placedCopies } from './evaluation.ts';
import type { TrainInputs } from './inputs.ts';
import { openLabelsOf } from './labels.ts';
import { openTokens } from '../tokens/prepare-tokens.ts';
import type { RunPoint, TrainingRun } from './training-run.ts';

/** After the last step: final metrics, features, and the files that the host imports. */
export async function writeTrainingResult(
  assignment: JobAssignment,
  inputs: TrainInputs,
  run: TrainingRun,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const { spec, dictionaries: planned } = inputs.plan;
  const metrics: Metrics[] = spec.evaluation
    ? await evaluateOn(inputs, run.learners, spec.evaluation, control)
    : planned.map(({ shape }) => ({ latents: shape.latents }));
  if (spec.evaluation) await writePoints(run.evaluated(metrics), control, io);
  io.sendPoints();
  const dictionaries = placedCopies(inputs, run.learners);
  const collected =
    spec.features &&
    (await collect(assignment.folder, inputs, dictionaries, spec.features, control));
  const writer = new ResultWriter(assignment, inputs, dictionaries);
  await control.retrying(() => writer.writeShared(collected));
  for (const [index, { id }] of assignment.runs.entries()) {
    if (collected) {
      const alive = await writer.writeFeatures(index, collected, control);
      Object.assign(metrics[index]!, { alive, aliveWindowTokens: collected.tokens.ids.length });
    }
    await control.retrying(() => writer.writeRun(index, metrics[index]!));
    io.log('info', `Wrote the dictionary ${planned[index]!.key} (${id}).`);
    control.progress('writing', index + 1, assignment.runs.length, 'dictionaries');
  }
  for (const { dictionary } of dictionaries) dictionary.dispose();
  io.flush();
  await control.retrying(() => writer.finish(run.seconds, metrics));
  collected?.chunks.remove();
}

/** Adds to the curves, each point once; on a full disk waits until there is room. */
export async function writePoints(
  points: readonly RunPoint[],
  control: JobControl,
  io: JobIo,
): Promise<void> {
  for (const { run, point } of points) await control.retrying(() => io.point(run, point));
}

interface Collected {
  readonly chunks: ChunkFiles;
  readonly tokens: FeatureTokens;
  readonly labels: TokenLabels | undefined;
  readonly features: NonNullable<TrainSpec['features']>;
}

async function collect(
  folder: string,
  inputs: TrainInputs,
  dictionaries: readonly PlacedDictionary<Architecture>[],
  features: NonNullable<TrainSpec['features']>,
  control: JobControl,
): Promise<Collected> {
  const { model, projectPath, plan } = inputs;
  const { sequences } = features;
  const tokens = openTokens(projectPath, features.tokens, plan.spec.model);
  try {
    const { context } = tokens;
    const ids = tokens.read(Array.from({ length: sequences }, (_, row) => row));
    const hash = passHash(inputs.engine, dictionaries, ids, [plan.spec.model, context]);
    const chunks = new ChunkFiles(join(folder, jobFiles.chunks), hash);
    const diskBytes = undefined;
    await collectActivations(
      { model, dictionaries, tokens, sequences, chunks, diskBytes },
      control,
    );
    const labels = openLabelsOf(plan.spec, projectPath);
    return {
      chunks,
      tokens: { ids, context, vocabulary: plan.model.vocabulary },
      labels,
      features,
    };
  } finally {
    tokens.close();
  }
}

/** Writes the files of job-folder.ts, and result.json last. */
class ResultWriter {
  readonly #assignment: JobAssignment;
  readonly #inputs: TrainInputs;
  readonly #dictionaries: readonly PlacedDictionary<Architecture>[];
  readonly #files: ResultFile[] = [];

  constructor(
    assignment: JobAssignment,
    inputs: TrainInputs,
    dictionaries: readonly PlacedDictionary<Architecture>[],
  ) {
    this.#assignment = assignment;
    this.#inputs = inputs;
    this.#dictionaries = dictionaries;
  }

  /** Spec, and the tokens and vocabulary behind the features. */
  writeShared(collected: Collected | undefined): void {
    const { plan, tokenizer } = this.#inputs;
    this.#write('spec', jobFiles.spec, (path) => writeJson(path, plan.spec));
    // Written before the first step: the inputs as they were when they were read.
    this.#files.push({ kind: 'provenance', path: jobFiles.provenance });
    if (!collected) return;
    const texts = vocabularyTexts(tokenizer, plan.model.vocabulary);
    this.#write('tokens', jobFiles.tokens, (path) => writeFeatureTokens(path, collected.tokens));
    this.#write('vocabulary', jobFiles.vocabulary, (path) => writeJson(path, texts));
  }

  /** Answers how many of the dictionary's features are alive. */
  async writeFeatures(index: number, collected: Collected, control: JobControl): Promise<number> {
    const { id, seed } = this.#assignment.runs[index]!;
    const { model } = this.#inputs;
    const { dictionary } = this.#dictionaries[index]!;
    const { chunks, tokens, labels, features } = collected;
    const alive = await writeFeatures(
      {
        folder: join(this.#assignment.folder, id),
        chunks,
        dictionary: index,
        latents: dictionary.shape.latents,
        tokens,
        labels,
        examples: features.examples,
        seed,
        directions: () => directionTensors(model, dictionary, this.#replicatesOf(index)),
      },
      control,
    );
    for (const kind of ['features', 'activations'] as const)
      this.#files.push({ kind, path: join(id, runFiles[kind]) });
    return alive;
  }

  writeRun(index: number, metrics: Metrics): void {
    const { id, seed } = this.#assignment.runs[index]!;
    const { engine, plan } = this.#inputs;
    const { hook, target, dictionary } = this.#dictionaries[index]!;
    const at = (name: string) => join(id, name);
    mkdirSync(join(this.#assignment.folder, id), { recursive: true });
    this.#write('metrics', at(runFiles.metrics), (path) => writeJson(path, metrics));
    this.#write('dictionary', at(runFiles.dictionary), (path) =>
      writeDictionary(path, engine, dictionary, {
        hook: hook.name,
        ...(target && { target: target.name }),
        model: plan.spec.model,
        processing: plan.spec.processing,
        seed: String(seed),
      }),
    );
  }

  /** The other dictionaries that differ in their seed alone. */
  #replicatesOf(index: number): FrozenDictionary[] {
    const seeds = this.#inputs.plan.spec.seeds.length;
    const first = index - (index % seeds);
    return this.#dictionaries
      .slice(first, first + seeds)
      .filter((_, other) => first + other !== index)
      .map(({ dictionary }) => dictionary);
  }

  finish(seconds: number, metrics: readonly Metrics[]): void {
    const { job, attempt, folder, runs } = this.#assignment;
    const { plan, tokens } = this.#inputs;
    const points = runs.map(({ id }) => ({ kind: 'points', path: join(id, runFiles.points) }));
    writeResult(
      folder,
      {
        job,
        attempt,
        featureTokens: plan.spec.features ? plan.spec.features.sequences * tokens.context : 0,
        context: tokens.context,
        runs: runs.map(({ id, seed }, index) => {
          const { hook, architecture, shape } = plan.dictionaries[index]!;
          return {
            id,
            seed,
            dictionary: newId('dict'),
            hook: hook.name,
            architecture: architecture.name,
            ...shape,
            metrics: metrics[index]!,
            seconds,
          };
        }),
      },
      [...this.#files, ...points],
    );
  }

  #write(kind: string, path: string, write: (path: string) => void): void {
    const full = join(this.#assignment.folder, path);
    try {
      write(full);
    } catch (error) {
      throw fileError(error, full, 'write');
    }
    if (!this.#files.some((file) => file.path === path)) this.#files.push({ kind, path });
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}
