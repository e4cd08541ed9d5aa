import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../../../shared/errors.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import type { Metrics } from '../../../../shared/domain/metrics.ts';
import {
  activationTensors,
  FeaturePass,
  featureTensors,
  type TokenLabels,
} from '../../../compute/features/feature-pass.ts';
import type { FeatureMajor } from '../../../compute/features/activation-store.ts';
import type { Architecture } from '../../../compute/sae/architecture.ts';
import type { FrozenDictionary, PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import type { JobControl } from '../../control.ts';
import { newId } from '../../ids.ts';
import { jobFiles, runFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { writeResult, type ResultFile } from '../../result.ts';
import { writeDictionary } from '../dictionary-file.ts';
import { evaluateOn, firstBatches, placedCopies } from './evaluation.ts';
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
  const collected = spec.features && (await collect(inputs, dictionaries, spec.features, control));
  const writer = new ResultWriter(assignment, inputs, dictionaries);
  await control.retrying(() => writer.writeShared(spec.features));
  for (const [index, { id }] of assignment.runs.entries()) {
    if (collected) Object.assign(metrics[index]!, aliveMetrics(collected.activations[index]!));
    await control.retrying(() => writer.writeRun(index, metrics[index]!, collected));
    io.log('info', `Wrote the dictionary ${planned[index]!.key} (${id}).`);
    control.progress('writing', index + 1, assignment.runs.length, 'dictionaries');
  }
  for (const { dictionary } of dictionaries) dictionary.dispose();
  io.flush();
  await control.retrying(() => writer.finish(run.seconds, metrics));
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
  readonly activations: readonly FeatureMajor[];
  readonly labels: TokenLabels | undefined;
  readonly context: number;
  readonly features: NonNullable<TrainSpec['features']>;
}

async function collect(
  inputs: TrainInputs,
  dictionaries: readonly PlacedDictionary<Architecture>[],
  features: NonNullable<TrainSpec['features']>,
  control: JobControl,
): Promise<Collected> {
  const tokens = openTokens(inputs.projectPath, features.tokens, inputs.plan.spec.model);
  try {
    const pass = new FeaturePass(inputs.model, dictionaries);
    for await (const batch of firstBatches(
      inputs,
      tokens,
      features.sequences,
      control,
      'collecting features',
    ))
      pass.add(batch);
    const { context } = tokens;
    const labels = openLabelsOf(inputs.plan.spec, inputs.projectPath);
    return { activations: pass.finish(), labels, context, features };
  } finally {
    tokens.close();
  }
}

function aliveMetrics({ pointers, tokens, latents }: FeatureMajor): Metrics {
  let alive = 0;
  for (let j = 0; j < latents; j++) if (pointers[j + 1]! > pointers[j]!) alive++;
  return { alive, aliveWindowTokens: tokens };
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
  writeShared(features: TrainSpec['features']): void {
    const { projectPath, plan } = this.#inputs;
    const { spec } = plan;
    this.#write('spec', jobFiles.spec, (path) => writeJson(path, spec));
    // Written before the first step: the inputs as they were when they were read.
    this.#files.push({ kind: 'provenance', path: jobFiles.provenance });
    if (!features) return;
    const tokens = openTokens(projectPath, features.tokens, spec.model);
    const rows = Array.from({ length: features.sequences }, (_, row) => row);
    const ids = tokens.read(rows);
    tokens.close();
    this.#write('tokens', jobFiles.tokens, (path) =>
      writeSafetensors(path, [
        { name: 'input_ids', shape: [features.sequences, tokens.context], data: ids },
      ]),
    );
    this.#write('vocabulary', jobFiles.vocabulary, (path) => writeJson(path, this.#vocabulary()));
  }

  writeRun(index: number, metrics: Metrics, collected: Collected | undefined): void {
    const { id, seed } = this.#assignment.runs[index]!;
    const { engine, model, plan } = this.#inputs;
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
    if (!collected) return;
    const activations = collected.activations[index]!;
    const { labels, context, features } = collected;
    const options = { length: context, examples: features.examples, seed };
    this.#write('features', at(runFiles.features), (path) =>
      writeSafetensors(
        path,
        featureTensors(model, dictionary, this.#replicatesOf(index), activations, options, labels),
        labels ? { properties: JSON.stringify(labels.properties) } : {},
      ),
    );
    this.#write('activations', at(runFiles.activations), (path) =>
      writeSafetensors(path, activationTensors(activations)),
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

  /** Text of each token id; the id itself where the model has no tokenizer. */
  #vocabulary(): readonly string[] {
    const { tokenizer, plan } = this.#inputs;
    return (
      tokenizer?.vocabularyTexts ??
      Array.from({ length: plan.model.vocabulary }, (_, id) => `⟨${id}⟩`)
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
