import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../../main/compute/random.ts';
import type { StabilityDetail } from '../../shared/contract/stability.ts';
import { assay, assayJson } from '../support/cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-stability-'));
  const random = new RandomStream(1, 999);
  const [a, b] = [random.normals(80), random.normals(80)];
  const rows = Array.from(a, (value, i) => {
    const y = Number(value - b[i]! + 2 * random.uniform() > 1);
    return `${value},${b[i]!},${y}`;
  });
  writeFileSync(join(folder, 'table.csv'), ['a,b,y', ...rows].join('\n'));
  const spec = {
    kind: 'stability',
    name: 'small',
    table: 'table.csv',
    secondTable: 'table.csv',
    formula: 'y ~ a + b',
    subsets: 10,
    splits: { refits: 10 },
    dropOne: 2,
    bootstrap: 10,
    selection: { refits: 4 },
    power: { refits: 4 },
  };
  writeFileSync(join(folder, 'study.json'), JSON.stringify(spec));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('runs a study as a job, keeps it, shows it and reports it', async () => {
  const run = await assayJson<{ studies: string[] }>([
    'run',
    join(folder, 'study.json'),
    '--project',
    folder,
  ]);
  expect(run.code, run.stderr).toBe(0);
  const [id] = run.document.studies;
  const shown = await assayJson<StabilityDetail>(['show', id!, '--project', folder]);
  expect(shown.document.modes.map(({ refits }) => refits)).toEqual([10, 10, 10]);
  expect(shown.document.spec.seed).toBe(0);
  expect(shown.document.secondTable!.terms.map(({ z, outcome }) => [z, outcome])).toEqual([
    [0, 'same'],
    [0, 'same'],
  ]);
  const out = join(folder, 'report.html');
  const report = await assay(['report', id!, '--project', folder, '--out', out]);
  expect(report.code, report.stderr).toBe(0);
});

it('refuses a template over a table that lacks its columns', async () => {
  const words = ['regress', join(folder, 'table.csv'), '--template', 'maze', '--project', folder];
  const { code, stderr } = await assay(words);
  expect(code).not.toBe(0);
  expect(stderr).toContain('got_cheese');
});
