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

test('a double click opens the row that it began on, wherever the table goes meanwhile', async ({
  page,
}) => {
  const row = (index: number) =>
    page
      .getByRole('grid', { name: 'Features' })
      .locator(`[data-index="${index}"] [role=rowheader]`);
  // The first click shows a preview, which may take the rows from under the pointer.
  await row(4).dispatchEvent('click', { detail: 1 });
  await row(2).dispatchEvent('click', { detail: 2 });
  await row(2).dispatchEvent('dblclick', { detail: 2 });
  await expect(page.getByRole('heading', { level: 1, name: 'Feature 4' })).toBeVisible();
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
  await expect(page.getByRole('figure', { name: 'All logits' })).toContainText('n = ');
  const together = page.getByRole('region', { name: 'Active together' });
  await expect(together).toContainText(/n = \d+ tokens/);
  await expect(together.getByRole('row')).toHaveCount(13);
  await lookAt(page, 'feature');

  // Feature 5 is dead, so the table did not show it.
  await page.keyboard.press('j');
  await expect(page.getByRole('heading', { name: 'Feature 6' })).toBeVisible();
  await expect(page.getByText('6 of 21 in')).toBeVisible();
  await page.keyboard.press('b');
  await expect(grid.getByRole('row', { selected: true }).getByRole('rowheader')).toHaveText('6');
});

test('features are rated, listed and found by what they fire on, by keyboard', async ({ page }) => {
  const grid = page.getByRole('grid', { name: 'Features' });
  await grid.getByRole('row').nth(3).click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Feature 2' })).toBeVisible();
  const rating = page.getByRole('group', { name: 'Rating of feature 2' });
  await page.keyboard.press('4');
  await expect(rating.getByRole('button', { name: '4 of 5' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.keyboard.press('s');
  await page.getByRole('textbox', { name: 'New list' }).fill('worth a look');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('checkbox', { name: 'worth a look' })).toBeChecked();
  await lookAt(page, 'feature-lists');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.keyboard.press('e');
  await expect(page.getByText('The effect on the loss could not be measured')).toBeVisible();

  await page.keyboard.press('b');
  await expect(grid).toBeVisible();
  await page.getByRole('combobox', { name: 'List' }).selectOption('worth a look');
  await expect(page.getByText('1 of 24 shown')).toBeVisible();
  await page.getByRole('combobox', { name: 'Queue' }).selectOption('rated lowest');
  await expect(page).toHaveURL(/rating=1/);
  await expect(grid.getByRole('rowheader').first()).toHaveText('2');

  await page.keyboard.press('w');
  await page.getByRole('searchbox', { name: 'Part of a token' }).fill('w7');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('status')).toContainText(/features, from\s+\d+ occurrences/);
  await lookAt(page, 'features-on-token');
  const first = dialog.getByRole('table').getByRole('button').first();
  const feature = await first.textContent();
  await first.click();
  await expect(
    page.getByRole('heading', { name: `Feature ${feature}`, exact: true }),
  ).toBeVisible();
});

test('a dead feature says so, and a text that cannot be tried says why', async ({ page }) => {
  await page.getByRole('grid', { name: 'Features' }).getByText('dead at 512').first().click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Dead at 512 tokens' })).toBeVisible();
  await lookAt(page, 'feature-dead');
  await page.keyboard.press('t');
  await page.keyboard.type('a text');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('alert')).toContainText('model');
  await page.goto(`${page.url().replace(/\d+(\?.*)?$/, '')}999`);
  await expect(page.getByRole('alert')).toContainText('no feature 999');
});
