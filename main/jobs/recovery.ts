import { join } from 'node:path';
import type { LogLine } from '../../shared/contract/jobs.ts';
import type { JobChanges, JobRecord } from '../../shared/domain/job-record.ts';
import type { JobEvent } from '../../shared/domain/job-state.ts';
import { newestStep } from './checkpoint.ts';
import type { Clock } from './clock.ts';
import { crashed, toErrorJson } from './job-errors.ts';
import { jobFiles, jobFolder } from './job-folder.ts';
import { isSameProcess } from './process-identity.ts';
import { readResult } from './result.ts';
import type { JobStore } from './store.ts';

interface Options {
  readonly projectPath: string;
  readonly store: JobStore;
  readonly clock: Clock;
  readonly importResults: (job: string) => Promise<void>;
  readonly log: (job: string, level: LogLine['level'], message: string) => void;
}

type Move = (id: string, event: JobEvent, changes: JobChanges) => boolean;

const notBegun = crashed(
  'The job had not begun when the app was closed. Resume starts it.',
).toJSON();
const pollMilliseconds = 200;
const graceMilliseconds = 10_000;
const killMilliseconds = 5_000;

/**
 * Settles the jobs that the last host left. One that waited is not begun by opening a project, which
 * may have come from somebody else: the user is asked. One whose results are complete is imported; any
 * other becomes interrupted and can be resumed. A worker that is still there, which is known by pid
 * and start time together, has noticed that its host is gone and is saving itself: it is given time
 * and then ended, because two processes must never write one folder.
 */
export function recoverJobs(
  options: Options,
  move: Move,
): { gone: Promise<unknown>; ended: Promise<unknown> } {
  for (const { id } of options.store.listIn(['queued']))
    move(id, 'lost', { endedAt: options.clock.now(), error: notBegun });
  const jobs = options.store.listIn(['starting', 'running', 'paused', 'finishing']);
  const isAlive = ({ pid, processStarted }: JobRecord) => isSameProcess(pid, processStarted);
  const alive = jobs.filter(isAlive);
  const dead = jobs.filter((job) => !alive.includes(job));
  return {
    gone: Promise.all(dead.map((job) => settle(job, options, move))),
    ended: Promise.all(
      alive.map(async (job) => {
        await endProcess(job, options.clock);
        await settle(job, options, move);
      }),
    ),
  };
}

async function settle(job: JobRecord, options: Options, move: Move): Promise<void> {
  const { store, clock, projectPath, log } = options;
  const folder = jobFolder(projectPath, job.id);
  const changes: JobChanges = {
    pid: null,
    processStarted: null,
    endedAt: clock.now(),
    checkpointStep: newestStep(join(folder, jobFiles.checkpoints)),
  };
  try {
    if (isComplete(job, folder)) {
      // A worker may have finished before it could say so.
      if (job.state === 'starting') move(job.id, 'started', {});
      if (job.state !== 'finishing') move(job.id, 'results', {});
      await options.importResults(job.id);
      move(job.id, 'imported', { ...changes, error: null });
      return;
    }
  } catch (error) {
    store.update(job.id, changes);
    move(job.id, 'fail', { error: toErrorJson(error) });
    return;
  }
  const error = crashed('The job was cut short. Resume continues from its last checkpoint.');
  log(job.id, 'warn', error.message);
  move(job.id, 'lost', { ...changes, error: error.toJSON() });
}

function isComplete(job: JobRecord, folder: string): boolean {
  return readResult(folder)?.attempt === job.attempt;
}

async function endProcess(job: JobRecord, clock: Clock): Promise<void> {
  const isThere = () => isSameProcess(job.pid, job.processStarted);
  for (const [signal, patience] of [
    ['SIGTERM', graceMilliseconds],
    ['SIGKILL', killMilliseconds],
  ] as const) {
    for (let waited = 0; waited < patience && isThere(); waited += pollMilliseconds)
      await new Promise<void>((resolve) => clock.after(pollMilliseconds, resolve));
    if (!isThere()) return;
    try {
      process.kill(job.pid!, signal);
    } catch {
      return;
    }
  }
}
