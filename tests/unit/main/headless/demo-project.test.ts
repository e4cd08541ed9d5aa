import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareDemoProject } from '../../../../main/headless/demo-project.ts';
import { temporaryFolder } from '../../../support/folders.ts';

function makeSample(): string {
  const sample = join(temporaryFolder(), 'sample');
  mkdirSync(join(sample, 'model'), { recursive: true });
  writeFileSync(join(sample, 'README.md'), '# A sample\n');
  writeFileSync(join(sample, 'model', 'config.json'), '{}', { mode: 0o444 });
  return sample;
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('the demo project', () => {
  it('is a copy of the sample, made in a new folder', () => {
    const folder = join(temporaryFolder(), 'a', 'demo');
    expect(prepareDemoProject(makeSample(), folder)).toBeNull();
    expect(read(folder, 'README.md')).toBe('# A sample\n');
    expect(read(folder, 'model', 'config.json')).toBe('{}');
  });

  it('keeps its results and what the user added while the sample is the same', () => {
    const sample = makeSample();
    const folder = join(temporaryFolder(), 'demo');
    prepareDemoProject(sample, folder);
    mkdirSync(join(folder, '.assay'));
    writeFileSync(join(folder, '.assay', 'assay.db'), 'results');
    writeFileSync(join(folder, 'mine.yaml'), 'kind: train');
    expect(prepareDemoProject(sample, folder)).toBeNull();
    expect(read(folder, '.assay', 'assay.db')).toBe('results');
    expect(read(folder, 'mine.yaml')).toBe('kind: train');
  });

  it('moves results aside that were made from files it has to replace', () => {
    const sample = makeSample();
    const folder = join(temporaryFolder(), 'demo');
    prepareDemoProject(sample, folder);
    for (const round of [1, 2]) {
      mkdirSync(join(folder, '.assay'));
      writeFileSync(join(folder, '.assay', 'assay.db'), `results ${round}`);
      writeFileSync(join(folder, 'README.md'), `# A sample\nchanged ${round}`);
      const aside = prepareDemoProject(sample, folder);
      expect(aside).toBe(join(folder, `.assay-before-${round}`));
      expect(read(aside!, 'assay.db')).toBe(`results ${round}`);
      expect(read(folder, 'README.md')).toBe('# A sample\n');
    }
  });

  it('mends a copy that was interrupted, even one with a write-protected file', () => {
    const sample = makeSample();
    const folder = join(temporaryFolder(), 'demo');
    mkdirSync(join(folder, 'model'), { recursive: true });
    writeFileSync(join(folder, 'README.md'), '# A sample\n');
    writeFileSync(join(folder, 'model', 'config.json'), '{', { mode: 0o444 });
    prepareDemoProject(sample, folder);
    expect(read(folder, 'model', 'config.json')).toBe('{}');
  });

  it('refuses a folder that holds something else, and leaves it alone', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'README.md'), '# My thesis\n');
    expect(() => prepareDemoProject(makeSample(), folder)).toThrow(
      /holds something other than the demo/,
    );
    expect(read(folder, 'README.md')).toBe('# My thesis\n');
  });

  it('says where the sample is missing', () => {
    expect(() => prepareDemoProject('/nowhere/sample', temporaryFolder())).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });
});
