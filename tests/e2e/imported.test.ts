import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const root = resolve(import.meta.dirname, '../..');
let server: Server;
let project: string;

test.beforeAll(async ({ scratch }) => {
  project = join(scratch, 'imported');
  mkdirSync(project);
  const words = ['import', join(root, 'tests/golden/dictionaries/e2e-run'), '--project', project];
  execFileSync(process.execPath, [join(root, 'main/headless/index.ts'), ...words], {
    env: { ...process.env, ASSAY_HOME: join(scratch, 'home-command') },
  });
  server = await startServer(join(scratch, 'home-imported'), project);
});
test.afterAll(() => server.close());

test('an imported dictionary says where it came from', async ({ page }) => {
  await page.goto(server.url);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Features' })
    .click();
  const about = page.getByRole('article', { name: 'Imported dictionary' });
  await expect(about).toContainText('e2e_sae');
  await expect(about).toContainText('divided by their norms');
  await expect(about).toContainText('tlens_model_name');
  const name = 'e2e-run/samples_400 blocks.10.hook_mlp_out · blocks.10.hook_mlp_out';
  await page.getByRole('combobox', { name: 'Dictionary' }).selectOption({ label: name });
  await expect(about).toContainText('blocks.10.hook_mlp_out');
  await lookAt(page, 'imported-dictionary');
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('radio', { name: /^Neuronpedia/ })).toBeDisabled();
  await dialog.getByRole('radio', { name: /^dictionary_learning/ }).check();
  await lookAt(page, 'export-dialog');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog.getByRole('status')).toContainText('2 files');
  await expect(dialog).toContainText('.assay/exports/');
  await lookAt(page, 'export-done');
  await dialog.getByRole('button', { name: 'Done' }).click();
  const [folder] = readdirSync(join(project, '.assay/exports'));
  expect(readdirSync(join(project, '.assay/exports', folder!)).sort()).toEqual([
    'ae.pt',
    'config.json',
  ]);
});
