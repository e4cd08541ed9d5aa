import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { loadNewestCheckpoint, saveCheckpoint } from '../../main/jobs/checkpoint.ts';
import { stopped, type JobControl } from '../../main/jobs/control.ts';
import { jobFiles, runFiles } from '../../main/jobs/job-folder.ts';
import type { JobIo } from '../../main/jobs/job-io.ts';
import type { JobAssignment } from '../../main/jobs/protocol.ts';
import { writeResult, type ResultFile } from '../../main/jobs/result.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import type { TrainSpec } from '../../shared/domain/job-spec.ts';
import { fake, fakeProperties, writeFeatureFiles, writeSharedFiles } from './fake-features.ts';
import { Random } from './random.ts';

/**
 * A job that keeps state, draws random numbers, logs, checkpoints and leaves results as training
 * does, but learns nothing. Equal specs give equal bytes, however often it is interrupted.
 * FAKE_STEP_MS slows it down.
 */
export async function fakeTrain(
  assignment: JobAssignment,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const spec = assignment.spec as TrainSpec;
  const specHash = createHash('sha256').update(canonicalJson(spec)).digest('hex');
  const checkpoints = join(assignment.folder, jobFiles.checkpoints);
  const steps = Math.ceil(spec.training.sequences / spec.training.batch);
  const every = Math.max(1, Math.floor((spec.checkpointEvery ?? 1e9) / spec.training.batch));
  const size = fake.dIn * fake.latents;
  let weights: Float32Array[] = assignment.runs.map(() => new Float32Array(size));
  let step = 0;

  const checkpoint = loadNewestCheckpoint(checkpoints, specHash);
  if (checkpoint) {
    const reader = openSafetensors(checkpoint.path('state.safetensors'));
    weights = assignment.runs.map(({ id }) => reader.floats(id));
    reader.close();
    step = checkpoint.step;
  }
  for (const { id } of assignment.runs) io.keepPointsUntil(id, step * spec.training.batch);
  writeFileSync(join(assignment.folder, jobFiles.spec), JSON.stringify(spec));
  io.started(
    { name: 'fake', device: 'none', version: '1', threads: 1 },
    checkpoint ? checkpoint.step : null,
  );
  io.log('info', checkpoint ? `continuing from step ${step}` : 'starting');

  const save = () => {
    io.flush();
    saveCheckpoint(checkpoints, {
      step,
      specHash,
      cursor: { sequences: step * spec.training.batch },
      write: (folder) =>
        writeSafetensors(
          join(folder, 'state.safetensors'),
          assignment.runs.map(({ id }, i) => ({ name: id, shape: [size], data: weights[i]! })),
        ),
    });
    io.checkpointed(step);
  };

  while (step < steps) {
    const order = await control.next();
    if (order !== 'continue') await control.retrying(save);
    if (order === 'stop') throw stopped();
    for (const [i, { id, seed }] of assignment.runs.entries()) {
      const loss = takeStep(weights[i]!, seed, step);
      const x = (step + 1) * spec.training.batch;
      io.point(id, { x, values: { loss, l0: 30 - step / steps } });
    }
    step++;
    if (step % every === 0 && step < steps) await control.retrying(save);
    control.progress('training', step, steps, 'steps');
    const pause = Number(process.env['FAKE_STEP_MS'] ?? 0);
    if (pause > 0) await sleep(pause);
  }
  io.sendPoints();
  writeResults(assignment, weights);
}

function takeStep(weights: Float32Array, seed: number, step: number): number {
  const random = new Random(seed * 1_000_003 + step);
  let norm = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = 0.99 * weights[i]! + random.uniform() - 0.5;
    norm += weights[i]! ** 2;
  }
  return 10 / (step + 1) + norm / weights.length;
}

/** What a job leaves when it ends, for weights of its runs. */
export function writeResults(
  assignment: Pick<JobAssignment, 'folder' | 'job' | 'attempt' | 'runs' | 'spec'>,
  weights: readonly Float32Array[],
): void {
  const { folder, job, attempt, runs, spec } = assignment;
  const { dIn, latents, context, rows } = fake;
  const { hook, model } = spec as TrainSpec;
  const seeds = runs.map(({ seed }) => seed);
  writeSharedFiles(folder);
  const inputs = [{ path: 'tokens.safetensors', bytes: 1, modified: 1, sha256: 'x' }];
  const provenance = { assay: '0', inputs, seeds };
  writeFileSync(join(folder, jobFiles.provenance), JSON.stringify(provenance));
  const files: ResultFile[] = [
    { kind: 'tokens', path: jobFiles.tokens },
    { kind: 'vocabulary', path: jobFiles.vocabulary },
    { kind: 'provenance', path: jobFiles.provenance },
  ];
  for (const [i, { id, seed }] of runs.entries()) {
    mkdirSync(join(folder, id), { recursive: true });
    writeSafetensors(
      join(folder, id, runFiles.dictionary),
      [{ name: 'W_dec', shape: [latents, dIn], data: weights[i]! }],
      { architecture: 'relu', hook, model },
    );
    writeFeatureFiles(join(folder, id), seed, seeds);
    writeFileSync(join(folder, id, runFiles.metrics), JSON.stringify(fakeMetrics(seed)));
    for (const [kind, name] of Object.entries(runFiles))
      if (existsSync(join(folder, id, name))) files.push({ kind, path: `${id}/${name}` });
  }
  writeResult(
    folder,
    {
      job,
      attempt,
      featureTokens: rows * context,
      context,
      runs: runs.map(({ id, seed }) => ({
        id,
        seed,
        dictionary: `dict_${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
        hook,
        architecture: 'relu',
        dIn,
        latents,
        metrics: fakeMetrics(seed),
        seconds: 1.5,
      })),
    },
    files,
  );
}

export function fakeMetrics(seed: number): Record<string, number | null> {
  return { l0: 30 + seed, mse: 0.1 * (seed + 1), kl: null, alive: fake.latents - 3 };
}

/** The weights that a run left. */
export function readWeights(folder: string, run: string): Buffer {
  return readFileSync(join(folder, run, runFiles.dictionary));
}

export { fakeProperties };
