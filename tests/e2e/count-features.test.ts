import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tinySpec, writeTinyProject } from '../support/tiny-project-files.ts';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

const command = resolve(import.meta.dirname, '../../main/headless/index.ts');
let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'uncounted');
  writeTinyProject(project);
  const spec = join(project, 'train.json');
  const { features: _features, ...uncounted } = tinySpec();
  writeFileSync(spec, JSON.stringify(uncounted));
  execFileSync(process.execPath, [command, 'run', spec, '--project', project], {
    env: { ...process.env, ASSAY_HOME: join(scratch, 'home-command') },
  });
  server = await startServer(join(scratch, 'home-uncounted'), project);
});
test.afterAll(() => server.close());

test('features that a training did not count are counted by keyboard, of all its seeds', async ({
  page,
}) => {
  await page.goto(server.url);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Features' })
    .click();
  const part = page.getByRole('region', { name: 'Count its features' });
  await expect(part.getByLabel('Model')).toHaveValue('model');
  await expect(part.getByLabel('Tokens')).toHaveValue('tokens.safetensors');
  await expect(part.getByLabel(/Those of 1 other seed too/)).toBeChecked();
  await lookAt(page, 'count-features');

  const sequences = part.getByLabel('Sequences');
  await sequences.fill('0');
  await expect(part.getByText('At least 1')).toBeVisible();
  await sequences.fill('20');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid', { name: 'Features' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('radio', { name: 'seed 1' }).check();
  await expect(page.getByRole('grid', { name: 'Features' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Summary of the dictionary' })).toContainText(
    'dead at',
  );
});
