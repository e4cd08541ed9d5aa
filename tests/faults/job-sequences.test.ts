import { describe, expect, it } from 'vitest';
import { readWeights } from '../support/fake-train.ts';
import { jobFolder } from '../../main/jobs/job-folder.ts';
import { isSameProcess } from '../../main/jobs/process-identity.ts';
import type { JobAction, JobState } from '../../shared/domain/job-state.ts';
import { hasCode } from '../../shared/errors.ts';
import { startManager, type TestManager } from '../support/jobs.ts';
import { Random } from '../support/random.ts';
import { trainSpec } from '../support/records.ts';

/** Test plan A9, at the counts of a pull request: sequences of events in random order. */
const sequences = 10;
const events = 100;

/**
 * What the user may ask in each state, and the state right after; written down here once more, so
 * that the table of the program is held against something else than itself. Anything that is not
 * here must be refused.
 */
const model: Readonly<Record<JobState, Partial<Record<JobAction, JobState>>>> = {
  queued: { cancel: 'cancelled' },
  starting: { cancel: 'cancelled' },
  running: { pause: 'paused', cancel: 'cancelled', checkpoint: 'running' },
  paused: { resume: 'running', cancel: 'cancelled', checkpoint: 'paused' },
  finishing: {},
  succeeded: {},
  failed: { requeue: 'queued' },
  cancelled: { requeue: 'queued' },
  interrupted: { requeue: 'queued', cancel: 'cancelled' },
};
/** A cancel is rare, or no process would live long enough to be asked anything. */
const actions: readonly JobAction[] = [
  'pause',
  'pause',
  'resume',
  'resume',
  'resume',
  'requeue',
  'requeue',
  'checkpoint',
  'checkpoint',
  'cancel',
];

const spec = trainSpec({
  checkpointEvery: 500,
  training: { sequences: 30_000, batch: 10, learningRate: 1e-3 },
});

/** Asks something of a job and holds what happens against the model. */
function act({ manager }: TestManager, job: string, action: JobAction): void {
  const { state } = manager.get(job);
  const expected = model[state][action];
  try {
    expect(`${action} in ${state}: ${manager.act(job, action).state}`).toBe(
      `${action} in ${state}: ${expected}`,
    );
  } catch (error) {
    if (!hasCode(error, 'not-allowed-now')) throw error;
    expect(`${action} in ${state}: refused`).toBe(
      `${action} in ${state}: ${expected ?? 'refused'}`,
    );
  }
}

function killWorker({ manager }: TestManager, job: string): void {
  const { pid, processStarted } = manager.get(job);
  if (isSameProcess(pid, processStarted)) process.kill(pid!, 'SIGKILL');
}

describe('a job that is asked this and that in random order', () => {
  it(
    'obeys the table of its states, ends whole, and leaves no process',
    { timeout: 300_000 },
    async () => {
      const test = await startManager();
      const { manager, project, until, bugs, db } = test;
      const weightsOf = (job: string) => {
        const [run] = db.all<{ id: string }>('SELECT id FROM runs WHERE job = ?', [job]);
        return readWeights(jobFolder(project, job), run!.id);
      };
      const undisturbed = manager.submit(spec).id;
      await until(undisturbed, 'succeeded');
      const expected = weightsOf(undisturbed);

      const random = new Random(99);
      const seen = new Set<JobState>();
      for (let sequence = 0; sequence < sequences; sequence++) {
        const { id: job } = manager.submit(spec);
        const pids = new Map<number, string>();
        for (let event = 0; event < events; event++) {
          const { state, pid, processStarted } = manager.get(job);
          seen.add(state);
          if (pid !== null && processStarted !== null) pids.set(pid, processStarted);
          if (random.integer(0, 29) === 0) killWorker(test, job);
          else act(test, job, actions[random.integer(0, actions.length - 1)]!);
          await new Promise((done) =>
            setTimeout(done, random.integer(0, state === 'starting' ? 120 : 20)),
          );
        }
        for (let tries = 0; manager.get(job).state !== 'succeeded'; tries++) {
          expect(tries).toBeLessThan(10);
          const { state } = manager.get(job);
          if (state === 'paused') manager.act(job, 'resume');
          else if (model[state].requeue) manager.act(job, 'requeue');
          await until(job, 'succeeded', 'cancelled', 'interrupted', 'paused', 'failed');
        }
        expect(weightsOf(job).equals(expected)).toBe(true);
        expect(manager.get(job).worked).toBeGreaterThan(0);
        for (const [pid, started] of pids)
          await expect.poll(() => isSameProcess(pid, started), { timeout: 20_000 }).toBe(false);
      }
      for (const state of ['queued', 'starting', 'running', 'paused', 'cancelled', 'interrupted'])
        expect(seen).toContain(state);
      expect(bugs).toEqual([]);
      await manager.close();
    },
  );
});
