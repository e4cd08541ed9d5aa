import { AppError } from '../../../shared/errors.ts';
import type { TensorData, TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine, Tensor } from '../engine.ts';
import {
  initialParameters,
  parameterNames,
  parameterShape,
  type DictionaryParameters,
  type DictionaryShape,
  type ParameterName,
} from './dictionary.ts';
import { localGradients, type LocalObjective, type LocalTerms } from './local-objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
  type AdamSettings,
  type AdamState,
} from './optimiser.ts';
import { checkSchedule, learningRateFactor, type ScheduleOptions } from './schedule.ts';

export interface TrainerOptions {
  readonly shape: DictionaryShape;
  readonly objective: LocalObjective;
  readonly learningRate: number;
  readonly schedule: ScheduleOptions;
  readonly gradientClip: number | null;
  readonly adam: AdamSettings;
}

/** What one optimiser step of one dictionary did. */
export interface StepReport extends LocalTerms {
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

/** One dictionary in training. */
export interface Learner {
  readonly seed: number;
  readonly parameters: DictionaryParameters;
  readonly adam: AdamState;
}

/**
 * Trains one dictionary for each seed on the same stream of activations. Each sees exactly what it
 * would see alone, so its weights do not depend on its neighbours. The state (weights, moments, step)
 * can be taken out and put back: a trainer that goes on from it computes the same numbers.
 */
export class LocalTrainer {
  readonly learners: readonly Learner[];
  readonly options: TrainerOptions;
  readonly #engine: Engine;
  #step = 0;

  constructor(engine: Engine, options: TrainerOptions, seeds: readonly number[]) {
    checkSchedule(options.schedule);
    this.#engine = engine;
    this.options = options;
    this.learners = seeds.map((seed) => {
      const parameters = initialParameters(engine, options.shape, seed);
      return { seed, parameters, adam: newAdamState(engine, parameters) };
    });
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.#step;
  }

  /**
   * One optimiser step of every dictionary on activations x [r, d].
   * @param inspect sees, for each dictionary, the sum of each latent's codes over the batch [n], 0 for
   *   one that never fired; before the update, and only for the time of the call
   * @throws AppError `non-finite` naming step, seed and term; the weights are then as before the step.
   */
  train(x: Tensor, inspect?: (learner: number, firing: Tensor) => void): StepReport[] {
    const { schedule, learningRate } = this.options;
    const rate = learningRate * learningRateFactor(this.#step, schedule);
    const reports = this.learners.map((learner, index) =>
      this.#update(learner, x, rate, (firing) => inspect?.(index, firing)),
    );
    this.#step++;
    return reports;
  }

  /** Weights and optimiser state, in an order that `restore` understands. Copies. */
  state(): TensorData[] {
    return this.#stateTensors().map(({ name, tensor }) => ({
      name,
      shape: tensor.shape,
      data: this.#engine.read(tensor),
    }));
  }

  /** Continues from a state taken at `step`. Throws AppError `corrupt` where it does not fit. */
  restore(reader: TensorReader, step: number): void {
    for (const { name, tensor } of this.#stateTensors()) {
      const info = reader.tensors.get(name);
      if (info?.size !== tensor.size)
        throw new AppError(
          'corrupt',
          `${reader.source} is not a checkpoint of this job: tensor '${name}' is missing or of another size.`,
          { file: reader.source, place: name },
        );
      const numbers = info.dtype === 'F64' ? reader.doubles(name) : reader.floats(name);
      const saved = this.#engine.floats(numbers, tensor.shape);
      this.#engine.copyInto(tensor, saved);
      this.#engine.dispose(saved);
    }
    for (const learner of this.learners) learner.adam.steps = step;
    this.#step = step;
  }

  dispose(): void {
    this.#engine.dispose(...this.#stateTensors().map(({ tensor }) => tensor));
  }

  #update(
    learner: Learner,
    x: Tensor,
    learningRate: number,
    inspect: (firing: Tensor) => void,
  ): StepReport {
    const engine = this.#engine;
    const { objective, gradientClip, adam } = this.options;
    const { terms, gradients, firing } = localGradients(engine, learner.parameters, x, objective);
    try {
      const norm = gradientNorm(engine, gradients);
      this.#refuseNonFinite(learner.seed, { ...terms, gradientNorm: norm });
      inspect(firing);
      stepAdam(engine, learner.parameters, gradients, learner.adam, {
        settings: adam,
        learningRate,
        gradientScale: clipFactor(norm, gradientClip),
      });
      return { ...terms, learningRate, gradientNorm: norm };
    } finally {
      engine.dispose(firing, ...Object.values(gradients));
    }
  }

  #refuseNonFinite(seed: number, values: Readonly<Record<string, number>>): void {
    const term = Object.keys(values).find((name) => !Number.isFinite(values[name]));
    if (term === undefined) return;
    throw new AppError(
      'non-finite',
      `Training of seed ${seed} stopped at step ${this.#step + 1}: '${term}' is ${values[term]}. Resume from the last checkpoint with a lower learning rate or a smaller gradient clip.`,
      { place: `step ${this.#step + 1}`, seed, term },
    );
  }

  #stateTensors(): { name: string; tensor: Tensor }[] {
    return this.learners.flatMap(({ seed, parameters, adam }) =>
      parameterNames.flatMap((name: ParameterName) => [
        { name: `${seed}.${name}`, tensor: parameters[name] },
        { name: `${seed}.${name}.first`, tensor: adam.first[name] },
        { name: `${seed}.${name}.second`, tensor: adam.second[name] },
      ]),
    );
  }
}

/** Shapes that a state has, for estimating a checkpoint's size. */
export function stateSize(shape: DictionaryShape): number {
  return parameterNames.reduce(
    (sum, name) => sum + 3 * parameterShape(name, shape).reduce((product, n) => product * n, 1),
    0,
  );
}
