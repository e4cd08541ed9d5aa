import * as v from 'valibot';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Client } from '../../shared/contract/connect.ts';
import { operation, topic } from '../../shared/contract/define.ts';
import type { ServerFrame } from '../../shared/contract/frames.ts';
import { joinHandlers, serve, type Handlers } from '../../shared/contract/serve.ts';
import { Topics } from '../../shared/contract/topics.ts';
import { AppError, type ErrorCode } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { linkMakers, type Link } from './transports.ts';

const contract = {
  echo: operation(v.strictObject({ value: v.string() }), v.object({ value: v.string() })),
  add: operation(
    v.strictObject({ a: v.number(), b: v.optional(v.number(), 10) }),
    v.object({ sum: v.number() }),
  ),
  wait: operation(v.strictObject({}), v.null()),
  ignoreCancel: operation(v.strictObject({}), v.null()),
  lie: operation(v.strictObject({}), v.object({ sum: v.number() })),
  crash: operation(v.strictObject({}), v.null()),
  refuse: operation(v.strictObject({}), v.null()),
  large: operation(v.strictObject({ bytes: v.number() }), v.string()),
  unwritable: operation(v.strictObject({}), v.unknown()),
  ticks: topic(v.strictObject({ clock: v.string() }), v.object({ tick: v.number() })),
};
type TestContract = typeof contract;

const logged: { id: string; error: unknown }[] = [];
const waiting = { started: 0, aborted: 0 };
let release: (() => void)[] = [];

const handlers: Handlers<TestContract> = {
  echo: ({ value }) => Promise.resolve({ value }),
  add: ({ a, b }) => Promise.resolve({ sum: a + b }),
  wait: (_input, { signal }) =>
    new Promise((resolve, reject) => {
      waiting.started++;
      release.push(() => resolve(null));
      signal.addEventListener('abort', () => {
        waiting.aborted++;
        reject(signal.reason as Error);
      });
    }),
  ignoreCancel: () => new Promise((resolve) => release.push(() => resolve(null))),
  lie: () => Promise.resolve({ sum: 'three' as unknown as number }),
  crash: () => {
    throw new TypeError('secret internals');
  },
  refuse: () =>
    Promise.reject(new AppError('disk-full', 'The disk is full.', { file: '/a', free: 0 })),
  large: ({ bytes }) => Promise.resolve('x'.repeat(bytes)),
  unwritable: () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    return Promise.resolve(circle);
  },
};

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  return error;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((done) => setTimeout(done, 1));
  expect(condition()).toBe(true);
}

const call = (id: number, name: string, input: unknown = {}) =>
  JSON.stringify({ type: 'call', id, operation: name, input });

