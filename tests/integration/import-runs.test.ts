import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { importRuns, type RunsToImport } from '../../main/host/import-runs.ts';
import { Project } from '../../main/host/project.ts';
import { readGroups, readRun } from '../../main/host/read-runs.ts';
import { readSeries } from '../../main/db/points.ts';
import { systemClock } from '../../main/jobs/clock.ts';
import type { ForeignRun } from '../../main/formats/runs/foreign-run.ts';
import { contract } from '../../shared/contract/index.ts';
import { Topics } from '../../shared/contract/topics.ts';
import { fakeLauncher } from '../support/fake-launcher.ts';
import { temporaryFolder } from '../support/folders.ts';

const whole = { names: null, buckets: 100, from: null, to: null };

async function openProject(folder = temporaryFolder()): Promise<Project> {
  const project = await Project.open(folder, {
    launcher: fakeLauncher(),
    clock: systemClock,
    log: () => undefined,
    topics: new Topics(contract),
  });
  onTestFinished(() => project.close());
  return project;
}

/** A run as e2e_sae logs it. */
function e2eRun(seed: number): ForeignRun {
  return {
    name: `seed-${seed}_lpcoeff-1`,
    config: {
      seed,
      wandb_run_name: `seed-${seed}`,
      tlens_model_name: 'gpt2-small',
      train_data: { n_ctx: 1024 },
      saes: { sae_positions: 'blocks.6.hook_resid_pre' },
      loss: { logits_kl: { coeff: 1 }, out_to_in: { coeff: 0 }, in_to_orig: null },
    },
    summary: {
      'performance/eval/difference_ce_loss': -0.25,
      'sparsity/eval/L_0/blocks.6.hook_resid_pre': 40 + seed,
    },
    history: [
      {
        step: 4,
        values: { _runtime: 1, lr: 0.1, 'performance/eval/difference_ce_loss': -0.5, note: 'text' },
      },
      { step: 8, values: { lr: 'NaN', 'performance/eval/difference_ce_loss': -0.25 } },
    ],
    seconds: 12,
  };
}

function source(runs: RunsToImport['runs']): RunsToImport {
  return { name: 'e2e', source: 'wandb:sparsify/gpt2', format: 'wandb', runs };
}

test('runs of another tool become a group of replicates with curves, and say what was converted', async () => {
  const project = await openProject();
  const { runs } = await importRuns(project, source([e2eRun(0), e2eRun(1)]), {
    clock: systemClock,
  });
  const { groups } = readGroups(project, '');
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatchObject({
    type: 'e2e',
    hook: 'blocks.6.hook_resid_pre',
    model: 'gpt2-small',
  });
  expect(groups[0]!.metrics['ceIncrease']).toMatchObject({ n: 2, mean: 0.25 });
  expect(groups[0]!.metrics['l0']).toMatchObject({ n: 2, mean: 40.5 });
  const detail = readRun(project, runs[1]!);
  expect(detail.run).toMatchObject({
    seed: 1,
    state: 'succeeded',
    seconds: 12,
    imported: { from: 'wandb:sparsify/gpt2', format: 'wandb', x: 'tokens' },
  });
  expect(detail.spec).toMatchObject({ tlens_model_name: 'gpt2-small' });
  expect(detail.importNotes.join(' ')).toMatch(/sign is turned.*not numbers.*note.*NaN/);
  const curves = readSeries(project.db, runs[0]!, whole);
  expect(curves.find(({ name }) => name === 'eval.ceIncrease')).toMatchObject({
    x: [4096, 8192],
    low: [0.5, 0.25],
  });
  expect(curves.find(({ name }) => name === 'learningRate')?.low).toEqual([0.1, null]);
});

test('an import that fails in the middle, or is stopped, leaves nothing', async () => {
  const project = await openProject();
  function* broken() {
    yield e2eRun(0);
    throw new Error('the line went dead');
  }
  await expect(importRuns(project, source(broken()), { clock: systemClock })).rejects.toThrow(
    'dead',
  );
  const stop = new AbortController();
  function* stopped() {
    yield e2eRun(0);
    stop.abort();
    yield e2eRun(1);
  }
  const options = { clock: systemClock, signal: stop.signal };
  await expect(importRuns(project, source(stopped()), options)).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(readGroups(project, '').groups).toEqual([]);
  expect(readdirSync(join(project.path, '.assay', 'runs'))).toEqual([]);
});

test('imported runs come back when the database is made anew', async () => {
  const folder = temporaryFolder();
  const project = await openProject(folder);
  await importRuns(project, source([e2eRun(0)]), { clock: systemClock });
  const copy = temporaryFolder();
  mkdirSync(join(copy, '.assay'));
  cpSync(join(folder, '.assay', 'runs'), join(copy, '.assay', 'runs'), { recursive: true });
  const again = await openProject(copy);
  expect(existsSync(join(copy, '.assay', 'assay.db'))).toBe(true);
  expect(readGroups(again, '').groups[0]!.runs[0]).toMatchObject({
    seed: 0,
    imported: { x: 'tokens' },
  });
});
