import { availableParallelism, freemem } from 'node:os';
import { AppError } from '../../../../shared/errors.ts';
import type { JobEstimate } from '../../../../shared/contract/jobs.ts';
import { auxKDefaults } from '../../../../shared/domain/dictionary.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import { passOfRun, runCount, runSpec } from '../../../../shared/domain/run-spec.ts';
import type { TokensRef } from '../../../../shared/domain/tokens.ts';
import { splicedAt } from '../../../../shared/domain/pathway.ts';
import type { PassRequest } from '../../../compute/model/activations.ts';
import type { TransformerConfig } from '../../../compute/model/config.ts';
import { blockAfter, parseHook, type HookPoint } from '../../../compute/model/hooks.ts';
import { parseModelConfig } from '../../../compute/model/open-transformer.ts';
import { parameterCount } from '../../../compute/sae/architecture.ts';
import { openArchitecture } from '../../../compute/sae/architectures/open-architecture.ts';
import type { CoefficientSchedule } from '../../../compute/sae/coefficient-schedule.ts';
import { automaticEngine, engineBytes } from '../../../compute/engines/open-engine.ts';
import { estimateMemory } from '../../../compute/sae/estimate.ts';
import { comparedBy, firstOf, resolveObjective } from '../../../compute/sae/objective.ts';
import { needsSplicing } from '../../../compute/sae/original-pass.ts';
import { checkSchedule, type ScheduleOptions } from '../../../compute/sae/schedule.ts';
import { statesPerParameter, type LearnerOptions } from '../../../compute/sae/trainer.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { insideProject } from '../inside-project.ts';
import { describeTokens, type TokenShape } from '../tokens/describe-tokens.ts';
import { estimateData } from './estimate-data.ts';

/** One dictionary of a job: a learner at its hook point. */
export interface PlannedDictionary extends LearnerOptions {
  /** As if it were trained alone. */
  readonly spec: TrainSpec;
  readonly hook: HookPoint;
  /** What its objective compares in the spliced model. */
  readonly compared: PassRequest;
}

/** Where the output of a dictionary goes: its target, where it is a transcoder, else its hook point. */
export function splicePoint({ hook, target = hook }: PlannedDictionary): HookPoint {
  return target;
}

/** A training spec held against the files that it names: all that follows from both. */
export interface TrainingPlan {
  readonly spec: TrainSpec;
  readonly model: TransformerConfig;
  /** In the order of the job's runs. */
  readonly dictionaries: readonly PlannedDictionary[];
  readonly schedule: ScheduleOptions;
  /** Optimiser steps; sequences that do not fill a last batch are left out. */
  readonly steps: number;
  readonly context: number;
  /** Of the token file; undefined while it is yet to be made. */
  readonly rows: number | undefined;
}

/**
 * Reads the headers of all inputs and checks that they fit each other and the spec.
 * @throws AppError naming file and place, before anything heavy is loaded.
 */
export function planTraining(projectPath: string, spec: TrainSpec): TrainingPlan {
  const folder = openModelFolder(insideProject(projectPath, spec.model));
  folder.weights.close();
  const model = parseModelConfig(folder.config, folder.configFile);
  const { context, rows } = checkTokens(projectPath, spec.tokens, spec, model, undefined);
  for (const part of [spec.evaluation, spec.features])
    if (part) checkTokens(projectPath, part.tokens, spec, model, part.sequences);
  const { training } = spec;
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
  const dictionaries = Array.from({ length: runCount(spec) }, (_, position) =>
    planDictionary(spec, position, model),
  );
  return { spec, model, dictionaries, schedule, steps, context, rows };
}

