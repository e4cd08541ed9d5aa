import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const golden = resolve(import.meta.dirname, '../golden/eval-logs');

let server: Server;
let empty: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'logs');
  mkdirSync(project);
  for (const name of ['bare.eval', 'scratchpad.eval', 'planted.eval', 'scaffold.json'])
    cpSync(join(golden, name), join(project, name));
  writeFileSync(join(project, 'broken.eval'), 'PK no log at all');
  server = await startServer(join(scratch, 'home-conditions'), project);
  mkdirSync(join(scratch, 'nothing'));
  empty = await startServer(join(scratch, 'home-nothing'), join(scratch, 'nothing'));
});
test.afterAll(async () => {
  await server.close();
  await empty.close();
});

test('logs are assigned, compared, looked into and reported', async ({ page }) => {
  test.slow();
  await page.goto(server.url);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await expect(page.getByText('Evaluation logs')).toBeVisible();
  await pages.getByRole('link', { name: 'Statistics' }).click();
  await page.getByRole('button', { name: 'Evaluation conditions' }).click();

  await expect(page.getByText('broken.eval cannot be read')).toBeVisible();
  await expect(page.getByLabel('Condition of scratchpad.eval')).toHaveValue('scratchpad');
  await expect(page.getByLabel('Condition of scaffold.json')).toHaveValue('calculator');
  await expect(page.getByRole('button', { name: /^Compare/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await page.getByRole('checkbox', { name: /^Choose all logs/ }).check();
  const planted = page.getByLabel('Condition of planted.eval');
  await planted.fill('planted, no scratchpad');
  await planted.press('Tab');
  await lookAt(page, 'conditions-form');
  await page.keyboard.press('Control+Enter');

  await expect(page).toHaveURL(/evaluation=evl_/);
  await expect(
    page.getByText(/Secret scratchpad: 3 samples show room to think/).first(),
  ).toBeVisible();
  const conditions = page.getByRole('grid', { name: 'Conditions' });
  await expect(conditions.getByText('calculator')).toBeVisible();
  const differences = page.getByRole('grid', { name: 'Differences' });
  await expect(differences.getByText('scratchpad − no scratchpad', { exact: true })).toBeVisible();
  await lookAt(page, 'conditions-result');

  const items = page.getByRole('region', { name: 'Items that differ' });
  await items.scrollIntoViewIfNeeded();
  await items.getByLabel('Conditions').selectOption({ label: 'scratchpad − no scratchpad (5)' });
  await expect(items.getByRole('row')).toHaveCount(6);
  await lookAt(page, 'conditions-items');
  await items.getByTitle('Show the transcript under scratchpad', { exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('log', { name: 'Transcript' })).toContainText('What is 5 +');
  await lookAt(page, 'conditions-transcript');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await page.getByRole('button', { name: 'Write a report' }).click();
  await expect(page).toHaveURL(/reports\/rep_/);
  const report = page.frameLocator('iframe');
  await expect(report.getByText('Secret scratchpad').first()).toBeVisible();
});

test('a folder without logs says what to do', async ({ page }) => {
  await page.goto(empty.url);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Statistics' }).click();
  await page.getByRole('button', { name: 'Evaluation conditions' }).click();
  await expect(page.getByText('No log of an evaluation is in this folder yet')).toBeVisible();
  await lookAt(page, 'conditions-empty');
});
