import { describe, expect, it } from 'vitest';
import { JobControl } from '../../../../main/jobs/control.ts';
import type { FromWorker } from '../../../../main/jobs/protocol.ts';
import { AppError } from '../../../../shared/errors.ts';
import { ManualClock } from '../../../support/clock.ts';

function start() {
  const sent: FromWorker[] = [];
  const clock = new ManualClock();
  const control = new JobControl((message) => sent.push(message), clock);
  return { sent, clock, control, types: () => sent.map(({ type }) => type) };
}

const later = () => new Promise((done) => setTimeout(done, 5));

describe('the control of a job', () => {
  it('lets it go on when nothing was asked', async () => {
    const { control, sent } = start();
    expect(await control.next()).toBe('continue');
    expect(sent).toEqual([]);
  });

  it('hears a message that comes while the job works', async () => {
    const { control } = start();
    setImmediate(() => control.receive({ type: 'cancel' }));
    expect(await control.next()).toBe('stop');
    expect(control.stopRequested).toBe(true);
  });

  it('asks for a checkpoint once', async () => {
    const { control } = start();
    control.receive({ type: 'checkpoint' });
    expect([await control.next(), await control.next()]).toEqual(['checkpoint', 'continue']);
  });

  it('stands still from pause to resume, and says both once', async () => {
    const { control, types } = start();
    control.receive({ type: 'pause' });
    let order: string | undefined;
    const next = control.next().then((value) => (order = value));
    await later();
    expect({ order, sent: types() }).toEqual({ order: undefined, sent: ['paused'] });
    control.receive({ type: 'resume' });
    await next;
    expect({ order, sent: types() }).toEqual({ order: 'continue', sent: ['paused', 'resumed'] });
  });

  it('writes a checkpoint during a pause and stays paused', async () => {
    const { control, types } = start();
    control.receive({ type: 'pause' });
    const first = control.next();
    await later();
    control.receive({ type: 'checkpoint' });
    expect(await first).toBe('checkpoint');
    let second: string | undefined;
    const next = control.next().then((value) => (second = value));
    await later();
    expect({ second, sent: types() }).toEqual({ second: undefined, sent: ['paused'] });
    control.receive({ type: 'cancel' });
    await next;
    expect(second).toBe('stop');
  });

  it('pauses on a full disk and tries again after a resume', async () => {
    const { control, sent, types } = start();
    let full = true;
    let written = 0;
    const work = control.retrying(() => {
      if (full) throw new AppError('disk-full', 'No room.');
      written++;
    });
    await later();
    expect(sent).toMatchObject([{ type: 'paused', error: { code: 'disk-full' } }]);
    control.receive({ type: 'resume' });
    await later();
    expect(types()).toEqual(['paused', 'resumed', 'paused']);
    full = false;
    control.receive({ type: 'resume' });
    await work;
    expect(written).toBe(1);
  });

  it('gives up on a full disk when the job is cancelled', async () => {
    const { control } = start();
    const work = control.retrying(() => {
      throw new AppError('disk-full', 'No room.');
    });
    await later();
    control.receive({ type: 'cancel' });
    await expect(work).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('does not retry what is not a full disk', async () => {
    const { control } = start();
    const work = control.retrying(() => {
      throw new TypeError('a bug');
    });
    await expect(work).rejects.toThrow('a bug');
  });
});

describe('progress', () => {
  it('is told at most ten times a second, and at the start and the end of a phase', () => {
    const { control, clock, sent } = start();
    for (let done = 1; done <= 1000; done++) {
      clock.advance(1);
      control.progress('training', done, 1000, 'steps');
    }
    expect(sent).toHaveLength(11);
    expect(sent.at(-1)).toMatchObject({ progress: { done: 1000, total: 1000 } });
    control.progress('evaluating', 0, 10, 'sequences');
    expect(sent.at(-1)).toMatchObject({ progress: { phase: 'evaluating', rate: null } });
  });

  it('carries rate and remaining time over the last seconds', () => {
    const { control, clock, sent } = start();
    for (let i = 1; i <= 300; i++) {
      clock.advance(100);
      // Ten times faster in the second half.
      control.progress('training', i <= 150 ? i : 150 + 10 * (i - 150), 10_000, 'tokens');
    }
    const last = sent.at(-1);
    expect(last).toMatchObject({ progress: { rate: 100 } });
    expect(last?.type === 'progress' && last.progress.remainingSeconds).toBeCloseTo(83.5, 6);
  });

  it('goes on when the clock is set back', () => {
    const { control, clock, sent } = start();
    control.progress('training', 1, 1000, 'steps');
    clock.set(clock.now() - 60 * 60 * 1000);
    control.progress('training', 2, 1000, 'steps');
    expect(sent).toHaveLength(2);
    for (let done = 3; done <= 20; done++) {
      clock.advance(100);
      control.progress('training', done, 1000, 'steps');
    }
    expect(sent.at(-1)).toMatchObject({ progress: { rate: 10 } });
  });

  it('does not count a pause as slowness', async () => {
    const { control, clock, sent } = start();
    const work = (from: number) => {
      for (let i = 0; i < 20; i++) {
        clock.advance(100);
        control.progress('training', from + i, 1000, 'steps');
      }
    };
    work(0);
    control.receive({ type: 'pause' });
    const next = control.next();
    await later();
    clock.advance(3_600_000);
    control.receive({ type: 'resume' });
    await next;
    work(20);
    expect(sent.at(-1)).toMatchObject({ progress: { rate: 10 } });
  });
});
