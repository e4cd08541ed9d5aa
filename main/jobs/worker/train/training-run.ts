import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';
import type { Metrics } from '../../../../shared/domain/metrics.ts';
import type { TensorData } from '../../../../shared/domain/tensors.ts';
import type { Engine, Tensor } from '../../../compute/engine.ts';
import { SequenceOrder } from '../../../compute/data/sequence-order.ts';
import { AliveWindow } from '../../../compute/sae/alive-window.ts';
import { BatchMetrics } from '../../../compute/sae/batch-metrics.ts';
import type { StepView } from '../../../compute/sae/dictionary-gradients.ts';
import { comparedBy } from '../../../compute/sae/objective.ts';
import { needsSplicing, OriginalPass } from '../../../compute/sae/original-pass.ts';
import { Spread } from '../../../compute/sae/spread.ts';
import {
  currentObjective,
  Trainer,
  type Learner,
  type StepReport,
  type TrainingBatch,
} from '../../../compute/sae/trainer.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Point } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import type { TrainInputs } from './inputs.ts';
import { splicePoint, type TrainingPlan } from './plan.ts';
import type { KeptActivations } from './kept-activations.ts';
import { startFromFiles } from './warm-start.ts';

/** What of the state is small enough for the manifest of a checkpoint. */
const cursorSchema = v.object({
  seconds: v.number(),
  evaluatedStep: v.number(),
  windowTokens: v.array(v.number()),
  /** Rows seen, of how many, in the order of which seed; older checkpoints do not say. */
  data: v.optional(v.object({ position: v.number(), rows: v.number(), seed: v.number() })),
});

/** What an evaluation counts that is the same every time. */
const countNames: ReadonlySet<string> = new Set(['tokens', 'latents']);

const stateFile = 'state.safetensors';

/** A point of the curves of one run. */
export interface RunPoint {
  readonly run: string;
  readonly point: Point;
}

/** The state of a training job between two steps, and how it moves on by one. */
export class TrainingRun {
  readonly #inputs: TrainInputs;
  readonly #kept: KeptActivations | undefined;
  readonly #trainer: Trainer;
  readonly #order: SequenceOrder;
  readonly #windows: readonly AliveWindow[];
  readonly #runs: readonly string[];
  readonly #batch: number;
  readonly #microBatch: number;
  readonly #logEvery: number;
  readonly #metricsEvery: number;
  /** Seconds of training so far, over all attempts. */
  #seconds = 0;
  #evaluatedStep = 0;

