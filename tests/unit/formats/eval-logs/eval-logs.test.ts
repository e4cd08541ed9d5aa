import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { EvalLog } from '../../../../main/formats/eval-logs/eval-log.ts';
import { openEvalLog } from '../../../../main/formats/eval-logs/open-eval-log.ts';
import { zstdFrames } from '../../../../main/formats/zstd-frames.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { missingData, sharedData } from '../../../support/shared-data.ts';

const golden = resolve(import.meta.dirname, '../../../golden/eval-logs');
const real = sharedData('eval-logs');
const missing = real ? '' : ` (${missingData('eval-logs')})`;

function read<T>(path: string, look: (log: EvalLog) => T): T {
  const log = openEvalLog(path);
  try {
    return look(log);
  } finally {
    log.close();
  }
}

function rightIn(name: string): string[] {
  return read(join(golden, name), (log) =>
    [...log.samples()]
      .filter(({ scores }) => scores.get('match') === 1)
      .map(({ id }) => id)
      .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4))),
  );
}

function sums(upTo: number): string[] {
  return Array.from({ length: upTo }, (_, i) => `sum:${i + 1}`);
}

describe('logs that Inspect wrote', () => {
  it('are read under zstd with several frames in a member', () => {
    expect(rightIn('bare.eval')).toEqual(sums(4));
    const { header } = openEvalLog(join(golden, 'bare.eval'));
    expect(header).toMatchObject({ task: 'sums', status: 'success', samples: 12 });
    expect(header.solvers).toEqual([{ name: 'generate', cot: false }]);
  });

  it('are read under deflate and as JSON', () => {
    expect(rightIn('scratchpad.eval')).toEqual(sums(9));
    expect(rightIn('scaffold.json')).toEqual(sums(11).filter((id) => id !== 'sum:2'));
  });

  it('are read where they were never finished, from their journal', () => {
    expect(rightIn('unfinished.eval')).toEqual(sums(4));
    const status = read(join(golden, 'unfinished.eval'), ({ header }) => header.status);
    expect(status).toBe('started');
  });

  it('tell errors, metadata and who had room to think', () => {
    read(join(golden, 'scaffold.json'), (log) => {
      const samples = new Map([...log.samples()].map((sample) => [sample.id, sample]));
      expect(samples.get('sum:2')!.error).toContain("the tool's server is away");
      expect(samples.get('sum:3')!.metadata).toEqual({ family: 'f1' });
      expect(samples.get('sum:3')!.signs).toMatchObject({ toolCalls: 1, assistantTurns: 2 });
    });
    read(join(golden, 'planted.eval'), (log) => {
      const samples = new Map([...log.samples()].map((sample) => [sample.id, sample]));
      expect(samples.get('sum:3')!.signs).toMatchObject({ reasoningBlocks: 1, redactedBlocks: 0 });
      expect(samples.get('sum:5')!.signs).toMatchObject({ reasoningBlocks: 1, redactedBlocks: 1 });
      expect(samples.get('sum:7')!.reasoningTokens).toBe(64);
      expect(samples.get('sum:1')!.signs).toMatchObject({ reasoningBlocks: 0, assistantTurns: 1 });
    });
  });

  it('give the transcript of one sample, and say which they lack', () => {
    read(join(golden, 'planted.eval'), (log) => {
      const { messages, target } = log.transcript('sum:3', 1);
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
      expect(messages[1]!.parts.map(({ kind }) => kind)).toEqual(['reasoning', 'text']);
      expect(target).toBe('13');
      expect(() => log.transcript('sum:99', 1)).toThrow(/no transcript of sample sum:99/);
    });
  });
});

describe('samples of lm-evaluation-harness', () => {
  const path = join(golden, 'lm-eval/model-a/samples_sums_2025-01-01T00-00-00.jsonl');

  it('have one scorer for each filter, and task and model from their path', () => {
    read(path, ({ header }) => {
      expect(header).toMatchObject({ task: 'sums', model: 'model-a' });
      expect(header.scorers).toEqual(['exact_match,strict-match', 'exact_match,flexible-extract']);
    });
    read(path, (log) => {
      const values = [...log.samples()].map(({ scores }) => scores.get('exact_match,strict-match'));
      expect(values.filter((value) => value === 1)).toHaveLength(3);
      expect(log.transcript('2', 1).messages[0]!.parts[0]!.text).toBe('Q: What is 2 + 1?\nA:');
    });
  });

  it('are refused with the line that is none', () => {
    const file = join(temporaryFolder(), 'samples_x.jsonl');
    writeFileSync(file, '{"doc_id": 1, "doc": {}, "acc": 1}\n{"doc_id": 2, "acc": \n');
    expect(() => read(file, (log) => [...log.samples()])).toThrow(/line 2/);
    writeFileSync(file, '{"id": 1}\n');
    expect(() => openEvalLog(file)).toThrow(/line 1 has no doc_id/);
  });
});

