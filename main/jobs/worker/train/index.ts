import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError, hasCode } from '../../../../shared/errors.ts';
import { canonicalJson } from '../../../../shared/domain/canonical-json.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import { tokensOf } from '../../../../shared/domain/run-spec.ts';
import { loadNewestCheckpoint, newestStep, saveCheckpoint } from '../../checkpoint.ts';
import { stopped, type JobControl } from '../../control.ts';
import { jobFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { inputsOf, writeProvenance } from '../../provenance.ts';
import type { RunJob } from '../run-worker.ts';
import { prepareTokens } from '../tokens/prepare-tokens.ts';
import { evaluateOn } from './evaluation.ts';
import { openKeptActivations, type KeptActivations } from './kept-activations.ts';
import { openInputs, type TrainInputs } from './inputs.ts';
import { describeProvenance } from './provenance.ts';
import { writePoints, writeTrainingResult } from './results.ts';
import { TrainingRun } from './training-run.ts';

/**
 * Trains one dictionary for each seed of a spec: load, resume, train, evaluate, collect features,
 * write the result. Whatever ends it early, the newest checkpoint is what a resume goes on from.
 */
export const runTrainJob: RunJob = async (assignment, control, io) => {
  const spec = trainSpecOf(assignment);
  const { projectPath } = assignment;
  const tokens = tokensOf(spec).map(([, ref]) => ref);
  const release = await prepareTokens(projectPath, spec.model, tokens, control);
  try {
    await trainOn(await openInputs(projectPath, spec, control), assignment, control, io);
  } finally {
    release();
  }
};

async function trainOn(
  inputs: TrainInputs,
  assignment: JobAssignment,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const { spec } = inputs.plan;
  let kept: KeptActivations | undefined;
  try {
    const provenance = await describeProvenance(inputs, async (done, total) => {
      control.progress('hashing inputs', done, total, 'bytes');
      if ((await control.next()) === 'stop') throw stopped();
    });
    writeProvenance(assignment.folder, provenance);
    const warn = (message: string) => io.log('warn', message);
    kept = await openKeptActivations(inputs, inputsOf(provenance), warn);
    const run = new TrainingRun(assignment, inputs, kept);
    const checkpoints = checkpointsOf(assignment, spec, run, io);
    const resumedFrom = checkpoints.resume();
    io.started(inputs.engine.info, resumedFrom);
    io.log('info', startMessage(inputs, resumedFrom));
    try {
      await train(spec, inputs, run, { control, io, checkpoints });
    } catch (error) {
      throw hasCode(error, 'non-finite') ? withCheckpoint(error, checkpoints.newest()) : error;
    }
    if (kept) io.log('info', keptMessage(kept));
    await writeTrainingResult(assignment, inputs, run, control, io);
  } finally {
    kept?.close();
    await inputs.close();
  }
}

interface Surroundings {
  readonly control: JobControl;
  readonly io: JobIo;
  readonly checkpoints: ReturnType<typeof checkpointsOf>;
}

async function train(
  spec: TrainSpec,
  inputs: TrainInputs,
  run: TrainingRun,
  surroundings: Surroundings,
): Promise<void> {
  const { control, io, checkpoints } = surroundings;
  const { steps, context } = inputs.plan;
  const stepTokens = spec.training.batch * context;
  for (;;) {
    if (isDue(run, spec.training.batch, spec.evaluation?.every) && run.evaluatedStep !== run.step)
      await evaluateNow(inputs, run, surroundings);
    if (run.step === steps) break;
    const order = await control.next();
    if (order !== 'continue') await control.retrying(checkpoints.save);
    if (order === 'stop') throw stopped();
    await writePoints(run.train(), control, io);
    control.progress('training', run.step * stepTokens, steps * stepTokens, 'tokens');
    if (isDue(run, spec.training.batch, spec.checkpointEvery) && run.step < steps)
      await control.retrying(checkpoints.save);
  }
  io.sendPoints();
  // What follows takes a while too: a worker that is lost in it need not train again.
  await control.retrying(checkpoints.save);
}

/** True after the first step that passes a multiple of `every` sequences. */
function isDue(run: TrainingRun, batch: number, every: number | null | undefined): boolean {
  if (!every) return false;
  return Math.floor((run.step * batch) / every) > Math.floor(((run.step - 1) * batch) / every);
}

async function evaluateNow(
  inputs: TrainInputs,
  run: TrainingRun,
  { control, io, checkpoints }: Surroundings,
): Promise<void> {
  const { spec, steps } = inputs.plan;
  // The one at the end belongs to the results.
  if (!spec.evaluation || run.step === steps) return;
  try {
    const metrics = await evaluateOn(inputs, run.learners, spec.evaluation, control);
    await writePoints(run.evaluated(metrics), control, io);
  } catch (error) {
    if (hasCode(error, 'cancelled')) await control.retrying(checkpoints.save);
    throw error;
  }
}

function checkpointsOf(assignment: JobAssignment, spec: TrainSpec, run: TrainingRun, io: JobIo) {
  const folder = join(assignment.folder, jobFiles.checkpoints);
  const specHash = createHash('sha256').update(canonicalJson(spec)).digest('hex');
  return {
    /** Continues from the newest whole checkpoint; answers its step, or null for a fresh start. */
    resume(): number | null {
      const checkpoint = loadNewestCheckpoint(folder, specHash);
      if (checkpoint) run.restore(checkpoint);
      for (const { id } of assignment.runs) io.keepPointsUntil(id, run.tokens);
      return checkpoint?.step ?? null;
    },
    /** Step of the newest one; null where there is none. */
    newest: () => newestStep(folder),
    save(): void {
      io.flush();
      saveCheckpoint(folder, {
        step: run.step,
        specHash,
        cursor: run.cursor(),
        write: (into) => run.writeState(into),
      });
      io.checkpointed(run.step);
    },
  };
}

/** Only finite states are kept, so the newest checkpoint is the last good one. */
function withCheckpoint({ code, message, details }: AppError, step: number | null): AppError {
  const words =
    step === null ? 'No checkpoint was kept.' : `The last good checkpoint is of step ${step}.`;
  return new AppError(code, `${message} ${words}`, { ...details, lastCheckpoint: step });
}

function trainSpecOf(assignment: JobAssignment): TrainSpec {
  if (assignment.spec.kind === 'train') return assignment.spec;
  throw new AppError('internal', `A '${assignment.spec.kind}' job was given to the trainer.`);
}

function keptMessage({ counts }: KeptActivations): string {
  return `Activations: ${counts.read} parts of batches read from the disk, ${counts.computed} computed.`;
}

function startMessage(inputs: TrainInputs, resumedFrom: number | null): string {
  const { plan, engine } = inputs;
  const start = resumedFrom === null ? 'Training' : `Resuming at step ${resumedFrom} of`;
  const { dictionaries } = plan;
  const what = dictionaries.length === 1 ? 'a dictionary' : `${dictionaries.length} dictionaries`;
  const list = (values: readonly (string | number)[]) => [...new Set(values)].join(', ');
  const latents = list(dictionaries.map(({ shape }) => shape.latents));
  const hooks = list(dictionaries.map(({ hook }) => hook.name));
  return `${start} ${what} of ${latents} latents on ${hooks} (width ${plan.model.width}), ${plan.steps} steps, on ${engine.info.name} (${engine.info.device}).`;
}
