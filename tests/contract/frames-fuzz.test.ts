import * as v from 'valibot';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { connect } from '../../shared/contract/connect.ts';
import { operation, topic } from '../../shared/contract/define.ts';
import type { ServerFrame } from '../../shared/contract/frames.ts';
import { serve } from '../../shared/contract/serve.ts';
import { Topics } from '../../shared/contract/topics.ts';
import { linkMakers } from './transports.ts';

const contract = {
  add: operation(v.strictObject({ a: v.number() }), v.number()),
  ticks: topic(v.strictObject({ clock: v.string() }), v.number()),
};
const handlers = { add: ({ a }: { a: number }) => Promise.resolve(a + 1) };
const frames = 10_000;

/** Near misses of frames, JSON of any shape, and plain noise. */
const frameText = fc.oneof(
  fc
    .record(
      {
        type: fc.constantFrom('call', 'cancel', 'subscribe', 'unsubscribe', 'result', '__proto__'),
        id: fc.oneof(fc.nat(50), fc.double(), fc.string(), fc.constant(2 ** 53)),
        operation: fc.constantFrom('add', 'ticks', '__proto__', 'constructor', ''),
        topic: fc.constantFrom('ticks', 'add', '__proto__'),
        input: fc.oneof(fc.record({ a: fc.integer() }), fc.jsonValue()),
        params: fc.oneof(fc.record({ clock: fc.string() }), fc.jsonValue()),
        after: fc.oneof(fc.constant(null), fc.record({ epoch: fc.string(), sequence: fc.nat() })),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ unit: 'binary' }),
);

/** What a message port can carry beside text: cycles, maps, buffers, errors. */
function strangeClones(): unknown[] {
  const circle: Record<string, unknown> = { type: 'call', id: 1, operation: 'add' };
  circle['input'] = circle;
  return [
    circle,
    new Map([['type', 'call']]),
    new ArrayBuffer(8),
    new Error('x'),
    3n,
    null,
    undefined,
  ];
}

describe.each(linkMakers.map((make) => [make().name, make] as const))('over a %s', (name, make) => {
  const maker = make();
  afterAll(() => maker.close());

  it(`lives through ${frames} random frames and still answers`, async () => {
    const link = await maker.make();
    const topics = new Topics(contract);
    const bugs: unknown[] = [];
    serve(contract, { handlers, topics }, link.server, (_id, _operation, error) =>
      bugs.push(error),
    );
    const answers: ServerFrame[] = [];
    link.client.onFrame((frame) => answers.push(JSON.parse(frame as string) as ServerFrame));
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const text of fc.sample(frameText, { numRuns: frames, seed: 20 })) link.raw(text);
    if (name === 'MessagePort') for (const clone of strangeClones()) link.raw(clone);
    link.raw(JSON.stringify({ type: 'call', id: 1_000_000, operation: 'add', input: { a: 1 } }));
    while (!answers.some((frame) => 'id' in frame && frame.id === 1_000_000))
      await new Promise((done) => setTimeout(done, 2));
    expect(answers.at(-1)).toEqual({ type: 'result', id: 1_000_000, value: 2 });
    expect(bugs).toEqual([]);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    link.client.close();
  });

  it('a client lives through a host that sends noise', async () => {
    const link = await maker.make();
    const client = connect(contract, link.client);
    link.server.onFrame((frame) => {
      const { id } = JSON.parse(frame as string) as { id: number };
      for (const text of fc.sample(fc.json(), { numRuns: 500, seed: 3 })) link.server.send(text);
      link.server.send(JSON.stringify({ type: 'result', id, value: 5 }));
    });
    expect(await client.call('add', { a: 4 })).toBe(5);
    client.close();
  });
});
