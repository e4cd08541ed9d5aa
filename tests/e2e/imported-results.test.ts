import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const root = resolve(import.meta.dirname, '../..');
const golden = join(root, 'tests/golden');
let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'imported-results');
  mkdirSync(project);
  for (const path of ['run-logs/offline.wandb', 'run-logs/tensorboard', 'dashboards/neuronpedia'])
    execFileSync(process.execPath, [
      join(root, 'main/headless/index.ts'),
      'import',
      join(golden, path),
      '--project',
      project,
    ]);
  server = await startServer(join(scratch, 'home-imported-results'), project);
});
test.afterAll(() => server.close());

test('runs of other tools stand in the table with a badge, and show their curves', async ({
  page,
}) => {
  await page.goto(server.url);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Runs' }).click();
  const grid = page.getByRole('treegrid', { name: 'Runs' });
  await expect(grid.getByText('imported', { exact: true }).first()).toBeVisible();
  await lookAt(page, 'imported-runs');

  await grid.getByRole('link', { name: 'seed-3_lpcoeff-1.5' }).click();
  await expect(page.getByText('imported · W&B offline run')).toBeVisible();
  await expect(page.getByText(/its sign is turned here/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Run again …' })).toHaveCount(0);
  await expect(page.getByRole('figure').filter({ hasText: 'CE increase' }).first()).toBeVisible();
  await lookAt(page, 'imported-run');

  await page.goBack();
  await grid.getByRole('link', { name: 'tensorboard' }).click();
  await expect(page.getByRole('figure').filter({ hasText: 'train/loss' }).first()).toBeVisible();
});

test('features of a dashboard are browsed with their source and labels', async ({ page }) => {
  await page.goto(server.url);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Features' })
    .click();
  await expect(page.getByText('imported · Neuronpedia export')).toBeVisible();
  const grid = page.getByRole('grid', { name: 'Features' });
  await expect(grid.getByText('cats and mats')).toBeVisible();
  await lookAt(page, 'imported-features');

  await grid.getByText('cats and mats').click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Feature 3' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Try a text' })).toHaveCount(0);
  await lookAt(page, 'imported-feature');
});

test('what was imported already is said to be, with the run that it became', async ({ page }) => {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'imported-results' })).toBeVisible();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByRole('tab', { name: 'This machine' }).click();
  await dialog.getByLabel('Path of a file or folder').fill(join(golden, 'run-logs/tensorboard'));
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Look into this' }).click();
  await expect(dialog.getByText('It is in the project already')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Import again' })).toBeVisible();
  await lookAt(page, 'import-again');
  await dialog.getByRole('link', { name: 'tensorboard' }).click();
  await expect(page).toHaveURL(/runs\/run_/);
});
