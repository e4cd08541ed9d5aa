import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { insertJob, updateJob } from '../../main/db/jobs.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import { isSameProcess, processStart } from '../../main/jobs/process-identity.ts';
import { insertRunsOfJob } from '../../main/host/job-store.ts';
import { ManualClock } from '../support/clock.ts';
import { startManager } from '../support/jobs.ts';
import { trainSpec } from '../support/records.ts';

/** Test plan A10, but for two hosts on one project, which is in bad-input.test.ts and lock.test.ts. */
const hour = 60 * 60 * 1000;
const job = 'job_00000000recovery';

/** A manager over a database that an earlier host left with one job in `state`. */
async function leftBehind(
  state: JobState,
  process_: { pid: number; processStarted: string } | undefined,
  clock?: ManualClock,
) {
  const test = await startManager(clock ? { clock } : {});
  const spec = trainSpec();
  insertJob(test.db, { id: job, spec, state, createdAt: 1, attempt: 1 });
  insertRunsOfJob(test.db, { job, spec, createdAt: 1 }, [{ id: 'run_0000000recovery', seed: 0 }]);
  if (process_) updateJob(test.db, job, process_);
  return test;
}

describe('what an earlier host left behind', () => {
  it.each(['starting', 'running', 'paused', 'finishing'] as const)(
    'a job that was %s becomes interrupted and can go on',
    async (state) => {
      const { manager, until, log, bugs } = await leftBehind(state, undefined);
      await manager.recover();
      expect(manager.get(job)).toMatchObject({ state: 'interrupted', pid: null });
      expect(manager.get(job).error?.message).toContain('Resume continues');
      expect(log).toEqual([expect.stringContaining('cut short')]);
      manager.act(job, 'requeue');
      await until(job, 'succeeded');
      expect(bugs).toEqual([]);
      await manager.close();
    },
  );

  it('a job that waited does not start by itself: opening a project runs nothing', async () => {
    const { manager, until } = await leftBehind('queued', undefined);
    await manager.recover();
    expect(manager.get(job)).toMatchObject({ state: 'interrupted', attempt: 1 });
    expect(manager.get(job).error?.message).toMatch(/had not begun.*Resume starts it/);
    manager.act(job, 'requeue');
    await until(job, 'succeeded');
    await manager.close();
  });

  it('a process that has the pid of the worker by now is left alone', async () => {
    const stranger = spawn('sleep', ['60']);
    const started = processStart(stranger.pid!)!;
    const recorded = { pid: stranger.pid!, processStarted: `${started}9` };
    const { manager, until } = await leftBehind('running', recorded);
    await manager.recover();
    await until(job, 'interrupted');
    expect(isSameProcess(stranger.pid!, started)).toBe(true);
    manager.act(job, 'requeue');
    await until(job, 'succeeded');
    expect(isSameProcess(stranger.pid!, started)).toBe(true);
    stranger.kill('SIGKILL');
    await manager.close();
  });

  it('a worker that is still there is given time, then ended, and nothing starts before', async () => {
    const clock = new ManualClock();
    const worker = spawn(process.execPath, [
      '-e',
      "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)",
    ]);
    await once(worker.stdout, 'data');
    const exit = once(worker, 'exit');
    const recorded = { pid: worker.pid!, processStarted: processStart(worker.pid!)! };
    const { manager } = await leftBehind('running', recorded, clock);
    await manager.recover();
    const next = manager.submit(trainSpec({ name: 'next' }));
    const pass = async (milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 200) {
        clock.advance(200);
        await new Promise((done) => setImmediate(done));
      }
    };
    await pass(14_800);
    expect(manager.get(job).state).toBe('running');
    expect(manager.get(next.id).state).toBe('queued');
    expect(isSameProcess(recorded.pid, recorded.processStarted)).toBe(true);
    await pass(400);
    await exit;
    await expect.poll(() => manager.get(job).state).toBe('interrupted');
    await expect.poll(() => manager.get(next.id).state).toBe('succeeded');
    await manager.close();
  });
});

describe('a clock that is set back an hour while a job works', () => {
  it('takes nothing from the time that it worked, and stops no message', async () => {
    const clock = new ManualClock(10 * hour);
    const { manager, until, livePoints, bugs } = await startManager({ clock });
    const { id } = manager.submit(
      trainSpec({ training: { sequences: 30_000, batch: 10, learningRate: 1 } }),
    );
    await until(id, 'running');
    clock.advance(5000);
    manager.act(id, 'pause');
    expect(manager.get(id).worked).toBe(5000);
    manager.act(id, 'resume');
    clock.set(9 * hour);
    expect(manager.workedOf(manager.get(id))).toBe(5000);
    await until(id, 'succeeded');
    expect(manager.get(id).worked).toBe(5000);
    expect(livePoints.length).toBeGreaterThan(0);
    expect(bugs).toEqual([]);
    await manager.close();
  });
});
