import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportData } from '../../main/reports/report-data.ts';
import { writeReport } from '../../main/reports/write-report.ts';
import { visibleText, visibleToken } from '../../shared/text.ts';
import { findChromium, launchChromium, missingChromium } from '../support/chromium.ts';
import { hostileTexts } from '../support/hostile-text.ts';
import { sampleReport, type Fill, type SampleOptions } from '../support/sample-report.ts';

/** What a page did that a report must never do. */
interface Deeds {
  readonly requests: string[];
  readonly dialogs: string[];
  readonly errors: string[];
}

const chromium = findChromium();
const title =
  chromium === undefined ? `a report in Chromium (${missingChromium})` : 'a report in Chromium';

describe.skipIf(chromium === undefined)(title, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), 'assay-report-'));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  async function write(data: ReportData): Promise<string> {
    const path = join(folder, 'report.html');
    await writeReport(path, data);
    return path;
  }

  /** Opens a report from disk with the network off and calls `look` once its script is ready. */
  async function open(
    options: SampleOptions & { scripts?: boolean; dark?: boolean },
    look: (page: Page, deeds: Deeds) => Promise<void>,
  ): Promise<void> {
    const path = await write(sampleReport(options));
    const context = await browser.newContext({
      offline: true,
      javaScriptEnabled: options.scripts ?? true,
      colorScheme: options.dark ? 'dark' : 'light',
    });
    const page = await context.newPage();
    // A busy machine takes long; the test's own limit is what counts.
    page.setDefaultTimeout(110_000);
    const deeds: Deeds = { requests: [], dialogs: [], errors: [] };
    page.on('request', (request) => deeds.requests.push(request.url().slice(0, 200)));
    page.on('dialog', (dialog) => {
      deeds.dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => deeds.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') deeds.errors.push(message.text());
    });
    try {
      const address = pathToFileURL(path).href;
      await page.goto(address);
      if (options.scripts ?? true) await page.waitForSelector('html[data-ready]');
      await look(page, deeds);
      expect(deeds.requests.filter((url) => url !== address)).toEqual([]);
      expect(deeds.dialogs).toEqual([]);
      expect(deeds.errors).toEqual([]);
    } finally {
      await context.close();
    }
  }

  /** A text for each slot, the same one each time that the slot is asked for. */
  function fillWith(texts: readonly string[]): { fill: Fill; used: Map<string, string> } {
    const used = new Map<string, string>();
    const fill: Fill = (slot) => {
      const known = used.get(slot);
      if (known !== undefined) return known;
      const text = texts[used.size % texts.length] ?? '';
      used.set(slot, text);
      return text;
    };
    return { fill, used };
  }

  /** Elements and the names of their attributes: what text from data must not be able to change. */
  function skeleton(page: Page): Promise<string[]> {
    return page.evaluate(`[...document.querySelectorAll('*')].map(
      (element) => element.tagName + ' ' + element.getAttributeNames().sort().join(' '))`);
  }

  /** Every text node and every title and label of the page. */
  function texts(page: Page): Promise<string[]> {
    return page.evaluate(`[
      document.title,
      ...[...document.querySelectorAll('[title],[aria-label]')].flatMap((element) => [
        element.getAttribute('title') ?? '', element.getAttribute('aria-label') ?? '']),
      ...[...document.querySelectorAll('body, body *:not(script)')].flatMap((element) =>
        [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.nodeValue)),
    ]`);
  }

  function wasRun(page: Page): Promise<boolean> {
    return page.evaluate(`'pwned' in window`);
  }

  /** Slots whose text is in the data only, or in a spec, where YAML quotes it. */
  const unseen = ['engine', 'run name 1', 'spec name'];

  /** A slot's text is part of a text of the page, letter by letter, but for what is made visible. */
  function isShown(slot: string, text: string, shown: readonly string[]): boolean {
    const feature = Number(/ (\d+)$/.exec(slot)?.[1] ?? 0);
    if (unseen.includes(slot) || feature >= 24) return true;
    const forms = [
      visibleText(text).trim(),
      // Paragraphs end without blanks of any kind.
      visibleText(text.trim()),
      visibleToken(text),
      visibleToken(text, { spaces: true }),
    ];
    return forms.some((form) => shown.some((one) => one.includes(form)));
  }

  /** All embedded data, put together as the page itself would download them. */
  async function embedded(page: Page): Promise<unknown> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download all as JSON' }).click(),
    ]);
    return JSON.parse(await readFile(await download.path(), 'utf8'));
  }

  // One report of thirty features has 249 slots; together the batches put in a thousand texts.
  const slots = 249;
  const batches = Array.from({ length: 5 }, (_, batch) =>
    hostileTexts(5 * slots).slice(batch * slots, (batch + 1) * slots),
  );

  test.each(batches.map((batch, index) => ({ batch, index })))(
    'shows hostile text as text, in every slot (batch $index)',
    async ({ batch }) => {
      const { fill, used } = fillWith(batch);
      const options: SampleOptions = { fill, features: 30 };
      let plain: string[] = [];
      await open({ features: 30, fill: (slot) => slot }, async (page) => {
        plain = await skeleton(page);
      });
      await open(options, async (page) => {
        expect(used.size).toBe(slots);
        expect(await skeleton(page)).toEqual(plain);
        const shown = await texts(page);
        const lost = [...used].filter(([slot, text]) => !isShown(slot, text, shown));
        expect(lost).toEqual([]);
        expect(await wasRun(page)).toBe(false);
        expect(await page.title()).toBe(visibleText(fill('title')).replace(/\s+/g, ' ').trim());
      });
    },
    120_000,
  );

  test('carries hostile text in its data exactly as it was', async () => {
    const { fill } = fillWith(hostileTexts(400));
    const report = sampleReport({ fill, features: 30 });
    const features = report.sections.flatMap((section) =>
      section.kind === 'features' ? [...(section.features as Iterable<object>)] : [],
    );
    await open({ fill, features: 30 }, async (page) => {
      const data = (await embedded(page)) as { title: string; sections: Record<string, unknown>[] };
      const [text, runs, shown, fit] = data.sections;
      expect(data.title).toBe(report.title);
      expect(text).toEqual(report.sections[0]);
      expect(runs).toEqual(report.sections[1]);
      expect(fit).toEqual(report.sections[3]);
      expect(shown?.['features']).toMatchObject(
        features.map(
          (feature) => JSON.parse(JSON.stringify({ ...feature, groups: undefined })) as object,
        ),
      );
    });
  });

  test('opens features from its data with hostile text, which stays text', async () => {
    const { fill, used } = fillWith(hostileTexts(200, 7));
    await open({ fill, features: 60 }, async (page) => {
      await page.getByRole('button', { name: 'Next' }).click();
      await page.waitForSelector('#s3-f24');
      const token = visibleText(used.get('neighbour label 24') ?? '');
      await expect(page.locator('#s3-f24').textContent()).resolves.toContain(token);
      expect(await wasRun(page)).toBe(false);
    });
  });

  test.each(['title', 'group 1', 'feature label 0', 'term a', 'text', 'commit', 'warning message'])(
    'shows a text of a megabyte in the slot "%s"',
    async (slot) => {
      const long = `<b>${'long '.repeat((1 << 20) / 5 - 2)}</b>`;
      let left = slot === 'token 0' ? 1 : Infinity;
      const fill: Fill = (name) => (name === slot && left-- > 0 ? long : name);
      await open({ fill, features: 2 }, async (page) => {
        expect((await texts(page)).some((text) => text.includes(long))).toBe(true);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(width).toBeLessThan(1300);
      });
    },
    120_000,
  );

  test('shows the first thousand characters of a token of a megabyte, and has all of it', async () => {
    const long = `<b>${'long '.repeat((1 << 20) / 5 - 2)}</b>`;
    let left = 1;
    const fill: Fill = (name) => (name === 'token 0' && left-- > 0 ? long : name);
    await open({ fill, features: 2 }, async (page) => {
      const shown = (await texts(page)).filter((text) => text.includes('long long'));
      expect(shown).toEqual([`${long.slice(0, 1000)}… (1,048,572 characters)`]);
      expect(JSON.stringify(await embedded(page))).toContain(long);
    });
  });

  test('is complete without scripts', async () => {
    await open({ scripts: false, features: 40 }, async (page) => {
      expect(await page.locator('article.feature').count()).toBe(24);
      expect(await page.locator('#s3-features tbody tr').count()).toBe(40);
      expect(await page.locator('#s4 .whiskers circle').count()).toBe(2);
      expect(await page.locator('button').count()).toBe(0);
    });
  });

  test('sorts a table by its full values, what is missing last', async () => {
    await open({}, async (page) => {
      const terms = (): Promise<string[]> =>
        page.locator('#s4-coefficients span.term').allTextContents();
      await page.getByRole('button', { name: 'estimate', exact: true }).click();
      expect(await terms()).toEqual(['(Intercept)', 'term b', 'term a', 'term c']);
      await page.getByRole('button', { name: 'estimate', exact: true }).click();
      expect(await terms()).toEqual(['term a', 'term b', '(Intercept)', 'term c']);
      expect(await page.locator('#s4-coefficients th[aria-sort=ascending]').count()).toBe(1);
      await page
        .locator('#s4-coefficients')
        .getByRole('button', { name: 'VIF', exact: true })
        .click();
      expect(await terms()).toEqual(['term a', 'term c', 'term b', '(Intercept)']);
    });
  });

  test('downloads a table as CSV that a spreadsheet cannot run, at full precision', async () => {
    await open({ fill: (slot) => (slot === 'term a' ? '=HYPERLINK("x")' : slot) }, async (page) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#s4-coefficients').getByRole('button', { name: 'CSV' }).click(),
      ]);
      const rows: string[][] = parse(await readFile(await download.path(), 'utf8'));
      expect(rows[0]?.slice(0, 3)).toEqual(['term', 'estimate', 'se']);
      expect(rows[2]?.slice(0, 3)).toEqual([`'=HYPERLINK("x")`, '-2.25', '0.25']);
    });
  });

  test('pages follow the order and the filter of the table', async () => {
    await open({ features: 60 }, async (page) => {
      const first = (): Promise<string | null> =>
        page.locator('article.feature h4 a').first().textContent();
      await page.locator('#s3-features').getByRole('button', { name: 'feature' }).click();
      await page.waitForSelector('#s3-f59');
      expect(await first()).toBe('59');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.waitForSelector('#s3-f35');
      expect(await first()).toBe('35');
      await page.locator('#s3-features').getByRole('searchbox').fill('feature label 57');
      await page.waitForSelector('#s3-f57');
      expect(await page.locator('article.feature').count()).toBe(1);
      expect(await page.locator('.pager').textContent()).toContain('1 to 1 of 1 features');
      await page.locator('#s3-features').getByRole('searchbox').fill('nothing like this');
      await page.waitForFunction(`document.querySelector('article.feature') === null`);
      expect(await page.locator('.pager').textContent()).toContain('no feature matches');
    });
  });

  test('a link to a feature that is not written out opens it', async () => {
    await open({ features: 60 }, async (page) => {
      await page.locator('#s3-features a', { hasText: /^58$/ }).click();
      await page.waitForSelector('#s3-f58');
      expect(await page.locator('#s3-f58').isVisible()).toBe(true);
    });
  });

  test.each([false, true])('has no accessibility violations (dark: %s)', async (dark) => {
    await open({ features: 30, dark }, async (page) => {
      for (const fold of await page.locator('details').all())
        await fold.evaluate((element) => {
          (element as unknown as { open: boolean }).open = true;
        });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
      ).toEqual([]);
    });
  });

  test('says so where its data cannot be read, and stays readable', async () => {
    const path = await write(sampleReport({ features: 40 }));
    const broken = (await readFile(path, 'utf8')).replace(/(data-part="report">).{40}/, '$1');
    const page = await browser.newPage({ offline: true });
    await page.setContent(broken);
    await page.waitForSelector('.problem');
    expect(await page.locator('.problem').textContent()).toContain('could not be read');
    expect(await page.locator('article.feature').count()).toBe(24);
    await page.close();
  });
});