describe('hostile logs', () => {
  it('are refused with file and place wherever they are cut off', () => {
    for (const name of ['bare.eval', 'scratchpad.eval', 'scaffold.json']) {
      const bytes = readFileSync(join(golden, name));
      const file = join(temporaryFolder(), name);
      for (let part = 0; part < 12; part++) {
        writeFileSync(file, bytes.subarray(0, Math.floor((bytes.length * part) / 12)));
        expect(() => read(file, (log) => [...log.samples()])).toThrow(
          expect.objectContaining({ details: expect.objectContaining({ file }) as unknown }),
        );
      }
    }
  });

  it('are refused or read, but never crash, whatever byte is changed', () => {
    const bytes = readFileSync(join(golden, 'bare.eval'));
    const file = join(temporaryFolder(), 'bare.eval');
    for (let round = 0; round < 300; round++) {
      const changed = Buffer.from(bytes);
      changed[(round * 7919) % changed.length]! ^= 1 << (round % 8);
      writeFileSync(file, changed);
      try {
        read(file, (log) => [...log.samples()].length);
      } catch (error) {
        expect(error).toMatchObject({ name: 'AppError', details: { file } });
      }
    }
  });

  it('that are no logs say so', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.json');
    writeFileSync(file, '{"version": 2, "status": "success"}');
    expect(() => openEvalLog(file)).toThrow(/eval/);
    writeFileSync(file, '{"version": 3, "eval": {"task": "t", "model": "m"}}');
    expect(() => openEvalLog(file)).toThrow(/version 3/);
    writeFileSync(file, '{"version": 2, "version": 2}');
    expect(() => openEvalLog(file)).toThrow(/occurs twice/);
    copyFileSync(file, join(folder, 'a.txt'));
    expect(() => openEvalLog(join(folder, 'a.txt'))).toThrow(/no log of an evaluation/);
    expect(() => openEvalLog(join(folder, 'none.eval'))).toThrow(/does not exist/);
  });

  it('may hold the NaN of Python, which is a missing value', () => {
    const file = join(temporaryFolder(), 'nan.json');
    const sample = '{"id": "NaN", "epoch": 1, "scores": {"s": {"value": NaN}}, "messages": []}';
    const header = '"version": 2, "eval": {"task": "t", "model": "m"}';
    writeFileSync(file, `{${header}, "samples": [${sample}]}`);
    const [found] = read(file, (log) => [...log.samples()]);
    expect(found).toMatchObject({ id: 'NaN' });
    expect(found!.scores.get('s')).toBeNull();
  });
});

describe('frames of zstd', () => {
  it('are found one by one, and those to be skipped are', () => {
    const frames = ['one', '', 'three'.repeat(5000)].map((text) => zstdCompressSync(text));
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    const joined = Buffer.concat([frames[0]!, skipped, frames[1]!, frames[2]!]);
    expect([...zstdFrames(joined)].map(({ length }) => length)).toEqual(
      frames.map(({ length }) => length),
    );
    expect(() => [...zstdFrames(joined.subarray(0, -1))]).toThrow(/too early/);
    expect(() => [...zstdFrames(Buffer.from('nothing'))]).toThrow(/no zstd frame/);
  });
});

describe.skipIf(!real)('the logs of Inspect beside the project', () => {
  it(`are read, with their scores or without${missing}`, () => {
    const folder = real!;
    const scored = read(
      join(folder, '2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval'),
      (log) => [...log.samples()].filter(({ scores }) => scores.get('match') === 1).length,
    );
    expect(scored).toBe(8);
    const without = read(
      join(folder, '2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval'),
      (log) => [...log.samples()].filter(({ scores }) => scores.size > 0).length,
    );
    expect(without).toBe(0);
    read(join(folder, '2025-05-12T20-28-13-04-00_popularity.json'), (log) => {
      expect(log.header.status).toBe('cancelled');
      expect([...log.samples()]).toHaveLength(3);
    });
    read(join(folder, 'log_streaming.eval'), (log) => {
      expect([...log.samples()].map(({ epoch }) => epoch).sort()).toEqual([1, 1, 2, 2]);
    });
  });

  const logs = real ? readdirSync(real).filter((name) => /\.eval$|popularity/.test(name)) : [];
  it.each(logs)('%s has samples that can be told apart, with their transcripts', (name) => {
    read(join(real!, name), (log) => {
      const samples = [...log.samples()];
      expect(samples.length).toBeGreaterThan(0);
      const keys = samples.map(({ id, epoch }) => `${id} ${epoch}`);
      expect(new Set(keys).size).toBe(samples.length);
      for (const { id, epoch } of samples.slice(0, 2))
        expect(log.transcript(id, epoch).messages.length).toBeGreaterThan(0);
    });
  });
});
