import { join } from 'node:path';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';
import { writeTrainedProject } from './support/trained-project.ts';

let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'trained');
  writeTrainedProject(project);
  server = await startServer(join(scratch, 'home-features'), project);
});
test.afterAll(() => server.close());

test.beforeEach(async ({ page }) => {
  await page.goto(server.url);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Features' })
    .click();
  await expect(page.getByRole('grid', { name: 'Features' })).toHaveAttribute('aria-rowcount', '25');
});

test('the features of a dictionary are counted, filtered and sorted', async ({ page }) => {
  const grid = page.getByRole('grid', { name: 'Features' });
  const summary = page.getByRole('region', { name: 'Summary of the dictionary' });
  await expect(summary).toContainText('dead at 512');
  await expect(summary.getByRole('definition').nth(2)).toHaveText('3');
  await expect(summary.getByRole('figure')).toContainText('n = 21 features');
  await lookAt(page, 'features');

  await page.getByRole('combobox', { name: 'Dead features' }).selectOption('dead only');
  await expect(page.getByText('3 of 24 shown')).toBeVisible();
  await expect(grid.getByRole('row')).toHaveCount(4);
  await expect(grid.getByText('dead at 512 tokens')).toHaveCount(3);
  await expect(page).toHaveURL(/dead=only/);
  // An aggregate never changes with what is shown.
  await expect(summary.getByRole('figure')).toContainText('n = 21 features');

  await page.getByRole('searchbox').fill('no such label');
  await expect(page.getByRole('heading', { name: 'No feature fits the filter' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all features' }).last().click();
  await expect(page.getByText('24 of 24 shown')).toBeVisible();

  await grid.getByRole('button', { name: 'Stability' }).click();
  await expect(page).toHaveURL(/sort=-stability/);
  await expect(grid.getByRole('rowheader').first()).toHaveText('23');
  await page.getByRole('radio', { name: 'seed 1' }).check();
  await expect(page).toHaveURL(/sort=-stability/);
  await expect(grid).toHaveAttribute('aria-rowcount', '25');
});

test('features are browsed and labelled by keyboard', async ({ page }) => {
  const grid = page.getByRole('grid', { name: 'Features' });
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(inspector.getByRole('heading', { name: 'Feature 1' })).toBeVisible();
  await expect(inspector.getByText(/^Top examples/)).toBeVisible();
  await page.keyboard.press('l');
  await page.keyboard.type('<b>a word</b>');
  await page.keyboard.press('Enter');
  await expect(grid.getByText('<b>a word</b>')).toBeVisible();
  await expect(grid).toBeFocused();
  await lookAt(page, 'features-selected');
  await page.keyboard.press('u');
  await expect(grid.getByText('<b>a word</b>')).toHaveCount(0);
});

test('a feature has its page, and the next one is the next of the table', async ({ page }) => {
  const grid = page.getByRole('grid', { name: 'Features' });
  await page.getByRole('combobox', { name: 'Dead features' }).selectOption('alive only');
  await expect(page.getByText('21 of 24 shown')).toBeVisible();
  await grid.getByRole('row').nth(5).click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Feature 4' })).toBeVisible();
  for (const name of ['Top', 'Bands', 'Random active', 'Near misses'])
    await expect(page.getByRole('region', { name })).toContainText(/\d+ of \d+/);
  await expect(page.getByText('<script>').first()).toBeVisible();
  await lookAt(page, 'feature');

  // Feature 5 is dead, so the table did not show it.
  await page.keyboard.press('j');
  await expect(page.getByRole('heading', { name: 'Feature 6' })).toBeVisible();
  await expect(page.getByText('6 of 21 in')).toBeVisible();
  await page.keyboard.press('b');
  await expect(grid.getByRole('row', { selected: true }).getByRole('rowheader')).toHaveText('6');
});

test('a dead feature says so, and a text that cannot be tried says why', async ({ page }) => {
  await page.getByRole('grid', { name: 'Features' }).getByText('dead at 512').first().dblclick();
  await expect(page.getByRole('heading', { name: 'Dead at 512 tokens' })).toBeVisible();
  await lookAt(page, 'feature-dead');
  await page.keyboard.press('t');
  await page.keyboard.type('a text');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('alert')).toContainText('model');
  await page.goto(`${page.url().replace(/\d+(\?.*)?$/, '')}999`);
  await expect(page.getByRole('alert')).toContainText('no feature 999');
});
