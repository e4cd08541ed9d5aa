import { AppError } from '../../../shared/errors.ts';
import type { TensorData, TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { HookPoint } from '../model/hooks.ts';
import type {
  Architecture,
  Buffers,
  DictionaryParameters,
  DictionaryShape,
} from './architecture.ts';
import {
  constantCoefficients,
  objectiveAt,
  type CoefficientSchedule,
} from './coefficient-schedule.ts';
import {
  dictionaryGradients,
  type StepTerms,
  type StepView,
  type TrainedDictionary,
  type TrainingInput,
} from './dictionary-gradients.ts';
import { jointGradients } from './joint-gradients.ts';
import type { Objective } from './objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
  type AdamSettings,
  type AdamState,
} from './optimiser.ts';
import { resampleDead, type Resampling, type ResamplingBatch } from './resampling.ts';
import { checkSchedule, learningRateFactor, type ScheduleOptions } from './schedule.ts';

/** What dictionaries that are trained together share. */
export interface TrainerOptions {
  readonly schedule: ScheduleOptions;
  readonly gradientClip: number | null;
  readonly adam: AdamSettings;
}

/** What one optimiser step of one dictionary did; terms are means over the parts of the batch. */
export interface StepReport extends StepTerms {
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Dead latents that got new directions after the step, where they were looked for. */
  readonly resampled?: number;
}

/** What is to be trained. */
export interface LearnerOptions {
  /** Names the dictionary in a state; no other one trained with it has the same. */
  readonly key: string;
  readonly seed: number;
  readonly architecture: Architecture;
  readonly shape: DictionaryShape;
  readonly objective: Objective;
  /** How its coefficients come to their values; constant where not given. */
  readonly coefficients?: CoefficientSchedule;
  readonly learningRate: number;
  readonly hook?: HookPoint | undefined;
  /** What a transcoder predicts. */
  readonly target?: HookPoint | undefined;
  /** Names the pass that it shares with others of the same name (`joint`); alone where not given. */
  readonly pass?: string | undefined;
  /** Stays as it is. */
  readonly frozen?: boolean | undefined;
  /** Its architecture counts idle tokens. Dead latents stay as they are where not given. */
  readonly resampling?: Resampling;
}

/** One dictionary in training. */
export interface Learner extends LearnerOptions, TrainedDictionary {
  readonly adam: AdamState;
  readonly buffers: Buffers;
}

/** A batch of tokens, or a part of one, as each dictionary sees it. */
export type TrainingBatch = (learner: LearnerOptions) => TrainingInput;

/** Sees each dictionary on each part of a batch, before the update. */
export type TrainingObserver = (learner: number, view: StepView) => void;

/** What the parts of a batch have added up to so far. */
interface Gathered {
  /** The last part, where dead latents are to be resampled after the step. */
  readonly resampling?: ResamplingBatch | undefined;
  readonly parts: readonly StepTerms[];
  /** Sum over the parts; undefined before the first. */
  readonly gradients: DictionaryParameters | undefined;
}

const nothing: Gathered = { parts: [], gradients: undefined };

/**
 * Trains several dictionaries on the same stream of tokens. One spliced alone (the pathway `separate`)
 * sees exactly what it would see by itself, so its weights do not depend on its neighbours, while the
 * pass of the model as it is, and the layers below its hook point, are shared. Those of one pass (the
 * pathway `joint`) see what comes through the ones before, and their gradient is clipped by its norm over
 * all of them. The state (weights,
 * moments, step) can be taken out and put back: a trainer that goes on from it computes the same.
 */
export class Trainer {
  readonly learners: readonly Learner[];
  readonly options: TrainerOptions;
  readonly #engine: Engine;
  /** Positions of the learners that share a pass of the spliced model. */
  readonly #passes: readonly (readonly number[])[];
  #step = 0;

  constructor(engine: Engine, options: TrainerOptions, learners: readonly LearnerOptions[]) {
    checkSchedule(options.schedule);
    this.#engine = engine;
    this.options = options;
    this.learners = learners.map((learner) => {
      const { architecture, shape, seed } = learner;
      const parameters = architecture.initialise(engine, shape, seed);
      const buffers = architecture.buffers?.(shape) ?? {};
      return { ...learner, parameters, buffers, adam: newAdamState(engine, parameters) };
    });
    const positions = learners.map((_, position) => position);
    const passes = Map.groupBy(positions, (at) => learners[at]!.pass ?? at);
    this.#passes = [...passes.values()];
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.#step;
  }

