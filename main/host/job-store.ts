import type { JobSpec } from '../../shared/domain/job-spec.ts';
import { runCount, runSpec } from '../../shared/domain/run-spec.ts';
import type { Writer } from '../db/connection.ts';
import { getJob, insertJob, listJobsIn, updateJob } from '../db/jobs.ts';
import { addPoints } from '../db/points.ts';
import { insertRun, listRunsOfJob, setRunEngine } from '../db/runs.ts';
import { groupHash } from '../jobs/group-hash.ts';
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
        insertRunsOfJob(db, { job: id, spec, createdAt: now }, newRuns(spec));
      }),
    update: (id, changes) => updateJob(db, id, changes),
    runsOf: (id) => listRunsOfJob(db, id).map((run) => ({ id: run.id, seed: run.seed })),
    setEngine: (id, engine) => setRunEngine(db, id, engine),
    addPoints: (run, points) => addPoints(db, run, points),
  };
}

function newRuns(spec: JobSpec): { id: string; seed: number }[] {
  if (spec.kind !== 'train') return [];
  return Array.from({ length: runCount(spec) }, (_, position) => ({
    id: newId('run'),
    seed: spec.seeds[position % spec.seeds.length]!,
  }));
}

/** One run for each dictionary of a job, in the order of `runSpec`. */
export function insertRunsOfJob(
  db: Writer,
  owner: { job: string; spec: JobSpec; createdAt: number },
  runs: readonly { id: string; seed: number }[],
): void {
  const { job, spec, createdAt } = owner;
  if (spec.kind !== 'train') return;
  runs.forEach(({ id, seed }, position) => {
    const alone = runSpec(spec, position);
    insertRun(db, {
      id,
      job,
      position,
      seed,
      name: spec.name,
      hook: alone.hook,
      model: spec.model,
      groupKey: groupHash(alone),
      createdAt,
    });
  });
}
