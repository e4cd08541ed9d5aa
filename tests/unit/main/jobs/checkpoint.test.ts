import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadNewestCheckpoint,
  newestStep,
  saveCheckpoint,
} from '../../../../main/jobs/checkpoint.ts';
import { temporaryFolder } from '../../../support/folders.ts';

function save(folder: string, step: number, specHash = 'spec') {
  saveCheckpoint(folder, {
    step,
    specHash,
    cursor: { sequences: 10 * step },
    write: (target) => {
      writeFileSync(join(target, 'weights.bin'), `weights of step ${step}`);
      writeFileSync(join(target, 'moments.bin'), `moments of step ${step}`);
    },
  });
}

const content = (folder: string) => {
  const checkpoint = loadNewestCheckpoint(folder, 'spec');
  return checkpoint && readFileSync(checkpoint.path('weights.bin'), 'utf8');
};
const file = (folder: string, step: number, name: string) =>
  join(folder, `step-${String(step).padStart(8, '0')}`, name);

describe('checkpoints', () => {
  it('come back with their step, cursor and files', () => {
    const folder = join(temporaryFolder(), 'checkpoints');
    save(folder, 30);
    const checkpoint = loadNewestCheckpoint(folder, 'spec')!;
    expect({ ...checkpoint }).toMatchObject({ step: 30, cursor: { sequences: 300 } });
    expect(content(folder)).toBe('weights of step 30');
  });

  it('are the two newest, whatever came before', () => {
    const folder = temporaryFolder();
    for (const step of [10, 20, 9_999, 10_000_000_00]) save(folder, step);
    expect(readdirSync(folder).sort()).toEqual(['step-00009999', 'step-1000000000']);
    expect(newestStep(folder)).toBe(1_000_000_000);
  });

  it.each([
    ['a changed byte', (path: string) => writeFileSync(path, 'Weights of step 20')],
    ['a truncated file', (path: string) => writeFileSync(path, 'weights')],
    ['an empty file', (path: string) => writeFileSync(path, '')],
  ])('fall back to the older one on %s', (_case, damage) => {
    const folder = temporaryFolder();
    save(folder, 10);
    save(folder, 20);
    damage(file(folder, 20, 'weights.bin'));
    expect(content(folder)).toBe('weights of step 10');
  });

  it.each(['', '{', '[]', '{"version":2}', '{"version":1,"step":20}'])(
    'fall back to the older one when the manifest says %j',
    (manifest) => {
      const folder = temporaryFolder();
      save(folder, 10);
      save(folder, 20);
      writeFileSync(file(folder, 20, 'manifest.json'), manifest);
      expect(content(folder)).toBe('weights of step 10');
    },
  );

  it('are none where both are damaged', () => {
    const folder = temporaryFolder();
    for (const step of [10, 20]) {
      save(folder, step);
      writeFileSync(file(folder, step, 'weights.bin'), 'x');
    }
    expect(loadNewestCheckpoint(folder, 'spec')).toBeUndefined();
  });

  it('never continue the work of another spec', () => {
    const folder = temporaryFolder();
    save(folder, 10, 'another');
    expect(content(folder)).toBeUndefined();
  });

  it('take no notice of one that was not finished, and tidy it up', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'step-00000099.tmp'), { recursive: true });
    save(folder, 10);
    expect(existsSync(join(folder, 'step-00000099.tmp'))).toBe(false);
    expect(newestStep(folder)).toBe(10);
  });

  it('can be written again at the same step', () => {
    const folder = temporaryFolder();
    save(folder, 10);
    save(folder, 10);
    expect(content(folder)).toBe('weights of step 10');
  });

  it('that cannot be written leave nothing behind', () => {
    const folder = temporaryFolder();
    save(folder, 10);
    const write = () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    expect(() => saveCheckpoint(folder, { step: 20, specHash: 'spec', cursor: {}, write })).toThrow(
      expect.objectContaining({ code: 'disk-full' }) as Error,
    );
    expect(readdirSync(folder)).toEqual(['step-00000010']);
  });

  it('are none in a folder that is not there', () => {
    expect(loadNewestCheckpoint(join(temporaryFolder(), 'none'), 'spec')).toBeUndefined();
    expect(newestStep(join(temporaryFolder(), 'none'))).toBeNull();
  });
});
