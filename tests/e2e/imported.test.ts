import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assay } from '../support/cli.ts';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const golden = resolve(import.meta.dirname, '../golden/dictionaries');
let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'imported');
  mkdirSync(project);
  const { code } = await assay(['import', join(golden, 'e2e-run'), '--project', project]);
  expect(code).toBe(0);
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
  const choice = page.getByRole('combobox', { name: 'Dictionary' });
  await choice.selectOption({
    label: 'e2e-run/samples_400 blocks.10.hook_mlp_out · blocks.10.hook_mlp_out',
  });
  await expect(about).toContainText('blocks.10.hook_mlp_out');
  await lookAt(page, 'imported-dictionary');
});
