import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';
import type { Tensor } from '../../../compute/engine.ts';
import { SequenceOrder } from '../../../compute/data/sequence-order.ts';
import { activationsAt, disposeHookState } from '../../../compute/model/activations.ts';
import { AliveWindow } from '../../../compute/sae/alive-window.ts';
import { LocalTrainer, type Learner, type StepReport } from '../../../compute/sae/trainer.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Point } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import type { Metrics } from './evaluation.ts';
import type { TrainInputs } from './inputs.ts';

/** What of the state is small enough for the manifest of a checkpoint. */
const cursorSchema = v.object({
  seconds: v.number(),
  evaluatedStep: v.number(),
  windowTokens: v.array(v.number()),
});

const stateFile = 'state.safetensors';

/** Metrics of an evaluation during training that become curves, named `eval.` + metric. */
const evaluationCurves = [
  'l0',
  'mse',
  'explainedVariance',
  'explainedVariancePerToken',
  'ceIncrease',
  'kl',
  'topOneAgreement',
] as const;

/** A point of the curves of one run. */
export interface RunPoint {
  readonly run: string;
  readonly point: Point;
}

/** The state of a training job between two steps, and how it moves on by one. */
export class TrainingRun {
  readonly #inputs: TrainInputs;
  readonly #trainer: LocalTrainer;
  readonly #order: SequenceOrder;
  readonly #windows: readonly AliveWindow[];
  readonly #runs: readonly string[];
  readonly #batch: number;
  readonly #logEvery: number;
  /** Seconds of training so far, over all attempts. */
  #seconds = 0;
  #evaluatedStep = 0;

  constructor(assignment: JobAssignment, inputs: TrainInputs) {
    const { plan, engine } = inputs;
    const { training, objective, seeds } = plan.spec;
    this.#inputs = inputs;
    this.#runs = assignment.runs.map(({ id }) => id);
    this.#batch = training.batch;
    this.#logEvery = training.logEvery;
    this.#order = new SequenceOrder(inputs.tokens.rows, training.dataSeed);
    this.#trainer = new LocalTrainer(
      engine,
      {
        shape: plan.shape,
        objective: {
          sparsity: objective.sparsity.coefficient,
          p: objective.sparsity.p,
          outToIn: objective.outToIn.coefficient,
        },
        learningRate: training.learningRate,
        schedule: plan.schedule,
        gradientClip: training.gradientClip,
        adam: training.adam,
      },
      seeds,
    );
    this.#windows = seeds.map(
      () => new AliveWindow(plan.shape.latents, training.aliveWindowTokens),
    );
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.#trainer.step;
  }

  /** Training tokens seen: the x of every curve. */
  get tokens(): number {
    return this.step * this.#batch * this.#inputs.plan.context;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** Step of the newest evaluation on the curves. */
  get evaluatedStep(): number {
    return this.#evaluatedStep;
  }

  get learners(): readonly Learner[] {
    return this.#trainer.learners;
  }

  /** One optimiser step of every dictionary on the next sequences. Answers what is to be logged. */
  train(): RunPoint[] {
    const started = performance.now();
    const { model, tokens, plan, engine } = this.#inputs;
    const ids = tokens.read(this.#order.take(this.step * this.#batch, this.#batch));
    const batch = { ids, sequences: this.#batch, length: plan.context };
    const state = activationsAt(model, batch, plan.hook);
    const x = state.activation;
    const alive = new Map<number, number>();
    const reports = this.#trainer.train(x, (learner, firing) => {
      const count = this.#windows[learner]!.add(engine.read(firing), ids.length);
      if (count !== undefined) alive.set(learner, count);
    });
    const isLogged = (this.step - 1) % this.#logEvery === 0 || this.step === plan.steps;
    const spread = isLogged ? meanSpread(this.#inputs, x) : 0;
    const points = reports.flatMap((report, index) => {
      const values: Record<string, number> = isLogged ? stepValues(report, spread) : {};
      const count = alive.get(index);
      if (count !== undefined) values.alive = count;
      return Object.keys(values).length > 0 ? [this.#point(index, values)] : [];
    });
    disposeHookState(model, state);
    this.#seconds += (performance.now() - started) / 1000;
    return points;
  }

  /** The metrics of an evaluation as points of the curves. */
  evaluated(metrics: readonly Metrics[]): RunPoint[] {
    this.#evaluatedStep = this.step;
    return metrics.map((found, index) => {
      const values = evaluationCurves.map((name) => [`eval.${name}`, found[name] ?? null]);
      return this.#point(index, Object.fromEntries(values) as Point['values']);
    });
  }

  #point(index: number, values: Point['values']): RunPoint {
    return { run: this.#runs[index]!, point: { x: this.tokens, values } };
  }

  /** What of the state is small. */
  cursor(): v.InferOutput<typeof cursorSchema> {
    return {
      seconds: this.#seconds,
      evaluatedStep: this.#evaluatedStep,
      windowTokens: this.#windows.map((window, index) => window.state(`${index}`).tokens),
    };
  }

  /** Writes weights, moments and windows. */
  writeState(folder: string): void {
    const windows = this.#windows.map((window, index) => window.state(`window.${index}`).tensor);
    writeSafetensors(join(folder, stateFile), [...this.#trainer.state(), ...windows]);
  }

  /** Goes back to a checkpoint. Throws AppError `corrupt` where it does not fit the spec. */
  restore(checkpoint: Checkpoint): void {
    const cursor = v.safeParse(cursorSchema, checkpoint.cursor);
    if (!cursor.success)
      throw new AppError(
        'corrupt',
        `${checkpoint.path('manifest.json')} lacks the place in the data. Start the job again.`,
        { file: checkpoint.path('manifest.json'), place: 'cursor' },
      );
    const { seconds, evaluatedStep, windowTokens } = cursor.output;
    const reader = openSafetensors(checkpoint.path(stateFile));
    try {
      this.#trainer.restore(reader, checkpoint.step);
      this.#windows.forEach((window, index) =>
        window.restore(reader.ints(`window.${index}`), windowTokens[index] ?? 0),
      );
      this.#seconds = seconds;
      this.#evaluatedStep = evaluatedStep;
    } finally {
      reader.close();
    }
  }
}

/** Mean over tokens and dimensions of (x - mean of the batch)^2. */
function meanSpread({ engine }: TrainInputs, x: Tensor): number {
  const sums = engine.sumColumns(x);
  const rows = x.shape[0]!;
  const centred = engine.sumSquares(x) - engine.sumSquares(sums) / rows;
  engine.dispose(sums);
  return centred / x.size;
}

function stepValues(report: StepReport, spread: number): Record<string, number> {
  const { loss, sparsity, outToIn, l0, learningRate, gradientNorm } = report;
  const values = { loss, sparsity, outToIn, l0, learningRate, gradientNorm };
  return spread > 0 ? { ...values, explainedVariance: 1 - outToIn / spread } : values;
}
