import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { meanInterval } from '../../shared/stats/mean-interval.ts';
import type { StudyAnswer } from '../../main/headless/print-study.ts';
import { assay, assayJson, startAssay, type CliError } from '../support/cli.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const target = 12;
const spec = tinySpec({
  name: 'tiny study',
  hook: 'blocks.0.hook_resid_mid',
  training: { sequences: 1200, batch: 4, learningRate: 3e-3, warmup: 40 },
  evaluation: { tokens: { file: 'tokens.safetensors' }, sequences: 60 },
  features: { tokens: { file: 'tokens.safetensors' }, sequences: 60 },
});

let folder: string;
const options = `--seeds 3 --target ${target} --pilot 400 --together 4`.split(' ');
const study = (...more: string[]) => [
  'study',
  join(folder, 'study.json'),
  '--project',
  folder,
  ...options,
  ...more,
];

beforeAll(() => {
  folder = makeTinyProject();
  writeFileSync(join(folder, 'study.json'), JSON.stringify(spec));
});

describe('assay study', () => {
  let answer: StudyAnswer;

  it(
    'goes on where it was stopped, and matches every objective',
    { timeout: 120_000 },
    async () => {
      const first = startAssay(study());
      await first.until('seed 0 in full');
      first.interrupt();
      const stopped = await first.ended;
      expect(stopped.code, stopped.stderr).toBe(130);
      expect(stopped.stderr).toContain('the same command');

      const { code, document, stderr } = await assayJson<StudyAnswer>(study());
      expect(code, stderr).toBe(0);
      expect(stderr).not.toContain('Training pilots on seed 0: local 1.5');
      expect(stderr).toMatch(/Held-out L0: local 1\.5 → /);
      answer = document;
      expect(answer.objectives.map(({ name }) => name)).toEqual(['local', 'e2e', 'e2e+downstream']);
      for (const { isMatched, runs, metrics } of answer.objectives) {
        expect(isMatched).toBe(true);
        expect(Math.abs(metrics.l0!.mean! / target - 1)).toBeLessThanOrEqual(0.05);
        expect(runs.map(({ seed }) => seed)).toEqual([0, 1, 2]);
        expect(metrics.alive?.n).toBe(3);
      }
    },
  );

  it('gives means and paired differences of its runs', () => {
    const values = answer.objectives.map(({ runs }) =>
      runs.map(({ metrics }) => metrics['ceIncrease']!),
    );
    const [local, e2e] = values;
    expect(answer.objectives[1]!.metrics.ceIncrease).toEqual(meanInterval(e2e!));
    const paired = answer.differences.find(
      ({ metric, of, against }) => metric === 'ceIncrease' && of === 'e2e' && against === 'local',
    );
    expect(paired).toMatchObject(meanInterval(e2e!.map((value, i) => value - local![i]!))!);
  });

  it('trains nothing twice', { timeout: 60_000 }, async () => {
    const { code, document, stderr } = await assayJson<StudyAnswer>(study());
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/Training|Going on/);
    expect(document.objectives).toEqual(answer.objectives);
  });

  it('leaves its dictionaries as replicates in the project', async () => {
    const { document } = await assayJson<{ groups?: unknown }>(['runs', '--project', folder]);
    const text = JSON.stringify(document);
    for (const { runs } of answer.objectives)
      for (const { id, dictionary } of runs) {
        expect(text).toContain(id);
        expect(dictionary).toMatch(/^dict_/);
      }
  });

  it('writes a report with the table, the figures and the methods', () => {
    const { path, bytes } = answer.report;
    expect(existsSync(path)).toBe(true);
    const page = readFileSync(path, 'utf8');
    expect(page.length).toBeGreaterThan(bytes / 2);
    for (const part of [
      'Objectives at equal L0',
      'e2e+downstream − local',
      'L0 against CE increase',
      'Methods, objective by objective',
    ])
      expect(page).toContain(part);
  });

  it('prints tables for people', { timeout: 60_000 }, async () => {
    const { stdout } = await assay(study());
    expect(stdout).toMatch(/objective +coefficient +L0 +explained variance/);
    expect(stdout).toMatch(/e2e − local/);
    expect(stdout).toContain('Report   ');
  });

  it('refuses what it cannot do before it trains', async () => {
    const refused = async (...words: string[]) => {
      const { code, document } = await assayJson<CliError>(words);
      return [code, document.error.code, document.error.message];
    };
    expect(await refused(...study('--match', 'ce'))).toEqual([
      2,
      'usage',
      "--match takes l0, not 'ce'.",
    ]);
    expect((await refused(...study('--objectives', 'local,kl-finetune')))[2]).toContain(
      "not 'kl-finetune'",
    );
    expect((await refused(...study('--seeds', '0')))[2]).toContain('--seeds must be at least 1');
    expect((await refused('study', '--project', folder))[2]).toContain('Give either a SPEC or --');
    const path = join(folder, 'topk.json');
    writeFileSync(
      path,
      JSON.stringify({
        ...spec,
        dictionary: { ratio: 4, architecture: 'topk', k: 4 },
        objective: { sparsity: { coefficient: 0 } },
      }),
    );
    const [code, kind, message] = await refused('study', path, '--project', folder);
    expect([code, kind]).toEqual([1, 'bad-spec']);
    expect(message).toContain('dictionary.architecture');
  });
});
