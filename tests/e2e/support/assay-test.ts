import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';

interface Fixtures {
  /** A page that must report no error and no breach of its content policy. */
  readonly page: Page;
}

interface WorkerFixtures {
  /** A folder that is gone after the tests. */
  readonly scratch: string;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  scratch: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of a fixture's needs
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()}`);
    });
    await use(page);
    expect(problems, 'errors that the page reported').toEqual([]);
  },
});

export { expect } from '@playwright/test';

const screenshots = 'test-results/screenshots';

/** Keeps a picture of a page in both themes, and holds both against axe: nothing serious may be found. */
export async function lookAt(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${screenshots}/${name}-${scheme}.png` });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
    expect(serious, `what axe finds on ${name} (${scheme})`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
