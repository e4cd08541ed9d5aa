import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

let server: Server;
let project: string;

/** Numbers from 0 to 1 that are the same each time (Park & Miller's generator). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/**
 * 240 rows: `near` is almost `far`, and `hidden` matters only beside `far`; `won` follows both,
 * `score` is a number, `seen` a count, rows of a `site` go together.
 */
function tableText(): string {
  const draw = uniform(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
  const rows = Array.from({ length: 240 }, (_, i) => {
    const far = normal();
    const near = far + 0.05 * normal();
    const hidden = 0.8 * far + 0.6 * normal();
    const other = normal();
    const score = 2 * far - hidden + 0.3 * other + normal();
    const won = 1 / (1 + Math.exp(-score)) > draw() ? 1 : 0;
    const seen = Math.floor(Math.exp(0.4 * other + 0.5) + draw());
    const cells = [far, near, hidden, other, score].map((value) => value.toFixed(4));
    return [...cells, won, seen, `site${i % 12}`, ['red', 'green', 'blue'][i % 3]].join(',');
  });
  return ['far,near,hidden,other,score,won,seen,site,colour', ...rows].join('\n');
}

/** A table far wider than any screen, for what must still answer. */
function wideText(columns: number): string {
  const draw = uniform(11);
  const names = Array.from({ length: columns }, (_, k) => `x${k + 1}`);
  const rows = Array.from({ length: 40 }, () => names.map(() => draw().toFixed(3)).join(','));
  return [names.join(','), ...rows].join('\n');
}

test.beforeAll(async ({ scratch }) => {
  project = join(scratch, 'regression');
  mkdirSync(project);
  writeFileSync(join(project, 'trials.csv'), tableText());
  writeFileSync(join(project, 'wide.csv'), wideText(1000));
  server = await startServer(join(scratch, 'home-regression'), project);
});
test.afterAll(() => server.close());

test.beforeEach(async ({ page }) => {
  await page.goto(server.url);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Statistics' }).click();
  await page.getByLabel('Table').selectOption('trials.csv');
});

async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click();
}

async function fit(page: Page, formula: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Formula' }).fill(formula);
  await expect(page.getByLabel('Rows used').first()).toContainText('n = 240');
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/statistics\/fit_/);
  await expect(page.getByRole('grid', { name: 'Coefficients' })).toBeVisible();
}

test('from a table over correlations, a fit and its diagnostics to a report on disk', async ({
  page,
}) => {
  test.slow();
  await openTab(page, 'Correlations');
  await expect(page.getByText('Strongest: far and near')).toBeVisible();
  await page.getByRole('radio', { name: 'Spearman' }).check();
  await expect(page.getByText('Spearman’s ρ over')).toBeVisible();
  await lookAt(page, 'regression-correlations');

  await fit(page, 'won ~ far + near + hidden + other + C(colour, "red")');
  await lookAt(page, 'regression-result');
  await openTab(page, 'Diagnostics');
  const conditions = page.getByRole('grid', { name: 'Condition indices' });
  await expect(conditions).toBeVisible();
  await expect(page.getByRole('figure', { name: 'Calibration' })).toBeVisible();
  await expect(page.getByRole('figure', { name: 'ROC' })).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Alone and together' })).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Corrected p values' })).toBeVisible();
  await lookAt(page, 'regression-diagnostics');
  for (const name of ['Condition indices', 'Probabilities', 'Residuals and influence']) {
    const section = page.getByRole('region', { name });
    await section.scrollIntoViewIfNeeded();
    await section.screenshot({ path: `test-results/screenshots/regression-${name}.png` });
  }

  await openTab(page, 'Result');
  await page.getByRole('button', { name: 'Report from this' }).click();
  await page.getByRole('button', { name: 'Write the report' }).click();
  await expect(page).toHaveURL(/reports\/rep_/);
  const folder = join(project, '.assay', 'reports');
  const [written] = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.html'));
  await page.goto(pathToFileURL(join(folder, written!)).href);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('won on');
  await expect(page.getByRole('rowheader', { name: 'hidden' }).first()).toBeVisible();
});

