import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

let server: Server;

/** `c` is `a + b`; `won` is 0 or 1; one cell is missing. */
function tableText(): string {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [a, b] = [(i * 7) % 11, (i * 5) % 13];
    const won = (i * 37) % 17 < a ? 1 : 0;
    return [i === 3 ? 'NA' : a, b, i === 3 ? 'NA' : a + b, won, i % 3 === 0 ? 'red' : 'blue'];
  });
  return ['# SIMULATED for a test', 'a,b,c,won,g', ...rows.map((row) => row.join(','))].join('\n');
}

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'tables');
  mkdirSync(project);
  writeFileSync(join(project, 'maze.csv'), tableText());
  writeFileSync(join(project, 'ragged.csv'), 'a,b\n1,2\n3\n');
  server = await startServer(join(scratch, 'home-statistics'), project);
});
test.afterAll(() => server.close());

test.beforeEach(async ({ page }) => {
  await page.goto(server.url);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Statistics' }).click();
  await page.getByLabel('Table').selectOption('maze.csv');
});

test('a regression is chosen by clicks, checked, fitted and reported', async ({ page }) => {
  await expect(page.getByText('SIMULATED for a test')).toBeVisible();
  await page.getByRole('radio', { name: 'won is the outcome' }).check();
  for (const name of ['a', 'b', 'c'])
    await page.getByRole('checkbox', { name: `${name} is a predictor`, exact: true }).check();
  await expect(page.getByLabel('Formula')).toHaveValue('won ~ a + b + c');
  await expect(page.getByRole('radio', { name: 'yes or no' })).toBeChecked();
  await expect(page.getByLabel('Rows used')).toContainText('n = 59');
  await expect(page.getByLabel('Rows used')).toContainText('1 dropped');
  await expect(page.getByText('c = a + b')).toBeVisible();
  await lookAt(page, 'statistics-form');

  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/statistics\/fit_/);
  const coefficients = page.getByRole('grid', { name: 'Coefficients' });
  await expect(coefficients.getByText('left out', { exact: true })).toBeVisible();
  await expect(coefficients.getByText('∞', { exact: true })).toHaveCount(3);
  await expect(page.getByLabel('Figures of the fit')).toContainText('base rate');
  await lookAt(page, 'statistics-result');

  await page.getByRole('button', { name: 'Take out c' }).click();
  await expect(page.getByLabel('Formula')).toHaveValue('won ~ a + b');
  await expect(page.getByText('The form has been changed since this fit was made')).toBeVisible();
  await page.getByRole('button', { name: 'Back to the form of this fit' }).click();
  await expect(page.getByLabel('Formula')).toHaveValue('won ~ a + b + c');

  await page.getByRole('button', { name: 'Report from this' }).click();
  await expect(page.getByRole('region', { name: 'Section 1: Fit' })).toBeVisible();
  await page.getByRole('button', { name: 'Write the report' }).click();
  await expect(page).toHaveURL(/reports\/rep_/);
  const report = page.frameLocator('iframe');
  await expect(report.getByRole('heading', { level: 1 })).toContainText('won on');
  await lookAt(page, 'reports');
});

test('errors stand where they can be mended', async ({ page }) => {
  await page.getByLabel('Formula').fill('won ~ a + bb');
  await expect(page.getByRole('alert')).toContainText("no column 'bb'");
  await page.getByRole('button', { name: 'Use b' }).click();
  await expect(page.getByLabel('Formula')).toHaveValue('won ~ a + b');
  await expect(page.getByRole('alert')).toHaveCount(0);

  await page.getByLabel('Rows to keep (filter)').fill('won == 1');
  await expect(page.getByRole('alert')).toContainText('same outcome');

  await page.getByLabel('Table').selectOption('ragged.csv');
  await expect(page.getByRole('alert')).toContainText('Line 3 of ragged.csv has 1 cell');
});
