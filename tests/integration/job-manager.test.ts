import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listDictionaries } from '../../main/db/dictionaries.ts';
import { readSeries } from '../../main/db/points.ts';
import { listRuns, metricsOf } from '../../main/db/runs.ts';
import { jobFolder } from '../../main/jobs/job-folder.ts';
import { isSameProcess } from '../../main/jobs/process-identity.ts';
import { AppError } from '../../shared/errors.ts';
import { fakeMetrics } from '../support/fake-train.ts';
import { startManager } from '../support/jobs.ts';
import { trainSpec } from '../support/records.ts';

const spec = (changes: Record<string, unknown> = {}) =>
  trainSpec({ checkpointEvery: 200, ...sized(1000), ...changes });
const sized = (sequences: number) => ({
  training: { sequences, batch: 10, learningRate: 1e-3 },
});

describe('a job', () => {
  it('goes from the queue to results in the database', async () => {
    const { manager, db, until, livePoints, bugs } = await startManager();
    const job = manager.submit(spec({ seeds: [4, 9] }));
    expect(job).toMatchObject({ state: 'queued', attempt: 0 });
    await until(job.id, 'succeeded');
    const runs = listRuns(db);
    expect(runs.map(({ seed }) => seed)).toEqual([4, 9]);
    expect(runs[0]).toMatchObject({ engine: { name: 'fake' }, seconds: 1.5, state: 'succeeded' });
    expect(metricsOf(db, runs[1]!.id)).toEqual(fakeMetrics(9));
    expect(listDictionaries(db)).toHaveLength(2);
    const window = { names: ['loss'], buckets: 4000, from: null, to: null };
    expect(readSeries(db, runs[0]!.id, window)[0]!.total).toBe(100);
    expect(livePoints.length).toBeGreaterThan(0);
    expect(manager.get(job.id)).toMatchObject({ attempt: 1, importedAttempt: 1, error: null });
    expect(bugs).toEqual([]);
    await manager.close();
  });

  it('waits while another one works', async () => {
    const { manager, until } = await startManager();
    const first = manager.submit(spec({ name: 'first' }));
    const second = manager.submit(spec({ name: 'second' }));
    await until(first.id, 'running');
    expect(manager.get(second.id).state).toBe('queued');
    await until(second.id, 'starting', 'running');
    expect(['finishing', 'succeeded']).toContain(manager.get(first.id).state);
    await until(second.id, 'succeeded');
    await manager.close();
  });

  it('pauses and resumes where it was', async () => {
    const { manager, until, livePoints } = await startManager();
    const job = manager.submit(spec(sized(20_000)));
    await until(job.id, 'running');
    expect(manager.act(job.id, 'pause').state).toBe('paused');
    await new Promise((done) => setTimeout(done, 300));
    const before = livePoints.length;
    await new Promise((done) => setTimeout(done, 300));
    expect(livePoints.length).toBe(before);
    expect(manager.act(job.id, 'resume').state).toBe('running');
    await until(job.id, 'succeeded');
    await manager.close();
  });

  it('leaves a checkpoint when it is cancelled, and continues from it', async () => {
    const { manager, project, until } = await startManager();
    const job = manager.submit(spec({ ...sized(600_000), checkpointEvery: null }));
    await until(job.id, 'running');
    await new Promise((done) => setTimeout(done, 200));
    expect(manager.act(job.id, 'cancel').state).toBe('cancelled');
    expect(manager.act(job.id, 'requeue').state).toBe('queued');
    await until(job.id, 'running');
    expect(manager.get(job.id).checkpointStep).toBeGreaterThan(0);
    await until(job.id, 'succeeded');
    const log = readFileSync(join(jobFolder(project, job.id), 'log.jsonl'), 'utf8');
    expect(log).toContain('continuing from step');
    await manager.close();
  });

  it('writes a checkpoint on demand', async () => {
    const { manager, until } = await startManager();
    const job = manager.submit(spec({ ...sized(50_000), checkpointEvery: null }));
    await until(job.id, 'running');
    manager.act(job.id, 'checkpoint');
    const end = Date.now() + 10_000;
    while (manager.get(job.id).checkpointStep === null && Date.now() < end)
      await new Promise((done) => setTimeout(done, 5));
    expect(manager.get(job.id).checkpointStep).toBeGreaterThan(0);
    await manager.close();
  });

  it('can be cancelled before it starts, and while it starts', async () => {
    const { manager, until } = await startManager();
    const first = manager.submit(spec());
    const second = manager.submit(spec());
    expect(manager.act(second.id, 'cancel').state).toBe('cancelled');
    await until(first.id, 'starting');
    expect(manager.act(first.id, 'cancel').state).toBe('cancelled');
    const third = manager.submit(spec(sized(10)));
    await until(third.id, 'succeeded');
    expect(manager.get(first.id).state).toBe('cancelled');
    await manager.close();
  });

  it('refuses what its state does not allow, in a sentence', async () => {
    const { manager, until } = await startManager();
    const job = manager.submit(spec(sized(10)));
    await until(job.id, 'succeeded');
    expect(() => manager.act(job.id, 'cancel')).toThrow(
      expect.objectContaining({
        code: 'not-allowed-now',
        message: 'The job is succeeded: it cannot be asked to cancel now.',
      }) as AppError,
    );
    expect(() => manager.get('job_none')).toThrow(AppError);
    await manager.close();
  });

  it('becomes interrupted when the host closes, and its process ends', async () => {
    const { manager, db, until } = await startManager();
    const job = manager.submit(spec(sized(100_000)));
    await until(job.id, 'running');
    const { pid, processStarted } = manager.get(job.id);
    expect(isSameProcess(pid, processStarted)).toBe(true);
    await manager.close();
    expect(manager.get(job.id)).toMatchObject({ state: 'interrupted', pid: null });
    expect(manager.get(job.id).checkpointStep).toBeGreaterThan(0);
    expect(isSameProcess(pid, processStarted)).toBe(false);
    db.close();
  });

  it('counts the time that it works, and not its pauses', async () => {
    const { manager, until } = await startManager();
    const job = manager.submit(spec(sized(100_000)));
    await until(job.id, 'running');
    await new Promise((done) => setTimeout(done, 150));
    manager.act(job.id, 'pause');
    const worked = manager.workedOf(manager.get(job.id));
    expect(worked).toBeGreaterThan(100);
    await new Promise((done) => setTimeout(done, 150));
    expect(manager.workedOf(manager.get(job.id))).toBe(worked);
    await manager.close();
  });

  it('has no folder until it starts', async () => {
    const { manager, project } = await startManager();
    const job = manager.submit(spec());
    expect(existsSync(jobFolder(project, job.id))).toBe(false);
    await manager.close();
  });
});
