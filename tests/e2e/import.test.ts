import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { defaultContent, noise } from '../support/hub-stub/content.ts';
import { goldenContent } from '../support/hub-stub/golden-content.ts';
import { startHubStub, type HubStub } from '../support/hub-stub/hub-stub.ts';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

/* The import dialog against a server that speaks the protocols of both hubs, with faults. */

let stub: HubStub;
let server: Server;

test.beforeAll(async ({ scratch }) => {
  stub = await startHubStub(100);
  const [golden, other] = [goldenContent(), defaultContent()];
  stub.content = {
    wandb: { sparsify: { ...other.wandb['sparsify'], ...golden.wandb['sparsify'] } },
    hf: golden.hf,
  };
  const folder = join(scratch, 'hub project');
  mkdirSync(folder);
  server = await startServer(join(scratch, 'home-import'), folder, stub.environment);
});
test.afterEach(() => {
  stub.faults.clear();
  stub.key = null;
});
test.afterAll(async () => {
  await server.close();
  await stub.close();
});

async function openDialog(page: Page) {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'hub project' })).toBeVisible();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  return page.getByRole('dialog', { name: 'Import' });
}

test('a run of Weights & Biases is browsed, sized, fetched and shown in the table of runs', async ({
  page,
}) => {
  stub.requests.length = 0;
  const dialog = await openDialog(page);
  await dialog.getByRole('tab', { name: 'Weights & Biases' }).click();
  await expect(dialog.getByText(/without a key/)).toBeVisible();
  await expect(dialog.getByText(/Set WANDB_API_KEY in the environment/)).toBeVisible();
  await expect(dialog.getByText('Nothing was asked of Weights & Biases yet.')).toBeVisible();
  expect(stub.requests, 'nothing is contacted before the user asks').toEqual([]);
  await lookAt(page, 'import-before');

  await dialog.getByLabel('Entity, project or run').fill('sparsify');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'gpt2', exact: true }).click();
  await dialog.getByRole('button', { name: 'seed-1_lpcoeff-1.5' }).click();
  await expect(dialog.getByText('samples_400.pt', { exact: true })).toBeVisible();
  await expect(dialog.getByText(/2 chosen, 9\.5 kB/)).toBeVisible();
  await expect(dialog.getByText(/contacted: 127\.0\.0\.1/)).toBeVisible();
  await lookAt(page, 'import-wandb-files');

  await dialog.getByRole('button', { name: 'Show sizes' }).click();
  await expect(dialog.getByText('2 files, 9.5 kB')).toBeVisible();
  await expect(dialog.getByText(/config, summary and curves of 1\s+run/)).toBeVisible();
  expect(stub.requests.filter(({ server: which }) => which === 'storage')).toEqual([]);
  await lookAt(page, 'import-plan');
  await dialog.getByRole('button', { name: 'Fetch and import' }).click();

  const downloads = dialog.getByRole('list', { name: 'Downloads' });
  await expect(downloads.getByText(/3 dictionaries, 1 run imported/)).toBeVisible();
  await lookAt(page, 'import-done');
  await downloads.getByRole('link', { name: 'Show the run' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('seed-1_lpcoeff-1.5');
  await expect(page.getByText(/sign is turned/).first()).toBeVisible();
});

test('a download is slow, is stopped, goes on where it was, and says which hosts it asked', async ({
  page,
}) => {
  const { hf } = stub.content;
  const repo = hf['apollo-research/e2e-saes']!;
  const large = noise(3_000_000, 21);
  stub.content = {
    ...stub.content,
    hf: {
      ...hf,
      'apollo-research/large': {
        ...repo,
        lfs: ['large.pt'],
        files: { 'large.pt': large, 'large.yaml': Buffer.from('lr: 1\n') },
      },
    },
  };
  stub.faults.add({ path: /^storage/, slow: 300, piece: 40_000, times: 1 });
  const dialog = await openDialog(page);
  await dialog.getByRole('tab', { name: 'Hugging Face' }).click();
  await dialog.getByLabel('Owner or repository').fill('apollo-research/large');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('large.pt', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Show sizes' }).click();
  await dialog.getByRole('button', { name: 'Fetch and import' }).click();
  const downloads = dialog.getByRole('list', { name: 'Downloads' });
  await expect(downloads.getByText(/of 3\.0 MB, .*\/s, .* left/).first()).toBeVisible();
  await lookAt(page, 'import-downloading');
  await downloads.getByRole('button', { name: 'Stop' }).first().click();
  await expect(downloads.getByText('stopped')).toBeVisible();
  stub.requests.length = 0;
  await downloads.getByRole('button', { name: 'Go on' }).click();
  await expect
    .poll(() => stub.requests.find(({ range }) => range !== undefined)?.range)
    .toMatch(/^bytes=[1-9]/);
  await expect(downloads.getByText('2 of 2 files').first()).toBeVisible();
  await expect(downloads.getByText(stub.storageHost).first()).toBeVisible();
});

test('what goes wrong is told in words with what to do next', async ({ page }) => {
  const dialog = await openDialog(page);
  await dialog.getByRole('tab', { name: 'Hugging Face' }).click();
  const field = dialog.getByLabel('Owner or repository');
  const alert = dialog.getByRole('alert');

  await field.fill('apollo-research/none');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('only to those who are signed in');
  await expect(alert).toContainText('Set HF_TOKEN');
  await lookAt(page, 'import-needs-key');

  await field.fill('apollo-research/e2e-saes@nothing');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('has no such thing');

  stub.faults.add({ path: /api/, status: 429, headers: { 'retry-after': '900' } });
  await field.fill('apollo-research');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('was asked too often');
  await expect(alert).toContainText('900 s');
  stub.faults.clear();
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(dialog.getByRole('button', { name: 'e2e-saes' })).toBeVisible();

  await field.fill('not an address');
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('is not a name on Hugging Face');
});

test('a project with many runs comes page by page, and the palette leads here', async ({
  page,
}) => {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'hub project' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('import dict');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByRole('tab', { name: 'Weights & Biases' }).click();
  await dialog.getByLabel('Entity, project or run').fill('sparsify/tinystories-1m-2');
  await page.keyboard.press('Enter');
  const entries = dialog.getByRole('list', { name: /What wandb:sparsify/ }).getByRole('listitem');
  await expect(entries).toHaveCount(50);
  await dialog.getByRole('button', { name: 'Show more' }).click();
  await expect(entries).toHaveCount(100);
  await lookAt(page, 'import-many-runs');
  await dialog.getByRole('button', { name: 'To what holds this' }).click();
  await expect(dialog.getByRole('button', { name: 'tinystories-1m-2' })).toBeVisible();
});

test('a folder of this machine is looked into and imported', async ({ page }) => {
  const dialog = await openDialog(page);
  const path = dialog.getByLabel('Path of a file or folder');
  await path.fill(resolve(import.meta.dirname, '../golden/dictionaries'));
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'saelens-jumprelu', exact: true }).click();
  await expect(dialog.getByRole('button', { name: /cfg\.json/ })).toBeVisible();
  await lookAt(page, 'import-local');
  await dialog.getByRole('button', { name: 'Look into this' }).click();
  await expect(dialog.getByText(/saelens, /)).toBeVisible();
  await lookAt(page, 'import-local-found');
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(dialog.getByText(/1\s+dictionary is in the project/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Back' }).click();
  await path.fill(resolve(import.meta.dirname, 'support'));
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Look into this' }).click();
  await expect(dialog.getByRole('alert')).toContainText('holds no dictionary');
});