describe.each(linkMakers.map((make) => [make().name, make] as const))(
  'over a %s',
  (_name, make) => {
    const maker = make();
    let topics: Topics<TestContract>;
    let link: Link;
    let client: Client<TestContract>;

    beforeEach(async () => {
      logged.length = 0;
      release = [];
      waiting.started = waiting.aborted = 0;
      topics = new Topics(contract, { keep: 8 });
      link = await open();
      client = connect(contract, link.client);
    });
    afterEach(() => client.close());
    afterAll(() => maker.close());

    async function open(): Promise<Link> {
      const opened = await maker.make();
      serve(contract, { handlers, topics }, opened.server, (id, _operation, error) =>
        logged.push({ id, error }),
      );
      return opened;
    }

    /** A connection without a client: frames in, frames out. */
    async function bare() {
      const opened = await open();
      const answers: ServerFrame[] = [];
      opened.client.onFrame((frame) => answers.push(JSON.parse(frame as string) as ServerFrame));
      return { ...opened, answers };
    }

    it('answers a call', async () => {
      expect(await client.call('echo', { value: 'ünïcödé \u2028' })).toEqual({
        value: 'ünïcödé \u2028',
      });
    });

    it('fills in defaults of the input', async () => {
      expect(await client.call('add', { a: 1 })).toEqual({ sum: 11 });
    });

    it.each<[string, string, unknown, ErrorCode]>([
      ['a missing field', 'echo', {}, 'bad-input'],
      ['a field of the wrong type', 'echo', { value: 3 }, 'bad-input'],
      ['an extra field', 'echo', { value: 'a', more: 1 }, 'bad-input'],
      ['no input', 'echo', null, 'bad-input'],
      ['an unknown operation', 'nothing', {}, 'unknown-operation'],
      ['the operation __proto__', '__proto__', {}, 'unknown-operation'],
      ['the operation constructor', 'constructor', {}, 'unknown-operation'],
      ['the operation toString', 'toString', {}, 'unknown-operation'],
      ['a topic called as an operation', 'ticks', { clock: 'a' }, 'unknown-operation'],
      ['an answer that breaks the contract', 'lie', {}, 'bad-output'],
      ['an answer that is not JSON', 'unwritable', {}, 'bad-output'],
      ['an answer larger than a frame', 'large', { bytes: limits.frameBytes + 1 }, 'too-large'],
      [
        'a question larger than a frame',
        'echo',
        { value: 'x'.repeat(limits.frameBytes) },
        'too-large',
      ],
    ])('settles %s with a typed error', async (_case, name, input, code) => {
      const error = await failure(client.call(name as 'echo', input as { value: string }));
      expect(error.code).toBe(code);
    });

    it('carries the code, sentence and details of an expected failure', async () => {
      const error = await failure(client.call('refuse', {}));
      expect(error.toJSON()).toEqual({
        code: 'disk-full',
        message: 'The disk is full.',
        details: { file: '/a', free: 0 },
      });
    });

    it('keeps the stack of a bug in the log, under the id that the user is given', async () => {
      const error = await failure(client.call('crash', {}));
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain('secret');
      expect(logged).toHaveLength(1);
      expect(logged[0]!.id).toBe(error.details['id']);
      expect((logged[0]!.error as Error).stack).toContain('secret internals');
    });

    it('does not send a call that was cancelled before', async () => {
      const error = await failure(client.call('wait', {}, { signal: AbortSignal.abort() }));
      expect(error.code).toBe('cancelled');
      await client.call('add', { a: 1 });
      expect(waiting.started).toBe(0);
    });

    it('cancels a call that is under way', async () => {
      const abort = new AbortController();
      const result = failure(client.call('wait', {}, { signal: abort.signal }));
      await until(() => waiting.started === 1);
      abort.abort();
      expect((await result).code).toBe('cancelled');
      await until(() => waiting.aborted === 1);
    });

    it('settles a cancelled call whose handler does not heed the signal', async () => {
      const { raw, answers } = await bare();
      raw(call(1, 'ignoreCancel'));
      raw(JSON.stringify({ type: 'cancel', id: 1 }));
      await until(() => answers.length === 1);
      expect(answers[0]).toMatchObject({ type: 'error', id: 1, error: { code: 'cancelled' } });
      release[0]!();
      raw(call(2, 'add', { a: 1 }));
      await until(() => answers.length === 2);
      expect(answers[1]).toMatchObject({ id: 2, value: { sum: 11 } });
    });

    it('takes no notice of a cancel after the answer', async () => {
      const abort = new AbortController();
      await client.call('add', { a: 1 }, { signal: abort.signal });
      abort.abort();
      link.raw(JSON.stringify({ type: 'cancel', id: 1 }));
      expect(await client.call('add', { a: 2 })).toEqual({ sum: 12 });
    });

    it('gives up a call after its timeout, and tells the host', async () => {
      const error = await failure(client.call('wait', {}, { timeout: 20 }));
      expect(error.code).toBe('timeout');
      await until(() => waiting.aborted === 1);
    });

    it('settles calls when the host closes the connection', async () => {
      const result = failure(client.call('wait', {}));
      await until(() => waiting.started === 1);
      link.server.close();
      expect((await result).code).toBe('closed');
      expect((await failure(client.call('add', { a: 1 }))).code).toBe('closed');
    });

    it('aborts the handlers of a client that goes away', async () => {
      const result = failure(client.call('wait', {}));
      await until(() => waiting.started === 1);
      client.close();
      expect((await result).code).toBe('closed');
      await until(() => waiting.aborted === 1);
    });

    it('answers ten thousand calls at once, each with its own result', async () => {
      const sums = await Promise.all(
        Array.from({ length: 10_000 }, (_, a) => client.call('add', { a, b: 0 })),
      );
      expect(sums.every(({ sum }, a) => sum === a)).toBe(true);
    });

    it('refuses an id in use without touching the call that has it', async () => {
      const { raw, answers } = await bare();
      raw(call(7, 'wait'));
      raw(call(7, 'add', { a: 1 }));
      await until(() => answers.length === 1);
      expect(answers[0]).toMatchObject({ type: 'refused', error: { code: 'bad-input' } });
      release[0]!();
      await until(() => answers.length === 2);
      expect(answers[1]).toEqual({ type: 'result', id: 7, value: null });
    });

    it.each<[string, string, ErrorCode]>([
      ['a frame over the limit', `"${'x'.repeat(limits.frameBytes)}"`, 'too-large'],
      ['text that is not JSON', '{"type":', 'bad-input'],
      ['a frame of no known type', '{"type":"evil","id":1}', 'bad-input'],
      ['a frame with extra fields', '{"type":"cancel","id":1,"more":2}', 'bad-input'],
      ['an id that is not a number', '{"type":"cancel","id":"1"}', 'bad-input'],
      ['brackets a million deep', '['.repeat(500_000) + ']'.repeat(500_000), 'bad-input'],
    ])('refuses %s', async (_case, frame, code) => {
      const { raw, answers } = await bare();
      raw(frame);
      await until(() => answers.length === 1);
      expect(answers[0]).toMatchObject({ type: 'refused', error: { code } });
    });

    it('numbers events and gives them to each follower in order', async () => {
      const seen: number[] = [];
      const stop = client.subscribe(
        'ticks',
        { clock: 'a' },
        { event: ({ tick }) => seen.push(tick), missed: () => seen.push(-1) },
      );
      await client.call('add', { a: 1 });
      for (let tick = 0; tick < 5; tick++) topics.publish('ticks', { clock: 'a' }, { tick });
      topics.publish('ticks', { clock: 'b' }, { tick: 99 });
      await until(() => seen.length === 5);
      expect(seen).toEqual([0, 1, 2, 3, 4]);
      stop();
      await client.call('add', { a: 1 });
      topics.publish('ticks', { clock: 'a' }, { tick: 5 });
      await client.call('add', { a: 1 });
      expect(seen).toHaveLength(5);
    });

    it('gives a client that comes back what it missed', async () => {
      const seen: number[] = [];
      let missed = 0;
      client.subscribe(
        'ticks',
        { clock: 'a' },
        { event: ({ tick }) => seen.push(tick), missed: () => missed++ },
      );
      await client.call('add', { a: 1 });
      topics.publish('ticks', { clock: 'a' }, { tick: 1 });
      await until(() => seen.length === 1);
      link.server.close();
      await until(() => !client.isOpen);
      topics.publish('ticks', { clock: 'a' }, { tick: 2 });
      topics.publish('ticks', { clock: 'a' }, { tick: 3 });
      client.reconnect((await open()).client);
      await until(() => seen.length === 3);
      topics.publish('ticks', { clock: 'a' }, { tick: 4 });
      await until(() => seen.length === 4);
      expect({ seen, missed }).toEqual({ seen: [1, 2, 3, 4], missed: 0 });
    });

    it.each([
      ['was away too long', false],
      ['comes back to another host', true],
    ])('tells a client that %s to read again', async (_case, another) => {
      const seen: number[] = [];
      let missed = 0;
      client.subscribe(
        'ticks',
        { clock: 'a' },
        { event: ({ tick }) => seen.push(tick), missed: () => missed++ },
      );
      await client.call('add', { a: 1 });
      topics.publish('ticks', { clock: 'a' }, { tick: 0 });
      await until(() => seen.length === 1);
      link.server.close();
      await until(() => !client.isOpen);
      if (another) topics = new Topics(contract);
      for (let tick = 1; tick < 40; tick++) topics.publish('ticks', { clock: 'a' }, { tick });
      client.reconnect((await open()).client);
      await until(() => missed === 1);
      topics.publish('ticks', { clock: 'a' }, { tick: 40 });
      await until(() => seen.length === 2);
      expect(seen).toEqual([0, 40]);
    });

    it('refuses to follow what is not a topic', async () => {
      const { raw, answers } = await bare();
      const subscribe = (id: number, name: string, params: unknown) =>
        raw(JSON.stringify({ type: 'subscribe', id, topic: name, params, after: null }));
      subscribe(1, 'add', {});
      subscribe(2, '__proto__', {});
      subscribe(3, 'ticks', { clock: 4 });
      await until(() => answers.length === 3);
      expect(answers.map((frame) => 'error' in frame && frame.error.code)).toEqual([
        'unknown-operation',
        'unknown-operation',
        'bad-input',
      ]);
    });

    it('lives through a client that is told an event too large for a frame', async () => {
      const wide = { pages: topic(v.strictObject({}), v.string()) };
      const wideTopics = new Topics(wide);
      const opened = await maker.make();
      serve(wide, { handlers: {}, topics: wideTopics }, opened.server, () => undefined);
      let missed = 0;
      const wideClient = connect(wide, opened.client);
      const seen: string[] = [];
      wideClient.subscribe(
        'pages',
        {},
        { event: (page) => seen.push(page), missed: () => missed++ },
      );
      await failure(wideClient.call('none' as never, {} as never));
      wideTopics.publish('pages', {}, 'x'.repeat(limits.frameBytes));
      wideTopics.publish('pages', {}, 'small');
      await until(() => seen.length === 1);
      expect({ seen, missed }).toEqual({ seen: ['small'], missed: 1 });
      wideClient.close();
    });
  },
);

describe('registration', () => {
  const group = { echo: handlers.echo };

  it('throws at the start for an operation that is handled twice', () => {
    expect(() => joinHandlers(contract, [handlers, group])).toThrow("'echo' is registered twice");
  });

  it('throws at the start for an operation without a handler', () => {
    expect(() => joinHandlers(contract, [group])).toThrow('has no handler');
  });

  it('throws at the start for a handler of nothing', () => {
    const extra = { other: () => Promise.resolve(null) } as object;
    expect(() => joinHandlers(contract, [handlers, extra])).toThrow("'other'");
  });

  it('throws for an event that breaks the contract', () => {
    const topics = new Topics(contract);
    const bad = { tick: 'one' as unknown as number };
    expect(() => topics.publish('ticks', { clock: 'a' }, bad)).toThrow(AppError);
  });
});