  /**
   * One optimiser step of every dictionary on a batch that comes in equal parts. The gradient is the
   * mean over the parts; with a single one no gradients are held beyond the dictionary in turn. A part
   * is used before the next one is asked for.
   * @param parts how many parts there are
   * @throws AppError `non-finite` naming step, seed and term; the weights of that dictionary are then
   *   as before the step.
   */
  train(batch: Iterable<TrainingBatch>, parts = 1, observe?: TrainingObserver): StepReport[] {
    const factor = learningRateFactor(this.#step, this.options.schedule);
    const gathered: Gathered[] = this.learners.map(() => nothing);
    const reports: StepReport[] = [];
    try {
      let done = 0;
      for (const part of batch) {
        const isLast = ++done === parts;
        for (const pass of this.#passes) {
          this.#gather(pass, part, gathered, observe);
          if (!isLast) continue;
          this.#update(pass, gathered, factor, reports);
          for (const index of pass) {
            this.#release(gathered[index]!);
            gathered[index] = nothing;
          }
        }
      }
    } finally {
      for (const sum of gathered) this.#release(sum);
    }
    this.#step++;
    return reports;
  }

  /** Weights, optimiser state and buffers, in an order that `restore` understands. Copies. */
  state(): TensorData[] {
    const tensors = this.#stateTensors().map(({ name, tensor }) => ({
      name,
      shape: tensor.shape,
      data: this.#engine.read(tensor),
    }));
    const buffers = this.#buffers().map(({ name, buffer }) => ({
      name,
      shape: [buffer.length],
      data: buffer.slice(),
    }));
    return [...tensors, ...buffers];
  }

  /** Continues from a state taken at `step`. Throws AppError `corrupt` where it does not fit. */
  restore(reader: TensorReader, step: number): void {
    const numbersOf = (name: string, size: number) => {
      const info = reader.tensors.get(name);
      if (info?.size === size)
        return info.dtype === 'F64' ? reader.doubles(name) : reader.floats(name);
      throw new AppError(
        'corrupt',
        `${reader.source} is not a checkpoint of this job: tensor '${name}' is missing or of another size.`,
        { file: reader.source, place: name },
      );
    };
    for (const { name, tensor } of this.#stateTensors()) {
      const saved = this.#engine.floats(numbersOf(name, tensor.size), tensor.shape);
      this.#engine.copyInto(tensor, saved);
      this.#engine.dispose(saved);
    }
    for (const { name, buffer } of this.#buffers()) buffer.set(numbersOf(name, buffer.length));
    for (const learner of this.learners) learner.adam.steps = step;
    this.#step = step;
  }

  dispose(): void {
    this.#engine.dispose(...this.#stateTensors().map(({ tensor }) => tensor));
  }

  /** Adds a part of a batch to what has been gathered of the learners of one pass. */
  #gather(
    pass: readonly number[],
    part: TrainingBatch,
    gathered: Gathered[],
    observe: TrainingObserver = () => undefined,
  ): void {
    const engine = this.#engine;
    const learners = pass.map((index) => this.learners[index]!);
    const current = learners.map((learner) => ({
      ...learner,
      objective: currentObjective(learner, this.#step),
    }));
    const inputs = learners.map((learner) => part(learner));
    const resampling: (ResamplingBatch | undefined)[] = [];
    const see = (at: number, view: StepView) => {
      const learner = learners[at]!;
      const { codes, firing, input } = view;
      const tokens = input.x.shape[0]!;
      learner.architecture.remember?.(engine, learner.buffers, { codes, firing, tokens });
      if (this.#resamples(learner)) resampling[at] = resamplingBatch(engine, view);
      observe(pass[at]!, view);
    };
    const [only] = current;
    const isAlone = only?.pass === undefined && !only?.frozen;
    const steps = isAlone
      ? [dictionaryGradients(engine, only!, inputs[0]!, (view) => see(0, view))]
      : jointGradients(engine, current, inputs, see);
    steps.forEach(({ gradients, ...terms }, at) => {
      const index = pass[at]!;
      const before = gathered[index]!;
      gathered[index] = {
        parts: [...before.parts, terms],
        gradients: this.#added(before.gradients, gradients),
        resampling: resampling[at],
      };
    });
  }

  /** The sum of two gradients, in place of the first; the second is freed. */
  #added(
    sum: DictionaryParameters | undefined,
    gradients: DictionaryParameters | undefined,
  ): DictionaryParameters | undefined {
    if (!sum || !gradients) return sum ?? gradients;
    for (const [name, gradient] of Object.entries<Tensor>(gradients)) {
      this.#engine.addInto(sum[name]!, gradient);
      this.#engine.dispose(gradient);
    }
    return sum;
  }

  /** The optimiser step of the learners of one pass; their gradient has one norm. */
  #update(
    pass: readonly number[],
    gathered: readonly Gathered[],
    factor: number,
    reports: StepReport[],
  ): void {
    const engine = this.#engine;
    const { gradientClip, adam } = this.options;
    const steps = pass.map((index) => {
      const { parts, gradients, resampling } = gathered[index]!;
      const learner = this.learners[index]!;
      const share = 1 / parts.length;
      if (gradients)
        learner.architecture.constrainGradients?.(engine, learner.parameters, gradients);
      const norm = gradients ? gradientNorm(engine, gradients) * share : 0;
      return { index, learner, gradients, resampling, share, norm, terms: meanTerms(parts) };
    });
    const norm =
      steps.length === 1 ? steps[0]!.norm : Math.hypot(...steps.map((step) => step.norm));
    for (const { learner, terms } of steps)
      this.#refuseNonFinite(learner.seed, { ...terms.terms, loss: terms.loss, gradientNorm: norm });
    for (const { index, learner, gradients, resampling, share, terms } of steps) {
      const learningRate = factor * learner.learningRate;
      reports[index] = { ...terms, learningRate, gradientNorm: norm };
      if (!gradients) continue;
      stepAdam(engine, learner.parameters, gradients, learner.adam, {
        settings: adam,
        learningRate,
        gradientScale: share * clipFactor(norm, gradientClip),
      });
      learner.architecture.constrainParameters?.(engine, learner.parameters);
      if (!learner.resampling || !resampling) continue;
      const { deadAfter } = learner.resampling;
      const settings = { deadAfter, step: this.#step };
      const resampled = resampleDead(engine, learner, resampling, settings);
      reports[index] = { ...reports[index], resampled };
    }
  }

  /** Whether dead latents of a dictionary are looked for after this step. */
  #resamples({ resampling }: Learner): boolean {
    return resampling !== undefined && (this.#step + 1) % resampling.every === 0;
  }

  #release({ gradients }: Gathered): void {
    if (gradients) this.#engine.dispose(...Object.values<Tensor>(gradients));
  }

  #refuseNonFinite(seed: number, values: Readonly<Record<string, number>>): void {
    const term = Object.keys(values).find((name) => !Number.isFinite(values[name]));
    if (term === undefined) return;
    throw new AppError(
      'non-finite',
      `Training of seed ${seed} stopped at step ${this.#step + 1}: '${term}' is ${values[term]}. Train again with a lower learning rate or a smaller gradient clip.`,
      { place: `step ${this.#step + 1}`, seed, term },
    );
  }

  #buffers(): { name: string; buffer: Float64Array }[] {
    return this.learners.flatMap(({ key, buffers }) =>
      Object.entries(buffers).map(([name, buffer]) => ({ name: `${key}.buffer.${name}`, buffer })),
    );
  }

  #stateTensors(): { name: string; tensor: Tensor }[] {
    return this.learners.flatMap(({ key, architecture, shape, parameters, adam }) =>
      architecture.parameters(shape).flatMap(({ name }) => [
        { name: `${key}.${name}`, tensor: parameters[name]! },
        { name: `${key}.${name}.first`, tensor: adam.first[name]! },
        { name: `${key}.${name}.second`, tensor: adam.second[name]! },
      ]),
    );
  }
}

function resamplingBatch(engine: Engine, { input, output }: StepView): ResamplingBatch {
  const x = engine.read(input.x);
  const target = input.target ? engine.read(input.target) : x;
  return { x, target, output: engine.read(output) };
}

/** What a dictionary learns at a step, counted from 0. */
export function currentObjective(
  { objective, coefficients = constantCoefficients }: LearnerOptions,
  step: number,
): Objective {
  return objectiveAt(objective, coefficients, step);
}

/** Means over the parts of a batch, which are of equal size. */
function meanTerms(parts: readonly StepTerms[]): StepTerms {
  const mean = (of: (part: StepTerms) => number) =>
    parts.reduce((sum, part) => sum + of(part), 0) / parts.length;
  const names = Object.keys(parts[0]?.terms ?? {});
  return {
    loss: mean(({ loss }) => loss),
    terms: Object.fromEntries(names.map((name) => [name, mean(({ terms }) => terms[name]!)])),
    l0: mean(({ l0 }) => l0),
  };
}

/** Numbers that a state holds for each parameter: itself and two moments. */
export const statesPerParameter = 3;
