import { fork } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { loadNewestCheckpoint, saveCheckpoint } from '../../main/jobs/checkpoint.ts';
import { AppError } from '../../shared/errors.ts';
import { injectFault, type Fault } from '../support/file-faults.ts';
import { temporaryFolder } from '../support/folders.ts';

const script = join(import.meta.dirname, '../support/killed-checkpoint.ts');

interface Killed {
  /** The last step that the process said was saved. */
  readonly acknowledged: number;
  readonly operations: number | undefined;
}

function saveInChild(folder: string, at: number): Promise<Killed> {
  const child = fork(script, [folder, String(at)]);
  let acknowledged = 0;
  let operations: number | undefined;
  child.on('message', (message: number | { operations: number }) => {
    if (typeof message === 'number') acknowledged = message;
    else operations = message.operations;
  });
  return new Promise((resolve) => {
    let exited = false;
    const done = () => exited && !child.connected && resolve({ acknowledged, operations });
    child.on('exit', () => ((exited = true), done()));
    child.on('disconnect', done);
  });
}

/** The step that a checkpoint was made at, as told by each of its parts; they must agree. */
function loadedStep(folder: string): number {
  const checkpoint = loadNewestCheckpoint(folder, 'spec');
  if (!checkpoint) return 0;
  const steps = new Set([checkpoint.step, checkpoint.cursor['step']]);
  for (const name of ['weights', 'moments']) {
    const reader = openSafetensors(checkpoint.path(`${name}.safetensors`));
    for (const value of reader.floats(name)) steps.add(value);
    reader.close();
  }
  expect([...steps]).toEqual([checkpoint.step]);
  return checkpoint.step;
}

/**
 * Test plan A3. The points of death are every file operation of the last of three checkpoints, and
 * every third of the two before.
 */
describe('a process killed while it writes checkpoints', () => {
  it('leaves the newest one that it told of, or the next, wherever it is killed', async () => {
    const { operations } = await saveInChild(temporaryFolder(), 0);
    expect(operations).toBeGreaterThan(36);
    const points = Array.from({ length: operations! }, (_, i) => i + 1).filter(
      (at) => at % 3 === 0 || at > (2 * operations!) / 3,
    );
    const next = async () => {
      for (let at = points.shift(); at !== undefined; at = points.shift()) {
        const folder = temporaryFolder();
        const { acknowledged } = await saveInChild(folder, at);
        expect([acknowledged, acknowledged + 10]).toContain(loadedStep(folder));
      }
    };
    await Promise.all([next(), next()]);
  });
});

function save(folder: string, step: number): void {
  saveCheckpoint(folder, {
    step,
    specHash: 'spec',
    cursor: { step },
    write(target) {
      const data = new Float32Array(500).fill(step);
      for (const name of ['weights', 'moments'])
        writeSafetensors(join(target, `${name}.safetensors`), [{ name, shape: [500], data }]);
    },
  });
}

/** Test plan A4 for checkpoints: every file operation fails in each way, and then no more. */
describe('a checkpoint while file operations fail', () => {
  const faults: Fault[] = ['ENOSPC', 'EIO', 'EACCES', 'short write'];

  it.each(faults)(
    'of %s keeps the old one or makes the new one, and the next try works',
    (fault) => {
      for (let at = 1; ; at++) {
        const folder = join(temporaryFolder(), 'checkpoints');
        mkdirSync(folder);
        save(folder, 10);
        const injected = injectFault(fault, at);
        let error: unknown;
        try {
          save(folder, 20);
        } catch (caught) {
          error = caught;
        } finally {
          injected.restore();
        }
        if (!injected.happened && fault !== 'short write') break;
        if (error !== undefined) expect(error).toBeInstanceOf(AppError);
        if (error !== undefined && fault === 'ENOSPC')
          expect(error).toMatchObject({ code: 'disk-full' });
        expect([10, 20]).toContain(loadedStep(folder));
        if (error === undefined) expect(loadedStep(folder)).toBe(20);
        save(folder, 30);
        expect(loadedStep(folder)).toBe(30);
        expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
        if (at > injected.count) break;
      }
    },
  );

  it('of a disk that stays full leaves no half checkpoint behind', () => {
    const folder = temporaryFolder();
    save(folder, 10);
    const injected = injectFault('ENOSPC', 3, true);
    try {
      expect(() => save(folder, 20)).toThrow(
        expect.objectContaining({ code: 'disk-full' }) as Error,
      );
    } finally {
      injected.restore();
    }
    expect(readdirSync(folder)).toEqual(['step-00000010']);
  });
});
