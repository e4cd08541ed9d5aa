import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeTinyProject } from '../support/tiny-project-files.ts';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

let server: Server;

test.beforeAll(async ({ scratch }) => {
  const folder = join(scratch, 'tiny');
  writeTinyProject(folder);
  server = await startServer(join(scratch, 'home'), folder);
});
test.afterAll(() => server.close());

function pages(page: Page, name: string) {
  return page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
}

/** Training tokens at the end of the first curve. */
async function tokensDrawn(page: Page): Promise<number> {
  const figure = page.getByRole('figure', { name: 'Loss', exact: true });
  const text = await figure.getByText(/training tokens [\d,]+/).textContent();
  return Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
}

async function fill(page: Page, label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(value);
  await page.keyboard.press('Tab');
}

test('a training is written, started, watched, paused, cancelled and resumed', async ({ page }) => {
  await page.goto(server.url);
  await pages(page, 'Runs').click();
  await page.getByRole('button', { name: 'Train a dictionary' }).click();

  // What the form says and what is wrong with it stand in the YAML too.
  await fill(page, 'Sequences per step', '99');
  await expect(page.getByText('99 sequences per step exceed the 60 to train on.')).toHaveCount(2);
  const start = page.getByRole('button', { name: 'Start training' });
  await expect(start).toHaveAttribute('aria-disabled', 'true');
  await lookAt(page, 'train-problem');
  await fill(page, 'Sequences per step', '2');
  await page
    .getByRole('region', { name: 'Training' })
    .getByLabel('Sequences', { exact: true })
    .fill('2000000');
  await fill(page, 'Every (sequences)', '500000');
  await fill(page, 'Checkpoint every (sequences)', '500000');
  await fill(page, 'Name', 'watched');
  await expect(page.getByLabel('Spec (YAML)')).toHaveValue(/sequences: 2000000, batch: 2/);
  await expect(start).not.toHaveAttribute('aria-disabled', 'true');
  await lookAt(page, 'train');
  await start.click();

  // The curve moves by itself.
  await expect(page.getByRole('heading', { level: 1, name: 'watched' })).toBeVisible();
  await expect.poll(() => tokensDrawn(page)).toBeGreaterThan(0);
  const before = await tokensDrawn(page);
  await expect.poll(() => tokensDrawn(page)).toBeGreaterThan(before);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('paused', { exact: true })).toBeVisible();
  await lookAt(page, 'run-paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('running', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('The training was cancelled')).toBeVisible();
  const stopped = await tokensDrawn(page);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => tokensDrawn(page)).toBeGreaterThan(stopped);

  await page.getByRole('tab', { name: 'Log' }).click();
  await expect(page.getByRole('log')).toContainText('Resuming at step');
  await pages(page, 'Jobs').click();
  const row = page.getByRole('row', { name: /watched/ });
  await expect(row).toContainText('running');
  await row.getByRole('button', { name: 'Cancel: watched' }).click();
  await expect(row).toContainText('cancelled');
  await lookAt(page, 'jobs');
});

test('replicates are one row, and run again says what has changed', async ({ page }) => {
  await page.goto(server.url);
  await pages(page, 'Runs').click();
  await page.getByRole('button', { name: 'New training' }).click();
  await fill(page, 'Name', 'short');
  await fill(page, 'Seeds', '0-2');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByText('succeeded', { exact: true })).toBeVisible({ timeout: 60_000 });
  await lookAt(page, 'run');

  await pages(page, 'Runs').click();
  const row = page.getByRole('row', { name: /short/ });
  await expect(row).toContainText('±');
  await row.getByRole('button', { name: 'Unfold' }).click();
  await expect(page.getByRole('row', { name: /seed 2/ })).toBeVisible();
  await row.click();
  await page.getByRole('tab', { name: 'Curves' }).click();
  await expect(page.getByRole('button', { name: /^seed 1/ })).toBeVisible();
  await lookAt(page, 'runs');

  await page.getByRole('link', { name: 'seed 2' }).first().click();
  await page.getByRole('button', { name: /Run again/ }).click();
  await expect(page.getByText('Nothing that was recorded has changed since')).toBeVisible();
  await page.getByRole('button', { name: 'Change the spec first' }).click();
  await expect(page.getByLabel('Seeds', { exact: true })).toHaveValue('2');
});