  constructor(assignment: JobAssignment, inputs: TrainInputs, kept?: KeptActivations) {
    const { plan, engine } = inputs;
    const { training } = plan.spec;
    this.#inputs = inputs;
    this.#kept = kept;
    this.#runs = assignment.runs.map(({ id }) => id);
    this.#batch = training.batch;
    this.#microBatch = training.microBatch ?? training.batch;
    this.#logEvery = training.logEvery;
    this.#metricsEvery = training.metricsEvery ?? 20;
    this.#order = new SequenceOrder(inputs.tokens.rows, training.dataSeed);
    this.#trainer = new Trainer(
      engine,
      { schedule: plan.schedule, gradientClip: training.gradientClip, adam: training.adam },
      plan.dictionaries,
    );
    startFromFiles(engine, inputs.projectPath, plan, this.#trainer.learners);
    this.#windows = plan.dictionaries.map(
      ({ shape }) => new AliveWindow(shape.latents, training.aliveWindowTokens),
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
    const { engine, plan } = this.#inputs;
    const isDue = (every: number) => this.step % every === 0 || this.step + 1 === plan.steps;
    const spreads = isDue(this.#logEvery) ? new Map<string, Spread>() : undefined;
    const metrics = isDue(this.#metricsEvery) ? this.#batchMetrics() : undefined;
    const alive = new Map<number, number>();
    const observe = (index: number, view: StepView) => {
      const { firing, input } = view;
      const fired = this.#windows[index]!.add(engine.read(firing), input.x.shape[0]!);
      if (fired !== undefined) alive.set(index, fired);
      metrics?.[index]!.add(view);
      // On the pathway joint, what it is to reconstruct has come through other dictionaries.
      if (spreads && plan.dictionaries[index]!.pass !== undefined)
        addSpread(spreads, engine, spreadName(plan, index), input.target ?? input.x);
    };
    const parts = this.#batch / this.#microBatch;
    const reports = this.#trainer.train(this.#parts(parts, spreads), parts, observe);
    const points = reports.flatMap((report, index) => {
      const count = alive.get(index);
      const spread = spreads?.get(spreadName(plan, index));
      const values = {
        ...metrics?.[index]!.metrics(),
        ...(spread && stepValues(report, spread.mean)),
        ...(count !== undefined && { alive: count }),
      };
      return Object.keys(values).length > 0 ? [this.#point(index, values)] : [];
    });
    this.#seconds += (performance.now() - started) / 1000;
    return points;
  }

  #batchMetrics(): BatchMetrics[] {
    const { model, plan } = this.#inputs;
    return plan.dictionaries.map(
      (dictionary) =>
        new BatchMetrics(model, currentObjective(dictionary, this.step), dictionary.shape),
    );
  }

  /**
   * The next sequences in the model as it is, in parts, each freed before the next is made.
   * @param spreads takes up the activations at every hook point that is reconstructed
   */
  *#parts(count: number, spreads: Map<string, Spread> | undefined): Generator<TrainingBatch> {
    const { engine, model, tokens, plan } = this.#inputs;
    const sequences = this.#microBatch;
    const first = this.step * this.#batch;
    const points = plan.dictionaries.map((dictionary) => ({
      hook: dictionary.hook,
      target: dictionary.target,
      compared: comparedBy(currentObjective(dictionary, this.step)),
    }));
    const alone = plan.dictionaries.filter(({ pass }) => pass === undefined).map(splicePoint);
    const hooks = new Map(alone.map((hook) => [hook.name, hook]));
    const isLocal =
      alone.length === plan.dictionaries.length &&
      points.every(({ compared }) => !needsSplicing(compared));
    for (let part = 0; part < count; part++) {
      const rows = this.#order.take(first + part * sequences, sequences);
      const compute = () => {
        const batch = { ids: tokens.read(rows), sequences, length: plan.context };
        return new OriginalPass(model, batch, points);
      };
      const pass = isLocal && this.#kept ? this.#kept.take(rows, compute) : compute();
      try {
        if (spreads)
          for (const hook of hooks.values()) addSpread(spreads, engine, hook.name, pass.at(hook));
        const original = pass instanceof OriginalPass ? { original: pass } : {};
        yield ({ hook, target }) => ({
          x: pass.at(hook!),
          ...(target && { target: pass.at(target) }),
          ...original,
        });
      } finally {
        pass.dispose();
      }
    }
  }

  /** The metrics of an evaluation as points of the curves. */
  evaluated(metrics: readonly Metrics[]): RunPoint[] {
    this.#evaluatedStep = this.step;
    return metrics.map((found, index) => {
      const values = Object.entries(found)
        .filter(([name]) => !countNames.has(name))
        .map(([name, value]) => [`eval.${name}`, value]);
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
      data: {
        position: this.step * this.#batch,
        rows: this.#order.rows,
        seed: this.#inputs.plan.spec.training.dataSeed,
      },
    };
  }

  /**
   * Writes weights, moments and windows.
   * @throws AppError `non-finite` for a state that nothing could go on from.
   */
  writeState(folder: string): void {
    const windows = this.#windows.map((window, index) => window.state(`window.${index}`).tensor);
    const state = this.#trainer.state();
    refuseNonFinite(state, this.step);
    writeSafetensors(join(folder, stateFile), [...state, ...windows]);
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
    const { seconds, evaluatedStep, windowTokens, data } = cursor.output;
    if (data && data.rows !== this.#order.rows)
      throw new AppError(
        'hash-mismatch',
        `The tokens had ${data.rows} rows when ${checkpoint.path('manifest.json')} was written, and have ${this.#order.rows} now. Put the old ones back, or start the job again.`,
        { file: checkpoint.path('manifest.json'), place: 'cursor.data' },
      );
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

/** The loss is finite before a step; what the step made of the weights shows here, or in the next loss. */
function refuseNonFinite(state: readonly TensorData[], step: number): void {
  for (const { name, data } of state)
    for (const value of data) {
      if (typeof value === 'bigint' || Number.isFinite(value)) continue;
      throw new AppError(
        'non-finite',
        `Training stopped after step ${step}: '${name}' has become ${value}. Train again with a lower learning rate or a smaller gradient clip.`,
        { place: `step ${step}`, term: name },
      );
    }
}

/** Names what a dictionary reconstructs: its hook point, or what reaches it in its pass. */
function spreadName({ dictionaries }: TrainingPlan, index: number): string {
  const dictionary = dictionaries[index]!;
  return dictionary.pass === undefined ? splicePoint(dictionary).name : `${index}`;
}

function addSpread(spreads: Map<string, Spread>, engine: Engine, name: string, x: Tensor): void {
  const spread = spreads.get(name) ?? new Spread(x.shape[1]!);
  spreads.set(name, spread);
  spread.add(engine, x);
}

function stepValues(report: StepReport, spread: number): Record<string, number> {
  const { loss, terms, l0, learningRate, gradientNorm, resampled } = report;
  const values = {
    loss,
    ...terms,
    l0,
    learningRate,
    gradientNorm,
    ...(resampled !== undefined && { resampled }),
  };
  const { outToIn } = terms;
  if (outToIn === undefined || spread === 0) return values;
  return { ...values, explainedVariance: 1 - outToIn / spread };
}
