import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../main/jobs/clock.ts';
import { QueryService } from '../../../../main/jobs/query-service.ts';
import { ManualClock } from '../../../support/clock.ts';
import { fakeLauncher } from '../../../support/fake-launcher.ts';

function start(clock: ManualClock | typeof systemClock = systemClock): QueryService {
  const service = new QueryService(fakeLauncher(), clock);
  onTestFinished(() => service.close());
  return service;
}

describe('a query', () => {
  it('is answered by one process that is kept', async () => {
    const service = start();
    expect(await service.ask('double', 21)).toBe(42);
    const pids = await Promise.all([service.ask('pid', null), service.ask('pid', null)]);
    expect(new Set(pids).size).toBe(1);
  });

  it.each([
    ['refuse', 'unknown-column', /no column 'x'/],
    ['bug', 'internal', /a bug in the query/],
    ['nothing', 'unknown-operation', /no query 'nothing'/],
    ['__proto__', 'unknown-operation', /no query '__proto__'/],
  ])('that ends in an error (%s) carries its code', async (name, code, words) => {
    const service = start();
    await expect(service.ask(name, null)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    });
    expect(await service.ask('double', 2)).toBe(4);
  });

  it('that crashes its process fails with all that wait for it, and the next one starts another', async () => {
    const service = start();
    const first = await service.ask('pid', null);
    const waiting = service.ask('wait', null);
    const crash = service.ask('crash', null);
    for (const lost of [waiting, crash])
      await expect(lost).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(await service.ask('pid', null)).not.toBe(first);
  });

  it('can be cancelled before, and while it works, without harm to others', async () => {
    const service = start();
    const other = service.ask('block', 300);
    const abort = new AbortController();
    const cancelled = service.ask('wait', null, { signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    await expect(service.ask('double', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await other).toBe('done');
  });

  it('that heeds neither cancel nor anything else has its process replaced after 5 s', async () => {
    const clock = new ManualClock();
    const service = start(clock);
    const first = await service.ask('pid', null);
    const abort = new AbortController();
    const blocked = service.ask('block', 60_000, { signal: abort.signal });
    abort.abort();
    await expect(blocked).rejects.toMatchObject({ code: 'cancelled' });
    clock.advance(5_000);
    expect(await service.ask('pid', null)).not.toBe(first);
  });

  it('is given up after its time', async () => {
    const clock = new ManualClock();
    const service = start(clock);
    const late = service.ask('wait', null, { timeout: 1000 });
    clock.advance(1000);
    await expect(late).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('longer than 1 seconds'),
    });
  });
});
