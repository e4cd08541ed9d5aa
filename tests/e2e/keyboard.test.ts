import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, lookAt, test } from './support/assay-test.ts';
import { startServer, type Server } from './support/server.ts';
import { writeTrainedProject } from './support/trained-project.ts';

/*
 * Every page, reached and gone through without a mouse: each thing that can be pressed is reached by
 * Tab, shows that it has the focus, and lets it go again.
 */

const logs = resolve(import.meta.dirname, '../golden/eval-logs');

let server: Server;

test.beforeAll(async ({ scratch }) => {
  const project = join(scratch, 'keys');
  writeTrainedProject(project);
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${(i * 7) % 11},${(i * 5) % 13}`);
  writeFileSync(join(project, 'speed.csv'), `speed,mass,drag\n${rows.join('\n')}\n`);
  for (const name of ['bare.eval', 'scratchpad.eval'])
    cpSync(join(logs, name), join(project, name));
  server = await startServer(join(scratch, 'home-keyboard'), project);
});
test.afterAll(() => server.close());

/** Goes to a page through the palette. */
async function find(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

const pages: readonly {
  readonly name: string;
  readonly go: (page: Page) => Promise<void>;
  readonly heading: string | RegExp;
}[] = [
  { name: 'project', go: (page) => press(page, 'g', 'p'), heading: 'keys' },
  { name: 'runs', go: (page) => press(page, 'g', 'r'), heading: 'Runs' },
  { name: 'train', go: (page) => press(page, 'n'), heading: 'New training' },
  {
    name: 'run',
    go: async (page) => {
      await press(page, 'g', 'r');
      await page.getByRole('treegrid').focus();
      await press(page, 'ArrowDown', 'ArrowRight', 'ArrowDown', 'Enter');
    },
    heading: /two small seeds/,
  },
  { name: 'features', go: (page) => press(page, 'g', 'f'), heading: 'Features' },
  {
    name: 'feature',
    go: async (page) => {
      await page.getByRole('grid', { name: 'Features' }).focus();
      await press(page, 'ArrowDown', 'Enter');
    },
    heading: /^Feature \d+/,
  },
  { name: 'compare', go: (page) => press(page, 'g', 'c'), heading: 'Compare' },
  { name: 'new-comparison', go: (page) => press(page, 'n'), heading: 'New comparison' },
  { name: 'statistics', go: (page) => press(page, 'g', 's'), heading: /.+/ },
  {
    name: 'predictors',
    go: (page) => find(page, 'show features as predictors'),
    heading: 'Features as predictors',
  },
  {
    name: 'conditions',
    go: async (page) => {
      await find(page, 'show regressions');
      await find(page, 'show evaluations');
    },
    heading: 'Evaluation conditions',
  },
  { name: 'reports', go: (page) => press(page, 'g', 'e'), heading: 'Reports' },
  { name: 'jobs', go: (page) => press(page, 'g', 'j'), heading: 'Jobs' },
  { name: 'start', go: (page) => find(page, 'start page'), heading: 'Assay' },
];

/** What has the focus: what it is called, and whether one can see that. */
function focused(page: Page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return null;
    const { width, height } = element.getBoundingClientRect();
    const shows = (node: Element | null): boolean => {
      if (!node) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
      return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    };
    const inner = element.querySelector('[aria-selected=true], [data-active], .active, .current');
    const isIn = element.parentElement?.matches(':focus-within') ?? false;
    return {
      name: `${element.tagName.toLowerCase()} ${element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40)}`,
      hasBox: width > 0 && height > 0,
      isShown: shows(element) || shows(inner) || (isIn && shows(element.parentElement)),
    };
  });
}

/** Presses Tab until the focus has left the page; answers where it was on the way. */
async function tabThrough(page: Page) {
  const seen: NonNullable<Awaited<ReturnType<typeof focused>>>[] = [];
  // The palette gives the focus back after it has closed.
  await page.waitForTimeout(300);
  await page.evaluate(() => {
    // The next Tab goes to the first thing of the page.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  for (let press = 0; press < 300; press++) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    if (at === null) return { seen, isLeft: true };
    seen.push(at);
  }
  return { seen, isLeft: false };
}

test('every page is reached and gone through by keyboard alone', async ({ page }) => {
  test.setTimeout(480_000);
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  for (const { name, go, heading } of pages) {
    await test.step(name, async () => {
      await go(page);
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      const { seen, isLeft } = await tabThrough(page);
      expect(isLeft, `${name}: the focus can leave the page`).toBe(true);
      expect(seen.length, `${name}: what Tab reaches`).toBeGreaterThan(3);
      const hidden = seen.filter(({ hasBox, isShown }) => !hasBox || !isShown);
      expect(
        hidden.map((each) => each.name),
        `${name}: what does not show its focus`,
      ).toEqual([]);
      await lookAt(page, `keyboard-${name}`);
    });
  }
});
