import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type Server } from './support/server.ts';
import { expect, lookAt, test } from './support/assay-test.ts';

let server: Server;

test.beforeAll(async ({ scratch }) => {
  server = await startServer(join(scratch, 'home'));
});
test.afterAll(() => server.close());

test('the start page tells what the machine has and opens a folder', async ({ page, scratch }) => {
  const folder = join(scratch, 'empty project');
  mkdirSync(folder);
  await page.goto(server.url);
  await expect(page.getByRole('row', { name: /^available wasm/ })).toContainText('CPU');
  expect(page.url()).not.toContain('token');
  await lookAt(page, 'start');

  await page.getByRole('button', { name: 'Open a folder' }).click();
  const dialog = page.getByRole('dialog', { name: 'Open a folder' });
  await dialog.getByLabel('Path of the folder').fill(folder);
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('There are no folders in here.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Open this folder' }).click();

  await expect(page.getByRole('heading', { name: 'empty project' })).toBeVisible();
  await expect(page.getByText('Nothing that Assay can use is in this folder yet')).toBeVisible();
  for (const name of ['Runs', 'Features', 'Statistics', 'Reports', 'Jobs', 'Project']) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
    await lookAt(page, `empty-${name.toLowerCase()}`);
  }

  await page.getByRole('button', { name: /back to the start page/ }).click();
  await expect(page.getByRole('button', { name: /empty project/ }).first()).toBeVisible();
});

test('a folder that cannot be opened says why', async ({ page, scratch }) => {
  const file = join(scratch, 'not-a-folder.txt');
  writeFileSync(file, 'x');
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Open a folder' }).click();
  const dialog = page.getByRole('dialog', { name: 'Open a folder' });
  await dialog.getByLabel('Path of the folder').fill(join(scratch, 'missing'));
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('does not exist');
  await dialog.getByLabel('Path of the folder').fill(file);
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('is a file');
});

test('the palette goes where its words say, by keyboard alone', async ({ page, scratch }) => {
  const folder = join(scratch, 'by keyboard');
  mkdirSync(folder);
  await page.goto(server.url);
  await expect(page.getByRole('button', { name: 'Open a folder' })).toBeVisible();
  await page.keyboard.press('o');
  await page.getByRole('dialog').getByLabel('Path of the folder').fill(folder);
  await page.getByRole('button', { name: 'Open this folder' }).click();
  await expect(page.getByRole('heading', { name: 'by keyboard' })).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('go statist');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/statistics$/);
  await page.keyboard.press('g');
  await page.keyboard.press('j');
  await expect(page).toHaveURL(/\/jobs$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/statistics$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys of this page' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