test('a lasso shows its path, its loss and what other programs call its strength', async ({
  page,
}) => {
  await page.getByRole('textbox', { name: 'Formula' }).fill('won ~ far + near + hidden + other');
  await page.getByText('Method', { exact: true }).click();
  await page.getByLabel('Estimated by').selectOption('lasso');
  await expect(page.getByLabel('Standard errors')).toHaveCount(0);
  await page.getByLabel('Folds', { exact: true }).fill('5');
  await page.keyboard.press('Tab');
  await fit(page, 'won ~ far + near + hidden + other');
  await expect(page.getByRole('figure', { name: 'Coefficients along the path' })).toBeVisible();
  await expect(page.getByRole('figure', { name: 'Held-out loss along the path' })).toBeVisible();
  await expect(page.getByRole('grid', { name: 'The strength in other programs' })).toContainText(
    'scikit-learn',
  );
  const heads = page.getByRole('grid', { name: 'Coefficients' }).getByRole('columnheader');
  await expect(heads.filter({ hasText: '± se' })).toHaveCount(0);
  await lookAt(page, 'regression-lasso');
  await page
    .getByRole('region', { name: 'Penalty' })
    .screenshot({ path: 'test-results/screenshots/regression-penalty.png' });
  await openTab(page, 'Code');
  await expect(page.getByText('LogisticRegression(C=1')).toBeVisible();
});

test('clustered errors ask for their column, and stand in the fit', async ({ page }) => {
  await page.getByRole('textbox', { name: 'Formula' }).fill('score ~ far + hidden');
  await page.getByText('Method', { exact: true }).click();
  await page.getByLabel('Standard errors').selectOption('CR1');
  await expect(page.getByText('Clustered errors need a column')).toBeVisible();
  await page.getByLabel('Clusters are named by').selectOption('site');
  await fit(page, 'score ~ far + hidden');
  await expect(page.getByText('Standard errors of 12 clusters')).toBeVisible();
  await lookAt(page, 'regression-clusters');
});

test('a study counts how often signs hold, by keyboard alone', async ({ page }) => {
  await page.getByRole('textbox', { name: 'Formula' }).fill('won ~ far + hidden + other');
  await expect(page.getByLabel('Rows used').first()).toContainText('n = 240');
  await openTab(page, 'Stability');
  const counts = page.getByRole('region', { name: 'A new study' });
  await expect(counts).toBeVisible();
  await page.getByLabel('Subsets of variables').focus();
  for (const refits of ['200', '200', '200', '20', '20', '20']) {
    await page.keyboard.press('Control+A');
    await page.keyboard.type(refits);
    await page.keyboard.press('Tab');
  }
  await expect(page.getByText('620 refits, and those of the power view')).toBeVisible();
  await page.getByRole('button', { name: 'Run the study' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Signs', exact: true })).toBeVisible({
    timeout: 60_000,
  });
  for (const name of ['Signs over subsets of the variables', 'Held-out figures'])
    await expect(page.getByRole('figure', { name })).toBeVisible();
  await expect(
    page.getByRole('figure', { name: 'Opposite signs by number of rows' }),
  ).toBeVisible();
  await expect(page.getByText('Shares are of the refits that contain the term')).toBeVisible();
  await lookAt(page, 'regression-stability');
  for (const name of ['Signs', 'Held-out rows', 'Stability selection', 'Power', 'Reference']) {
    const section = page.getByRole('region', { name, exact: true });
    await section.screenshot({ path: `test-results/screenshots/regression-study-${name}.png` });
  }
});

test('a thousand columns are searched, correlated in part and fitted', async ({ page }) => {
  await page.getByLabel('Table').selectOption('wide.csv');
  await openTab(page, 'Correlations');
  await expect(page.getByText('The first 200 are shown.')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search columns' }).fill('x99');
  await page.getByRole('radio', { name: 'x990 is the outcome' }).check();
  await page.getByRole('checkbox', { name: 'x999 is a predictor' }).check();
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/statistics\/fit_/);
  await openTab(page, 'Columns');
  await lookAt(page, 'regression-wide');
});
