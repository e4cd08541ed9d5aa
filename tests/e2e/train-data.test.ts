import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const root = resolve(import.meta.dirname, '../..');
let server: Server;

test.beforeAll(async ({ scratch }) => {
  const folder = join(scratch, 'texts');
  mkdirSync(folder);
  cpSync(join(root, 'resources/sample/model'), join(folder, 'model'), { recursive: true });
  cpSync(join(root, 'tests/golden/packing/corpus.jsonl'), join(folder, 'corpus.jsonl'));
  server = await startServer(join(scratch, 'home'), folder);
});
test.afterAll(() => server.close());

async function fill(page: Page, label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).first().fill(value);
  await page.keyboard.press('Tab');
}

test('a training makes its tokens of a text and keeps its activations', async ({ page }) => {
  await page.goto(server.url);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click();
  await page.getByRole('button', { name: 'Train a dictionary' }).click();

  // A project without tokens offers its text.
  const spec = page.getByLabel('Spec (YAML)');
  const what = page.getByRole('region', { name: 'What' });
  await expect(what.getByLabel('Tokens', { exact: true })).toHaveValue('corpus.jsonl');
  await expect(spec).toHaveValue(/text: { packing: concatenate }/);
  await fill(page, 'Row length (tokens)', '32');
  await expect(spec).toHaveValue(/context: 32/);
  await what.getByLabel('Documents are').selectOption('as TransformerLens does');
  await what.getByLabel('Rows begin with BOS').check();
  await expect(spec).toHaveValue(/packing: transformer-lens, bos: true/);

  await page.getByLabel(/Keep activations/).check();
  await fill(page, 'Disk budget', 'much');
  await expect(page.getByText(/Must be an amount such as 20 GB/).first()).toBeVisible();
  await lookAt(page, 'train-data-problem');
  await fill(page, 'Disk budget', '200 MB');
  await page.getByLabel('Kept as').selectOption('float16, rounded');
  await expect(spec).toHaveValue(/activationCache: .*200 MB.*float16/);

  for (const part of ['Evaluation', 'Features'])
    await page.getByRole('region', { name: part }).getByLabel('in this training').uncheck();
  await fill(page, 'Sequences', '64');
  await fill(page, 'Warmup (sequences)', '0');
  await fill(page, 'Name', 'from text');
  const start = page.getByRole('button', { name: 'Start training' });
  await expect(start).not.toHaveAttribute('aria-disabled', 'true');
  await lookAt(page, 'train-data');
  await start.click();
  await expect(page.getByText('succeeded', { exact: true })).toBeVisible({ timeout: 60_000 });
});
