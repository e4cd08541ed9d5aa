import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../../main/compute/random.ts';
import {
  runStudy,
  type StudyResult,
} from '../../../../../main/compute/regression/stability/run-study.ts';
import { KeptRefits } from '../../../../../main/jobs/worker/kept-refits.ts';
import { tableFromColumns } from '../../../../support/regression.ts';
import { quietControl, stabilitySpec } from '../../../../support/stability.ts';
import { temporaryFolder } from '../../../../support/folders.ts';

const random = new RandomStream(3, 999);
const [a, b, c] = [random.normals(90), random.normals(90), random.normals(90)];
const y = a.map((value, i) => Number(value - b[i]! + 2 * random.uniform() > 1));
const table = tableFromColumns({ a, b, c, y });
const spec = stabilitySpec({ penalty: { kind: 'l1', convention: 'liblinear', strength: 1 } });

/** One attempt that stops after so many tasks, with what it did in a checkpoint; undefined then. */
async function attempt(
  folder: string,
  threads: number,
  tasks: number,
): Promise<StudyResult | undefined> {
  const kept = new KeptRefits(folder, 'hash');
  let left = tasks;
  const pause = async (): Promise<void> => {
    if (left-- > 0) return;
    kept.save();
    throw new Error('stopped by the test');
  };
  try {
    const control = { ...quietControl(threads), pause, keep: kept.next };
    return await runStudy(table, undefined, spec, control);
  } catch (error) {
    if ((error as Error).message !== 'stopped by the test') throw error;
    return undefined;
  }
}

describe('refits that are kept', () => {
  it.each([1, 2, 4])(
    'make a study that stops every %i tasks end like one that never stopped',
    async (tasks) => {
      const expected = await runStudy(table, undefined, spec, quietControl(1));
      const folder = temporaryFolder();
      let attempts = 0;
      let result: StudyResult | undefined;
      // The first pause of an attempt comes before any task, and each thread may finish one more.
      while (result === undefined && attempts < 200)
        result = await attempt(folder, 1 + (attempts++ % 2), 1 + tasks);
      expect(attempts).toBeGreaterThan(1);
      expect(result).toEqual(expected);
    },
    120_000,
  );

  it('are those of the same spec and tables only', async () => {
    const folder = temporaryFolder();
    await attempt(folder, 1, 4);
    expect(new KeptRefits(folder, 'hash').refits).toBeGreaterThan(0);
    expect(new KeptRefits(folder, 'another').refits).toBe(0);
  });

  it('are made again where the checkpoint is damaged', async () => {
    const folder = temporaryFolder();
    await attempt(folder, 1, 4);
    const [step] = readdirSync(folder);
    truncateSync(join(folder, step!, 'refits.safetensors'), 100);
    expect(new KeptRefits(folder, 'hash').refits).toBe(0);
  });

  it('leave nothing behind once the study is written', async () => {
    const folder = temporaryFolder();
    await attempt(folder, 1, 4);
    new KeptRefits(folder, 'hash').remove();
    expect(new KeptRefits(folder, 'hash').refits).toBe(0);
  });
});
