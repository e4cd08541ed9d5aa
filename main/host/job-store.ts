import { createHash } from 'node:crypto';
import { groupKey, type JobSpec } from '../../shared/domain/job-spec.ts';
import type { Writer } from '../db/connection.ts';
import { getJob, insertJob, listJobsIn, updateJob } from '../db/jobs.ts';
import { addPoints } from '../db/points.ts';
import { insertRun, listRunsOfJob, setRunEngine } from '../db/runs.ts';
import { newId } from '../jobs/ids.ts';
import type { JobStore } from '../jobs/store.ts';

/** What the job manager remembers, in the project's database. */
export function databaseJobStore(db: Writer): JobStore {
  return {
    get: (id) => getJob(db, id),
    listIn: (states) => listJobsIn(db, states),
    insert: (id, spec, now) =>
      db.transaction(() => {
        insertJob(db, { id, spec, state: 'queued', createdAt: now });
        const seeds = spec.kind === 'train' ? spec.seeds : [];
        insertRunsOfJob(db, { job: id, spec, createdAt: now }, seeds.map(newRun));
      }),
    update: (id, changes) => updateJob(db, id, changes),
    runsOf: (id) => listRunsOfJob(db, id).map((run) => ({ id: run.id, seed: run.seed })),
    setEngine: (id, engine) => setRunEngine(db, id, engine),
    addPoints: (run, points) => addPoints(db, run, points),
  };
}

function newRun(seed: number): { id: string; seed: number } {
  return { id: newId('run'), seed };
}

/** One run for each seed of a job, in the order of the spec. */
export function insertRunsOfJob(
  db: Writer,
  owner: { job: string; spec: JobSpec; createdAt: number },
  runs: readonly { id: string; seed: number }[],
): void {
  const { job, spec, createdAt } = owner;
  if (spec.kind !== 'train') return;
  const key = createHash('sha256').update(groupKey(spec)).digest('hex').slice(0, 32);
  runs.forEach(({ id, seed }, position) =>
    insertRun(db, {
      id,
      job,
      position,
      seed,
      name: spec.name,
      hook: spec.hook,
      model: spec.model,
      groupKey: key,
      createdAt,
    }),
  );
}
