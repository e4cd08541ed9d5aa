import { writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { finish } from '../../../../../../main/compute/steps.ts';
import { compareLogs } from '../../../../../../main/jobs/worker/evaluations/compare-logs.ts';
import { evaluationSpecSchema } from '../../../../../../shared/domain/evaluation.ts';
import { temporaryFolder } from '../../../../../support/folders.ts';

const golden = resolve(import.meta.dirname, '../../../../../golden/eval-logs');

type Logs = [path: string, condition: string][];

function compare(logs: Logs, rest: Record<string, unknown> = {}) {
  const spec = v.parse(evaluationSpecSchema, {
    name: 'test',
    logs: logs.map(([path, condition]) => ({ path, condition })),
    ...rest,
  });
  return finish(compareLogs(spec, (path) => (isAbsolute(path) ? path : join(golden, path))));
}

interface Sample {
  id: string;
  epoch?: number;
  value?: unknown;
  error?: string;
  limit?: string;
  input?: string;
  family?: string;
}

/** An Inspect log of what is given; answers its path. */
function writeLog(samples: readonly Sample[], created = '2025-01-01T00:00:00'): string {
  const file = join(temporaryFolder(), 'log.json');
  const log = {
    version: 2,
    status: 'success',
    eval: { task: 't', model: 'm', created },
    samples: samples.map(({ id, epoch = 1, value, error, limit, input = `q ${id}`, family }) => ({
      id,
      epoch,
      input,
      target: 'x',
      messages: [],
      scores: value === undefined ? {} : { s: { value } },
      metadata: { family },
      ...(error !== undefined && { error: { message: error } }),
      ...(limit !== undefined && { limit: { type: limit, limit: 1 } }),
    })),
  };
  writeFileSync(file, JSON.stringify(log));
  return file;
}

function messages(detail: { warnings: { message: string }[] }): string {
  return detail.warnings.map(({ message }) => message).join('\n');
}

describe('a comparison of two logs', () => {
  const { detail, items } = compare([
    ['bare.eval', 'no scratchpad'],
    ['scratchpad.eval', 'scratchpad'],
  ]);

  it('pairs by sample: the scratchpad is ahead on five items, nowhere behind', () => {
    const [pair] = detail.pairs;
    expect(pair).toMatchObject({
      first: 'scratchpad',
      second: 'no scratchpad',
      n: 12,
      table: { both: 4, onlyFirst: 5, onlySecond: 0, neither: 3 },
      test: 'exact McNemar',
      discordant: 5,
      differentInput: 0,
    });
    expect(pair!.p).toBeCloseTo(0.0625, 14);
    expect(pair!.midP).toBeCloseTo(0.03125, 14);
    expect(pair!.difference).toBeCloseTo(5 / 12, 15);
    expect(items.map(({ sample }) => sample).sort()).toEqual(
      [5, 6, 7, 8, 9].map((number) => `sum:${number}`),
    );
    expect(items[0]!.cells).toEqual([
      { score: 0, log: 0, epochs: [1] },
      { score: 1, log: 1, epochs: [1] },
    ]);
  });

  it('describes each condition by itself', () => {
    expect(detail.conditions[0]).toMatchObject({ items: 12, successes: 4, intervalKind: 'wilson' });
    expect(detail.scorer).toBe('match');
    expect(detail.isBinary).toBe(true);
  });
});

describe('the check for a secret scratchpad', () => {
  it('flags planted reasoning in a log that claims to have none', () => {
    const { detail } = compare([['planted.eval', 'bare']], { noScratchpad: ['bare'] });
    const [{ signs }] = detail.conditions as [(typeof detail.conditions)[number]];
    expect(signs).toMatchObject({
      checked: 12,
      reasoningBlocks: 2,
      redactedBlocks: 1,
      reasoningTokens: 1,
      any: 3,
    });
    expect(signs.examples.map(({ sample }) => sample)).toEqual(['sum:3', 'sum:5', 'sum:7']);
    expect(detail.warnings[0]).toMatchObject({ concerns: 'bare' });
    expect(detail.warnings[0]!.message).toContain('Secret scratchpad: 3 samples');
  });

  it('flags tools and several turns, and leaves honest logs and other claims alone', () => {
    const scaffold = compare([['scaffold.json', 'bare']], { noScratchpad: ['bare'] }).detail;
    expect(messages(scaffold)).toContain('11 with calls of tools, 11 with more than one turn');
    const honest = compare([['bare.eval', 'bare']], { noScratchpad: ['bare'] }).detail;
    expect(messages(honest)).not.toContain('Secret');
    expect(messages(compare([['planted.eval', 'thinking']]).detail)).not.toContain('Secret');
  });
});

describe('samples that did not end well', () => {
  const log = () =>
    writeLog([
      { id: 'a', value: 'C' },
      { id: 'b', value: 'C', limit: 'token' },
      { id: 'c', error: 'broken' },
      { id: 'd' },
    ]);

  it('are counted, and scored as the rules say', () => {
    const plain = compare([[log(), 'x']]).detail.conditions[0];
    expect(plain).toMatchObject({ samples: 4, errored: 1, limited: 1, unscored: 1 });
    expect(plain).toMatchObject({ items: 2, mean: 1 });
    const strict = { errored: 'wrong', limited: 'wrong' };
    expect(compare([[log(), 'x']], strict).detail.conditions[0]).toMatchObject({
      items: 3,
      mean: 1 / 3,
    });
    const dropped = compare([[log(), 'x']], { limited: 'leave-out' }).detail.conditions[0];
    expect(dropped).toMatchObject({ items: 1 });
  });

  it('of unfinished logs are warned about', () => {
    const { detail } = compare([['unfinished.eval', 'x']]);
    expect(detail.conditions[0]!.items).toBe(12);
    expect(messages(detail)).toContain('did not finish: its status is started');
  });
});

describe('epochs', () => {
  it('are averaged first, and paired only where both have them', () => {
    const first = writeLog([
      { id: 'a', epoch: 1, value: 'C' },
      { id: 'a', epoch: 2, value: 'I' },
      { id: 'b', epoch: 1, value: 'C' },
      { id: 'b', epoch: 2, value: 'C' },
    ]);
    const second = writeLog([
      { id: 'a', epoch: 1, value: 'I' },
      { id: 'b', epoch: 1, value: 'I' },
      { id: 'b', epoch: 2, value: 'C' },
    ]);
    const { detail } = compare([
      [second, 'less'],
      [first, 'more'],
    ]);
    expect(detail.conditions.map(({ mean }) => mean)).toEqual([0.25, 0.75]);
    expect(detail.pairs[0]).toMatchObject({
      n: 2,
      difference: 0.75,
      unmatchedEpochs: 1,
      test: 'paired t',
      table: null,
    });
    expect(detail.pairs[0]!.bootstrap).not.toBeNull();
  });
});

describe('the same sample in two logs of one condition', () => {
  it('is taken from the newer log, whatever the order of the spec', () => {
    const older = writeLog([{ id: 'a', value: 'I' }], '2025-01-01T00:00:00');
    const newer = writeLog([{ id: 'a', value: 'C' }], '2025-01-02T00:00:00');
    for (const logs of [
      [newer, older],
      [older, newer],
    ]) {
      const { detail } = compare(logs.map((path): [string, string] => [path, 'x']));
      expect(detail.conditions[0]).toMatchObject({ items: 1, mean: 1, replaced: 1 });
    }
  });
});

describe('what a reader must be told', () => {
  it('is that nothing succeeded, with the bound in place of 0 %', () => {
    const log = writeLog(Array.from({ length: 30 }, (_, i) => ({ id: String(i), value: 'I' })));
    const [condition] = compare([[log, 'x']]).detail.conditions;
    expect(condition).toMatchObject({ mean: 0, ruleOfThree: 0.1 });
    expect(condition!.upper).toBeCloseTo(1 - 0.05 ** (1 / 30), 12);
  });

  it('is that paired items are not the same question', () => {
    const { detail } = compare([
      [writeLog([{ id: 'a', value: 'I', input: 'one' }]), 'x'],
      [writeLog([{ id: 'a', value: 'C', input: 'other' }]), 'y'],
    ]);
    expect(detail.pairs[0]!.differentInput).toBe(1);
    expect(messages(detail)).toContain('have another question');
  });

  it('is that errors are clustered, and that clusters are few', () => {
    const { detail } = compare(
      [
        ['bare.eval', 'a'],
        ['scratchpad.eval', 'b'],
      ],
      { cluster: 'family' },
    );
    expect(detail.pairs[0]).toMatchObject({ clusters: 6, test: 'clustered t' });
    // Deviations of the differences within the six families: -5/6, -5/6, 7/6 twice, 1/6 and -5/6.
    const squares = [-5, -5, 7, 7, 1, -5].reduce((sum, part) => sum + (part / 6) ** 2, 0);
    expect(detail.pairs[0]!.se).toBeCloseTo(Math.sqrt((squares * 6) / 5) / 12, 14);
    expect(messages(detail)).toContain('There are only 6 clusters');
  });
});

describe('what cannot be compared', () => {
  it('is refused with the scorers that there are', () => {
    expect(() => compare([['bare.eval', 'x']], { scorer: 'other' })).toThrow(
      /No log has values of the scorer 'other'.*bare.eval: match/,
    );
    expect(() => compare([[writeLog([{ id: 'a' }]), 'x']])).toThrow(/No log has scores/);
  });

  it('is told where two logs share no item', () => {
    const { detail } = compare([
      [writeLog([{ id: 'a', value: 1 }]), 'x'],
      [writeLog([{ id: 'b', value: 0 }]), 'y'],
    ]);
    expect(detail.pairs[0]).toMatchObject({
      n: 0,
      difference: null,
      low: null,
      p: null,
      holm: null,
      unpairedFirst: 1,
      unpairedSecond: 1,
    });
  });
});
