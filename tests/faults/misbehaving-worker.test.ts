import { describe, expect, it } from 'vitest';
import { isSameProcess } from '../../main/jobs/process-identity.ts';
import { ManualClock } from '../support/clock.ts';
import { startManager } from '../support/jobs.ts';
import { trainSpec } from '../support/records.ts';

/** Test plan A8. The name of a job tells the fake worker how to behave. */
const cases: readonly [
  name: string,
  state: 'failed' | 'interrupted',
  code: string,
  words: RegExp,
][] = [
  ['exit 0', 'failed', 'worker-crashed', /ended \(code 0\) without a result/],
  ['exit 1', 'failed', 'worker-crashed', /ended \(code 1\) without a result/],
  ['segv', 'interrupted', 'worker-crashed', /crashed \(SIGSEGV\)\. Resume continues/],
  ['abort', 'interrupted', 'worker-crashed', /crashed \(SIGABRT\)\. Resume continues/],
  ['out of memory', 'interrupted', 'worker-crashed', /memory ran out\. Resume continues/],
  ['throws', 'failed', 'internal', /a bug in the job/],
  ['fails', 'failed', 'non-finite', /The loss became NaN at step 3/],
  ['garbage', 'failed', 'worker-crashed', /sent what is not a message/],
  ['results without a file', 'failed', 'not-found', /left no result/],
];

describe('a worker that', () => {
  it.each(cases)(
    'does this: %s, leaves its job %s and the next job unharmed',
    async (name, state, code, words) => {
      const { manager, until, bugs, db } = await startManager();
      const job = manager.submit(trainSpec({ name }));
      const next = manager.submit(trainSpec({ name: 'next' }));
      await until(job.id, state);
      await until(next.id, 'succeeded');
      const { error, pid } = manager.get(job.id);
      expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
      expect(pid).toBeNull();
      expect(db.all('SELECT job FROM dictionaries JOIN runs ON runs.id = run')).toEqual([
        { job: next.id },
      ]);
      expect(bugs).toEqual([]);
      await manager.close();
    },
  );

  it('hangs is ended step by step: a message, SIGTERM after 10 s, SIGKILL after 5 more', async () => {
    const clock = new ManualClock();
    const { manager, until, bugs } = await startManager({ clock });
    const job = manager.submit(trainSpec({ name: 'hangs' }));
    await until(job.id, 'running');
    const { pid, processStarted } = manager.get(job.id);
    const isThere = () => isSameProcess(pid, processStarted);
    const settle = () => new Promise((done) => setTimeout(done, 150));
    await settle();
    expect(manager.act(job.id, 'cancel').state).toBe('cancelled');
    clock.advance(9_999);
    await settle();
    clock.advance(1); // SIGTERM, which it does not hear.
    await settle();
    expect(isThere()).toBe(true);
    clock.advance(4_999);
    await settle();
    expect(isThere()).toBe(true);
    clock.advance(1);
    await expect.poll(isThere).toBe(false);
    const next = manager.submit(trainSpec({ name: 'next' }));
    await until(next.id, 'succeeded');
    expect(manager.get(job.id).state).toBe('cancelled');
    expect(bugs).toEqual([]);
    await manager.close();
  });

  it('never says that it is ready is ended after a minute', async () => {
    const clock = new ManualClock();
    const killed: string[] = [];
    let exited: (exit: { code: number | null; signal: string | null }) => void = () => undefined;
    const { manager } = await startManager({
      clock,
      launcher: {
        launch: () => ({
          pid: undefined,
          send: () => undefined,
          onMessage: () => undefined,
          onErrorText: () => undefined,
          onExit: (listener) => (exited = listener),
          kill: (signal) => (killed.push(signal), exited({ code: null, signal })),
        }),
      },
    });
    const job = manager.submit(trainSpec());
    await expect.poll(() => manager.get(job.id).state).toBe('starting');
    clock.advance(59_999);
    expect(killed).toEqual([]);
    clock.advance(1);
    expect(killed).toEqual(['SIGKILL']);
    expect(manager.get(job.id)).toMatchObject({
      state: 'failed',
      error: { message: 'The worker was ended: it did not start within 60 seconds.' },
    });
    await manager.close();
  });

  it('floods its host costs it neither memory nor the job', { timeout: 120_000 }, async () => {
    const { manager, until, log, bugs } = await startManager();
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const job = manager.submit(trainSpec({ name: 'floods' }));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
    await until(job.id, 'running');
    await until(job.id, 'failed');
    clearInterval(watch);
    expect(manager.get(job.id).error?.message).toBe('the flood is over');
    expect(most - before).toBeLessThan(100 << 20);
    expect(log.some((line) => /\d+ messages came too fast/.test(line))).toBe(true);
    expect(bugs).toEqual([]);
    await manager.close();
  });
});
