import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { tinySpec, writeTinyProject } from '../support/tiny-project-files.ts';
import { expect, lookAt, test } from './support/assay-test.ts';
import { runAssay } from './support/run-assay.ts';
import { startServer, type Server } from './support/server.ts';

let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'compared');
  writeTinyProject(project);
  const spec = tinySpec({
    variants: [
      { objective: { sparsity: { coefficient: 0.2 } } },
      { objective: { sparsity: { coefficient: 0.8 } } },
      { objective: { preset: 'e2e', sparsity: { coefficient: 0.1 } } },
      { objective: { preset: 'e2e', sparsity: { coefficient: 0.4 } } },
    ],
    seeds: [0, 1],
    training: { sequences: 300, batch: 4, learningRate: 1e-3 },
    checkpointEvery: null,
    threads: 1,
  });
  writeFileSync(join(project, 'train.yaml'), JSON.stringify(spec));
  const home = join(scratch, 'home-compare');
  await runAssay(['run', join(project, 'train.yaml'), '--project', project], home);
  server = await startServer(home, project);
});
test.afterAll(() => server.close());

async function goToCompare(page: Page): Promise<void> {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeVisible();
}

test.setTimeout(360_000);

test('dictionaries are compared and looked at down to two features, by keyboard alone', async ({
  page,
}) => {
  await goToCompare(page);
  await expect(page.getByRole('heading', { name: 'No comparison yet' })).toBeVisible();
  await lookAt(page, 'compare-empty');

  await page.keyboard.press('n');
  const grid = page.getByRole('grid', { name: 'Dictionaries' });
  await expect(grid).toHaveAttribute('aria-rowcount', '9');
  await expect(page.getByRole('button', { name: 'Start comparison' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  for (let row = 0; row < 3; row++) await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText('4 of 8 dictionaries chosen')).toBeVisible();
  await lookAt(page, 'compare-new');
  await page.keyboard.press('Control+Enter');

  const list = page.getByRole('grid', { name: 'Comparisons' });
  await expect(list).toHaveAttribute('aria-rowcount', '2', { timeout: 60_000 });
  await page.keyboard.press('j');
  await lookAt(page, 'compare');
  await list.focus();
  await page.keyboard.press('Enter');

  const matrix = page.getByRole('group', { name: /^decoder cosine.*4 by 4 values/ });
  await expect(matrix).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Figures by group' })).toBeVisible();
  await lookAt(page, 'comparison');
  await matrix.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');

  await expect(page.getByRole('row', { name: /^A → B/ })).toBeVisible();
  await expect(page.getByText(/From A, each of \d+ features takes its best partner/)).toBeVisible();
  await expect(page.getByText(/are dropped\. The mean is/)).toBeVisible();
  const slider = page.getByRole('slider', { name: /Minimum activations/ });
  await expect(slider).toHaveAttribute('aria-valuetext', '10 activations');
  await slider.focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/min=0/);
  await expect(page.getByText(/^All \d+ features of/)).toBeVisible();
  await page.keyboard.press('End');
  await expect(page).toHaveURL(/min=1000/);
  for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuetext', '10 activations');

  const pairs = page.getByRole('grid', { name: 'Pairs of features' });
  await expect(pairs).toBeVisible();
  await pairs.focus();
  await page.keyboard.press('j');
  await expect(page).toHaveURL(/f=\d+/);
  await expect(page.getByRole('region', { name: /^Feature \d+ of/ })).toHaveCount(2);
  await expect(page.getByText(/^Top examples/).first()).toBeVisible();
  await lookAt(page, 'pair');
  await page.getByRole('heading', { name: 'Features and their partners' }).scrollIntoViewIfNeeded();
  await lookAt(page, 'pair-features');
});

test('pairs are filtered and sorted, and the address brings them back', async ({ page }) => {
  await goToCompare(page);
  await page.getByRole('grid', { name: 'Comparisons' }).getByText('tiny').first().dblclick();
  await expect(page.getByRole('group', { name: /4 by 4 values/ })).toBeVisible();
  await page.goto(page.url().replace(/(\/cmp_[0-9a-z]+).*$/, '$1/0-1?m=jaccard'));
  await page.reload();
  const shown = page.getByText(/of [\d,]+ pairs shown/);
  const all = await shown.textContent();
  await page.getByRole('combobox', { name: 'Mutual' }).selectOption('mutual alone');
  await expect(shown).not.toHaveText(all!);
  const pairs = page.getByRole('grid', { name: 'Pairs of features' });
  await expect(pairs.getByText('no', { exact: true })).toHaveCount(0);
  await pairs.getByRole('button', { name: 'Activations' }).click();
  await expect(page).toHaveURL(/sort=-count/);
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Mutual' })).toHaveValue('mutual');
  await page.keyboard.press('s');
  await expect(page).toHaveURL(/\/1-0\?/);
  await expect(shown).toBeVisible();
});

test('objectives are held against each other at equal L0 and at equal loss', async ({ page }) => {
  await goToCompare(page);
  await page.getByRole('tab', { name: 'Comparisons' }).click();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('figure', { name: /L0 against CE increase/ })).toBeVisible();
  await lookAt(page, 'compare-matched');
  await page.getByRole('radio', { name: 'at equal CE increase' }).check();
  await expect(page).toHaveURL(/equal=ceIncrease/);
  await page.getByRole('tab', { name: 'Error by layer' }).click();
  await expect(
    page.getByRole('heading', { name: 'No run was measured at later layers' }),
  ).toBeVisible();
});

test('a map is made, coloured, drawn upon and read as a table', async ({ page }) => {
  await page.goto(server.url);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: 'Features' })
    .click();
  await page.getByRole('link', { name: 'Map', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No map yet' })).toBeVisible();
  await page.getByLabel('Together with').selectOption({ index: 1 });
  await expect(page).toHaveURL(/with=dict_/);
  await lookAt(page, 'map-empty');
  await page.getByRole('button', { name: 'Make the map' }).click();
  const map = page.getByRole('group', { name: /^Decoder directions: 128 points/ });
  await expect(map).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('figure', { name: 'Decoder directions' })).toContainText(
    'n = 128 features',
  );

  const table = page.getByRole('grid', { name: 'Points of the map' });
  await table.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(/p=\d+/);
  await expect(
    page.getByRole('complementary', { name: 'Inspector' }).getByText(/^Feature \d+/),
  ).toBeVisible();

  await page.getByRole('radio', { name: 'Box' }).check();
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + 4, box.y + 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width - 4, box.y + box.height - 4);
  await page.mouse.up();
  await expect(page.getByText('128 features', { exact: true })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Name of the region' })).toHaveValue('A');
  await lookAt(page, 'map');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  expect((await download).suggestedFilename()).toBe('regions.json');

  await page.getByLabel('Colour').selectOption('density');
  await expect(page).toHaveURL(/color=density/);
  await map.focus();
  for (const key of ['+', '+', 'ArrowLeft']) await page.keyboard.press(key);
  await expect(page.getByRole('button', { name: 'Show all' })).toBeEnabled();
  await lookAt(page, 'map-zoomed');
  await page.keyboard.press('0');
  await expect(page.getByRole('button', { name: 'Show all' })).toBeDisabled();
});