function planDictionary(
  spec: TrainSpec,
  position: number,
  model: TransformerConfig,
): PlannedDictionary {
  const alone = runSpec(spec, position);
  const { dictionary, training, seeds } = alone;
  const hook = parseHook(alone.hook, model);
  const target = alone.target === undefined ? undefined : parseHook(alone.target, model);
  const latents = dictionary.latents ?? Math.floor((dictionary.ratio ?? 0) * model.width);
  if (latents < 1)
    throw new AppError('bad-spec', `dictionary.ratio ${dictionary.ratio} gives no latents.`, {
      place: 'dictionary.ratio',
    });
  if ((dictionary.k ?? 0) > latents)
    throw new AppError(
      'bad-spec',
      `dictionary.k: ${dictionary.k} exceeds the ${latents} latents of dictionary.ratio ${dictionary.ratio}.`,
      { place: 'dictionary.k' },
    );
  const members = [alone, ...(alone.companions ?? [])] as Pick<TrainSpec, 'hook' | 'target'>[];
  const first = firstOf(members.map((member) => parseHook(splicedAt(member), model)));
  const objective = resolveObjective(alone.objective, first, model);
  const seed = seeds[0]!;
  const variant = Math.floor(position / spec.seeds.length);
  return {
    spec: alone,
    key: spec.variants ? `${variant}/${seed}` : `${seed}`,
    seed,
    hook,
    target,
    pass: passOfRun(spec, position),
    frozen: dictionary.frozen,
    architecture: openArchitecture({ ...dictionary, transcoder: target !== undefined }),
    shape: { dIn: model.width, latents },
    objective,
    compared: comparedBy(objective),
    coefficients: coefficientSchedule(alone),
    learningRate: training.learningRate,
    ...(dictionary.resample && {
      resampling: {
        every: Math.floor(dictionary.resample.every / training.batch),
        deadAfter: dictionary.resample.deadAfter ?? auxKDefaults.deadAfter,
      },
    }),
  };
}

function coefficientSchedule({ objective, training }: TrainSpec): CoefficientSchedule {
  const { sparsity, mixed } = objective;
  const steps = (sequences: number) => Math.floor(sequences / training.batch);
  return {
    sparsityWarmup: steps(sparsity.warmup ?? 0),
    ...(mixed && {
      mixed: {
        local: steps(mixed.local),
        over: steps(mixed.over),
        sparsity: mixed.sparsity,
      },
    }),
  };
}

function checkTokens(
  projectPath: string,
  ref: TokensRef,
  spec: TrainSpec,
  model: TransformerConfig,
  sequences: number | undefined,
): TokenShape {
  const tokens = describeTokens(projectPath, ref, spec.model);
  if (tokens.context > model.context)
    throw new AppError(
      'shape-mismatch',
      `${ref.file} has rows of ${tokens.context} tokens, and the model's context is ${model.context}. Cut the rows.`,
      { file: ref.file, place: ref.tensor },
    );
  if (ref.context !== undefined && ref.context !== tokens.context)
    throw new AppError(
      'shape-mismatch',
      `${ref.file} has rows of ${tokens.context} tokens, and the spec calls for ${ref.context}. Pack the tokens anew.`,
      { file: ref.file, place: ref.tensor },
    );
  if (sequences !== undefined && tokens.rows !== undefined && sequences > tokens.rows)
    throw new AppError(
      'bad-spec',
      `${ref.file} has ${tokens.rows} sequences, and the spec asks for ${sequences}. Ask for fewer.`,
      { file: ref.file, place: ref.tensor },
    );
  return tokens;
}

/** What a job will need. */
export function estimateTraining(projectPath: string, spec: TrainSpec): JobEstimate {
  const plan = planTraining(projectPath, spec);
  const { dictionaries, context, steps } = plan;
  const data = estimateData(projectPath, plan);
  const { training } = spec;
  const reference = spec.engine === 'reference';
  const featureTokens = (spec.features?.sequences ?? 0) * context;
  const numberBytes = reference ? 8 : 4;
  const memoryBytes = estimateMemory({
    model: plan.model,
    dictionaries: dictionaries.map((dictionary) => ({
      shape: dictionary.shape,
      parameters: parameterCount(dictionary.architecture, dictionary.shape),
      codesAtPeak: dictionary.architecture.codesAtPeak,
      pass: dictionary.pass,
      splicedBlocks: needsSplicing(dictionary.compared)
        ? plan.model.layers - blockAfter(splicePoint(dictionary))
        : 0,
    })),
    batchTokens: (training.microBatch ?? training.batch) * context,
    gathersGradients: (training.microBatch ?? training.batch) < training.batch,
    featureTokens,
    numberBytes,
    engineBytes: engineBytes(spec.engine),
  });
  const checkpoints = spec.checkpointEvery === null ? 0 : 2;
  const parameters = dictionaries.reduce(
    (sum, { architecture, shape }) => sum + parameterCount(architecture, shape),
    0,
  );
  const diskBytes =
    4 * parameters +
    dictionaries.length * featureTokens * 40 * 8 +
    checkpoints * statesPerParameter * parameters * numberBytes;
  const threads = reference ? 1 : (spec.threads ?? availableParallelism());
  return {
    steps,
    tokens: steps * training.batch * context,
    parameters,
    memoryBytes: Math.ceil(memoryBytes + data.memoryBytes),
    memoryAvailableBytes: freemem(),
    diskBytes: Math.ceil(diskBytes + data.diskBytes),
    engine: `${spec.engine === 'auto' ? automaticEngine() : spec.engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  };
}
