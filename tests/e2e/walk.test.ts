import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';

/*
 * What a new user does, on the sample project, with the real host, worker and files: open, train,
 * browse features, fit, report. One page throughout, as a user has it.
 */

let server: Server;

test.beforeAll(async ({ scratch }) => {
  server = await startServer(join(scratch, 'home-walk'));
});
test.afterAll(() => server.close());

function go(page: Page, name: string) {
  return page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
}

/** How far the newest point of the first curve is; 0 while there is none. */
async function tokensDrawn(page: Page): Promise<number> {
  const text = await page.getByRole('main').innerText();
  return Number(/training tokens\s+([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
}

test('from the start page to a report that opens without a network', async ({
  page,
  scratch,
  browser,
}) => {
  test.setTimeout(480_000);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Open the sample project' }).click();
  await expect(page.getByRole('heading', { name: 'Language models' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Labels per token' })).toBeVisible();
  await lookAt(page, 'project');

  // Train, on less than the demo does.
  await page.getByRole('link', { name: 'Train it' }).first().click();
  await expect(page.getByRole('heading', { name: 'New training' })).toBeVisible();
  await page.getByLabel('Sequences', { exact: true }).first().fill('-3');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Start training' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await page.getByLabel('Sequences', { exact: true }).first().fill('2400');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled();
  await lookAt(page, 'train');
  await page.getByRole('button', { name: 'Start training' }).click();

  // The curve moves while it trains.
  await expect(page.getByRole('heading', { level: 1, name: 'story attention' })).toBeVisible();
  await expect(page.getByRole('progressbar').first()).toBeVisible();
  await expect.poll(() => tokensDrawn(page), { timeout: 60_000 }).toBeGreaterThan(0);
  const early = await tokensDrawn(page);
  await page.screenshot({ path: 'test-results/screenshots/run-live.png' });
  await expect.poll(() => tokensDrawn(page), { timeout: 60_000 }).toBeGreaterThan(early);
  expect(await page.getByText('succeeded').count(), 'it still trains').toBe(0);
  await expect(page.getByText('succeeded').first()).toBeVisible({ timeout: 180_000 });
  await lookAt(page, 'run');

  await go(page, 'Runs');
  await expect(page.getByRole('treegrid').getByText('story attention')).toBeVisible();
  await lookAt(page, 'runs');

  await go(page, 'Features');
  const features = page.getByRole('grid', { name: 'Features' });
  await expect(features).toHaveAttribute('aria-rowcount', '145');
  await features.getByRole('button', { name: 'AUC' }).click();
  await lookAt(page, 'features-sample');
  await features.getByRole('row').nth(1).click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /^Feature \d+/, level: 1 })).toBeVisible();
  const ownText = page.getByRole('textbox', { name: 'Text to run the model on' });
  await expect(ownText).toBeVisible();
  await page.keyboard.press('t');
  await expect(ownText).toBeFocused();
  await page.keyboard.type('Mira said, "We do not like the old house."');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(/Mira/).first()).toBeVisible();
  await lookAt(page, 'feature-sample');

  await go(page, 'Project');
  await page.getByRole('link', { name: 'Fit a regression' }).first().click();
  await expect(page.getByText(/simulated/i).first()).toBeVisible();
  await page
    .getByLabel('Formula')
    .fill(
      'got_cheese ~ steps_cheese_decision + steps_decision_corner + steps_cheese_corner + euclid_cheese_corner',
    );
  await page.keyboard.press('Tab');
  await expect(
    page.getByText('steps_cheese_corner = steps_cheese_decision + steps_decision_corner').first(),
  ).toBeVisible();
  await page.keyboard.press('Control+Enter');
  const coefficients = page.getByRole('grid', { name: 'Coefficients' });
  await expect(coefficients.getByText('left out', { exact: true })).toBeVisible();
  await expect(coefficients.getByText('∞', { exact: true })).toHaveCount(3);
  await lookAt(page, 'statistics');

  // A label of the sample's tokens from the features that were just trained.
  await page.getByRole('tab', { name: 'Features as predictors' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing has been predicted yet' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Predict/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await page
    .getByLabel('Labels', { exact: true })
    .selectOption({ label: 'labels that came with the tokens' });
  await page.getByLabel('Label', { exact: true }).selectOption('question');
  await lookAt(page, 'prediction-form');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { name: 'question from features' })).toBeVisible({
    timeout: 120_000,
  });
  await expect(page.getByText(/AUC 0\.\d+, accuracy .* against a base rate/).first()).toBeVisible();
  const selected = page.getByRole('grid', { name: 'Selected features' });
  await expect(selected.getByRole('row').nth(1)).toBeVisible();
  await expect(page.getByText('assay predict dict_')).toBeVisible();
  await lookAt(page, 'prediction');
  await page.getByRole('button', { name: 'Report', exact: true }).click();
  await expect(
    page.getByRole('region', { name: 'Section 1: Features as predictors' }),
  ).toBeVisible();

  await page.getByLabel('Title').fill('What the walk found');
  for (const kind of ['Runs', 'Features', 'Fit']) {
    await page.getByRole('button', { name: 'Add a section' }).click();
    await page.getByRole('menuitem', { name: kind, exact: true }).click();
  }
  await page.getByRole('button', { name: 'Write the report' }).click();
  await expect(page.frameLocator('iframe').getByRole('heading', { level: 1 })).toHaveText(
    'What the walk found',
    { timeout: 60_000 },
  );
  await lookAt(page, 'reports');
  await go(page, 'Jobs');
  await lookAt(page, 'jobs');

  // The report, as a colleague gets it: from disk, with the network off.
  await page.goBack();
  const path = /\.assay\/reports\/rep_\w+\.html/.exec(
    await page.getByRole('main').innerText(),
  )?.[0];
  const file = join(scratch, 'home-walk', 'sample', path ?? 'no path shown');
  expect(existsSync(file)).toBe(true);
  const context = await browser.newContext({ offline: true });
  const report = await context.newPage();
  const requests: string[] = [];
  report.on('request', (request) => requests.push(request.url()));
  await report.goto(pathToFileURL(file).href);
  await expect(report.getByRole('heading', { level: 1 })).toHaveText('What the walk found');
  await expect(report.getByText('steps_cheese_corner').first()).toBeVisible();
  await expect(report.getByRole('heading', { name: 'question from features' })).toBeVisible();
  expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
  await lookAt(report, 'report');
  await context.close();
});
