import { availableParallelism, freemem } from 'node:os';
import { resolve, sep } from 'node:path';
import { AppError } from '../../../../shared/errors.ts';
import type { JobEstimate } from '../../../../shared/contract/jobs.ts';
import type { TokensRef, TrainSpec } from '../../../../shared/domain/job-spec.ts';
import type { TransformerConfig } from '../../../compute/model/config.ts';
import { parseModelConfig } from '../../../compute/model/open-transformer.ts';
import { blockAfter, parseHook, type HookPoint } from '../../../compute/model/hooks.ts';
import {
  parameterCount,
  type Architecture,
  type DictionaryShape,
} from '../../../compute/sae/architecture.ts';
import { openArchitecture } from '../../../compute/sae/architectures/open-architecture.ts';
import { estimateMemory } from '../../../compute/sae/estimate.ts';
import {
  needsSplicedPass,
  resolveObjective,
  type Objective,
} from '../../../compute/sae/objective.ts';
import { checkSchedule, type ScheduleOptions } from '../../../compute/sae/schedule.ts';
import { stateSize } from '../../../compute/sae/trainer.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { openTokenFile, type TokenFile } from '../../../formats/token-file.ts';

/** A training spec held against the files that it names: all that follows from both. */
export interface TrainingPlan {
  readonly spec: TrainSpec;
  readonly model: TransformerConfig;
  readonly hook: HookPoint;
  readonly architecture: Architecture;
  readonly shape: DictionaryShape;
  readonly objective: Objective;
  readonly schedule: ScheduleOptions;
  /** Optimiser steps; sequences that do not fill a last batch are left out. */
  readonly steps: number;
  readonly context: number;
}

/**
 * Reads the headers of all inputs and checks that they fit each other and the spec.
 * @throws AppError naming file and place, before anything heavy is loaded.
 */
export function planTraining(projectPath: string, spec: TrainSpec): TrainingPlan {
  const folder = openModelFolder(insideProject(projectPath, spec.model));
  folder.weights.close();
  const model = parseModelConfig(folder.config, folder.configFile);
  const hook = parseHook(spec.hook, model);
  const context = checkTokens(projectPath, spec.tokens, model, undefined);
  for (const part of [spec.evaluation, spec.features])
    if (part) checkTokens(projectPath, part.tokens, model, part.sequences);
  const { training, dictionary } = spec;
  const latents = dictionary.latents ?? Math.floor((dictionary.ratio ?? 0) * model.width);
  if (latents < 1)
    throw new AppError('bad-spec', `dictionary.ratio ${dictionary.ratio} gives no latents.`, {
      place: 'dictionary.ratio',
    });
  const steps = Math.floor(training.sequences / training.batch);
  const schedule: ScheduleOptions = {
    kind: training.schedule,
    // e2e_sae counts one step more for the linear one.
    steps:
      training.schedule === 'linear' ? Math.ceil(training.sequences / training.batch) + 1 : steps,
    warmupSteps: Math.floor(training.warmup / training.batch),
    cooldownSteps: Math.floor(training.cooldown / training.batch),
    minimumFactor: training.minimumFactor,
  };
  checkSchedule(schedule);
  return {
    spec,
    model,
    hook,
    architecture: openArchitecture(dictionary),
    shape: { dIn: model.width, latents },
    objective: resolveObjective(spec.objective, hook, model),
    schedule,
    steps,
    context,
  };
}

/**
 * Absolute path of something that a spec names. A spec may come from anywhere, so it cannot reach
 * outside the project.
 */
export function insideProject(projectPath: string, path: string): string {
  const full = resolve(projectPath, path);
  if (full !== projectPath && !full.startsWith(projectPath + sep))
    throw new AppError(
      'bad-spec',
      `${path} lies outside the project. Copy it into the project folder or link it there.`,
      { file: path },
    );
  return full;
}

/** Opens the tokens that a spec refers to. */
export function openTokens(projectPath: string, tokens: TokensRef): TokenFile {
  return openTokenFile(insideProject(projectPath, tokens.file), tokens.tensor);
}

function checkTokens(
  projectPath: string,
  ref: TokensRef,
  model: TransformerConfig,
  sequences: number | undefined,
): number {
  const tokens = openTokens(projectPath, ref);
  tokens.close();
  if (tokens.context > model.context)
    throw new AppError(
      'shape-mismatch',
      `${ref.file} has rows of ${tokens.context} tokens, and the model's context is ${model.context}. Cut the rows.`,
      { file: ref.file, place: ref.tensor },
    );
  if (sequences !== undefined && sequences > tokens.rows)
    throw new AppError(
      'bad-spec',
      `${ref.file} has ${tokens.rows} sequences, and the spec asks for ${sequences}. Ask for fewer.`,
      { file: ref.file, place: ref.tensor },
    );
  return tokens.context;
}

/** What a job will need. */
export function estimateTraining(projectPath: string, spec: TrainSpec): JobEstimate {
  const plan = planTraining(projectPath, spec);
  const { architecture, shape, context, steps } = plan;
  const seeds = spec.seeds.length;
  const reference = spec.engine === 'reference';
  const featureTokens = (spec.features?.sequences ?? 0) * context;
  const memoryBytes = estimateMemory({
    model: plan.model,
    architecture,
    dictionary: shape,
    dictionaries: seeds,
    batchTokens: (spec.training.microBatch ?? spec.training.batch) * context,
    gathersGradients: spec.training.microBatch !== undefined,
    splicedBlocks: needsSplicedPass(plan.objective) ? plan.model.layers - blockAfter(plan.hook) : 0,
    featureTokens,
    numberBytes: reference ? 8 : 4,
  });
  const checkpoints = spec.checkpointEvery === null ? 0 : 2;
  const diskBytes =
    seeds * (4 * parameterCount(architecture, shape) + featureTokens * 40 * 8) +
    checkpoints * seeds * stateSize(architecture, shape) * (reference ? 8 : 4);
  const threads = reference ? 1 : (spec.threads ?? availableParallelism());
  return {
    steps,
    tokens: steps * spec.training.batch * context,
    parameters: seeds * parameterCount(architecture, shape),
    memoryBytes: Math.ceil(memoryBytes),
    memoryAvailableBytes: freemem(),
    diskBytes: Math.ceil(diskBytes),
    engine: `${spec.engine === 'auto' ? 'wasm' : spec.engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  };
}