test('another architecture brings its fields and takes those of the one before along', async ({
  page,
}) => {
  await page.goto(server.url);
  await pages(page, 'Runs').click();
  await page.getByRole('button', { name: 'New training' }).click();
  const spec = page.getByLabel('Spec (YAML)');
  const architecture = page.getByLabel('Architecture', { exact: true });
  await architecture.selectOption('Matryoshka BatchTopK');
  await fill(page, 'Active latents k', '3');
  await fill(page, 'Prefixes', '0.25, 0.5');
  await expect(spec).toHaveValue(/architecture: matryoshka/);
  await expect(spec).toHaveValue(/k: 3/);
  await expect(spec).toHaveValue(/prefixes: \[ 0\.25, 0\.5 \]/);
  await lookAt(page, 'train-architecture');
  await fill(page, 'Active latents k', '100000');
  await expect(page.getByText(/100000 exceeds the/)).toHaveCount(2);
  await architecture.selectOption('JumpReLU');
  await expect(spec).toHaveValue(/architecture: jumprelu/);
  await expect(spec).not.toHaveValue(/prefixes|, k:/);
  await expect(page.getByLabel('Active latents k')).toHaveCount(0);
  await fill(page, 'Bandwidth', '0.05');
  await expect(spec).toHaveValue(/bandwidth: 0.05/);
  const start = page.getByRole('button', { name: 'Start training' });
  await expect(start).not.toHaveAttribute('aria-disabled', 'true');
});

test('objectives, variants on one pass and a transcoder are written by the form', async ({
  page,
}) => {
  await page.goto(server.url);
  await pages(page, 'Runs').click();
  await page.getByRole('button', { name: 'New training' }).click();
  const spec = page.getByLabel('Spec (YAML)');
  const objective = page.getByRole('combobox', { name: 'Objective', exact: true });
  const start = page.getByRole('button', { name: 'Start training' });

  // One later layer remains after block 0 of two: β is the published one for that.
  await fill(page, 'Block', '0');
  await objective.selectOption('e2e + downstream');
  await expect(spec).toHaveValue(/inToOrig: \{ coefficient: 0\.05, hooks: later \}/);
  await expect(page.getByLabel('Downstream coefficient β')).toHaveValue('0.05');
  await fill(page, 'Downstream coefficient β', '1.5');
  await expect(spec).toHaveValue(/coefficient: 1\.5, hooks: later/);
  await fill(page, 'Downstream hook points', 'blocks.0.hook_resid_pre');
  await expect(page.getByText(/is not after the dictionary at/)).toHaveCount(2);
  await fill(page, 'Downstream hook points', 'blocks.1.hook_resid_pre, blocks.1.hook_resid_post');
  await fill(page, 'Their weights', '1, 2');
  await page.getByLabel('KL direction').selectOption('KL(spliced ‖ model)');
  await expect(spec).toHaveValue(/direction: spliced-to-model/);
  await expect(spec).toHaveValue(/weights: \[ 1, 2 \]/);

  // What is written by hand comes back to the form.
  await spec.fill((await spec.inputValue()).replace(/coefficient: 1\.5,/, 'coefficient: 2.25,'));
  await expect(page.getByLabel('Downstream coefficient β')).toHaveValue('2.25');

  await page.getByRole('region', { name: 'Variants' }).scrollIntoViewIfNeeded();
  await page.getByLabel('Pathway').selectOption('joint: all in the same pass');
  await page.getByRole('button', { name: 'Add a variant' }).click();
  await expect(page.getByRole('group', { name: /^Variant/ })).toHaveCount(2);
  await expect(spec).toHaveValue(/hook: blocks\.1\.hook_resid_pre/);
  await expect(start).not.toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('group', { name: 'Variant 2' }).getByLabel('λ').fill('3');
  await page.keyboard.press('Tab');
  await expect(spec).toHaveValue(/sparsity:\s+coefficient: 3/);
  await fill(page, 'Name', 'joint');
  await page.getByRole('button', { name: 'Add a variant' }).scrollIntoViewIfNeeded();
  await lookAt(page, 'train-joint');
  await start.click();
  await expect(page.getByText('succeeded', { exact: true })).toBeVisible({ timeout: 60_000 });

  await pages(page, 'Runs').click();
  await page.getByRole('button', { name: 'New training' }).click();
  await page.getByLabel('Kind').selectOption('transcoder of the MLP');
  await fill(page, 'Block', '0');
  await expect(spec).toHaveValue(/target: blocks\.0\.hook_mlp_out/);
  await page.getByLabel('Architecture', { exact: true }).selectOption('TopK');
  await page.getByLabel('Skip connection').check();
  await expect(spec).toHaveValue(/skip: true/);
  await objective.selectOption('Mixed: local, then e2e + downstream');
  await expect(spec).toHaveValue(/mixed: \{ local: 30, over: 6/);
  await page.getByRole('region', { name: 'What', exact: true }).scrollIntoViewIfNeeded();
  await lookAt(page, 'train-transcoder');
  await fill(page, 'Name', 'transcoded');
  await start.click();
  await expect(page.getByText('succeeded', { exact: true })).toBeVisible({ timeout: 60_000 });
});
