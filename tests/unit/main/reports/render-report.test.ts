import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { renderReport } from '../../../../main/reports/render-report.ts';
import type { FeatureDetail } from '../../../../shared/contract/features.ts';
import { sampleReport } from '../../../support/sample-report.ts';

const run = promisify(execFile);

/** The JSON documents that a page carries, by their name. */
function dataParts(page: string): Map<string, unknown> {
  const elements = page.matchAll(
    /<script type="application\/(json|gzip)" data-part="([^"]*)">([^<]*)<\/script>/g,
  );
  return new Map(
    [...elements].map(([, kind, name = '', text = '']) => [
      name,
      JSON.parse(kind === 'gzip' ? gunzipSync(Buffer.from(text, 'base64')).toString() : text),
    ]),
  );
}

const page = await renderReport(sampleReport({ features: 60 }));

describe('a report', () => {
  test('names its script and its style by their hashes and allows nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const script = /<script >([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
    const hash = (text: string): string =>
      `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
    expect(script.length).toBeGreaterThan(1000);
    expect(policy).toBe(
      `default-src &#39;none&#39;; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
  });

  test('refers to nothing outside itself', () => {
    const markup = page.replace(/<script[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/\b(src|srcset|action|background|poster)=/);
    expect(markup).not.toMatch(/href="(?!#)/);
    expect(markup).not.toMatch(/url\(|@import|http-equiv="refresh"/);
  });

  test('shows what features tell of ground truth, with the score that did not choose them', async () => {
    const report = sampleReport({ features: 3 });
    const recovery = [
      { property: 'told', share: 0.25, feature: 1, chosenAuc: 0.99, auc: 0.97, tokenAuc: 0.6 },
      { property: 'not told', share: 0.5, feature: 2, chosenAuc: 0.91, auc: 0.7, tokenAuc: 0.8 },
    ];
    const sections = report.sections.map((section) =>
      section.kind === 'features' ? { ...section, recovery } : section,
    );
    const markup = await renderReport({ ...report, sections });
    expect(markup).toContain('1 of 2 properties are told by one feature with an AUC above 0.9');
    expect(markup).toMatch(/<b>0\.970<\/b>/);
    expect(markup).toMatch(/0\.700/);
    expect(markup).not.toMatch(/<b>0\.700<\/b>/);
  });

  test('uses no style attributes and no event handlers', () => {
    expect(page).not.toMatch(/<[^>]*\s(style|on\w+)=/);
  });

  test('has each id once', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('links only to places that exist or to features that open from the data', () => {
    const ids = new Set([...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
    const lost = [...page.matchAll(/href="#([^"]*)"/g)]
      .map(([, id = '']) => id)
      .filter((id) => !ids.has(id) && !/^s3-f\d+$/.test(id));
    expect(lost).toEqual([]);
  });

  test('writes out the first features and carries all', () => {
    expect(page.match(/<article class="feature" id="s3-/g)).toHaveLength(24);
    const parts = dataParts(page);
    const features = [1, 2, 3].flatMap((part) =>
      parts.get(`s3-features-${part}`),
    ) as FeatureDetail[];
    expect(features.map((feature) => feature.row.feature)).toEqual(
      Array.from({ length: 60 }, (_, index) => index),
    );
  });

  test('numbers its figures and tables in the order of the page', () => {
    for (const name of ['Figure', 'Table']) {
      const numbers = [...page.matchAll(new RegExp(`<b>${name} (\\d+)\\.`, 'g'))].map(([, n]) =>
        Number(n),
      );
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan(1);
    }
  });

  test('carries every table at full precision', () => {
    const main = dataParts(page).get('report') as {
      tables: Record<string, { columns: string[]; rows: unknown[][] }>;
    };
    const table = main.tables['s4-coefficients'];
    expect(table?.columns).toContain('vif');
    expect(table?.rows[1]?.[table.columns.indexOf('vif')]).toBe('Infinity');
    expect(Object.keys(main.tables)).toEqual([
      's2-groups',
      's2-metrics',
      's2-runs',
      's3-features',
      's4-coefficients',
      's4-inflation',
      's4-conditions',
      's4-alone',
      's4-influence',
      's4-calibration',
      's4-shares',
      's4-adjusted',
      's5-worth',
      's5-features',
      's5-seeds',
      's6-objectives',
      's6-differences',
    ]);
  });

  test('tells what it leaves out', () => {
    const text = page.replace(/\s+/g, ' ');
    expect(text).toContain('1 group has one run only');
    expect(text).toContain('1 run did not succeed (failed)');
    expect(text).toContain('1,988 latents are left out; 8 of all 2,048 never fired');
    expect(text).toContain('200 rows that the filter removed');
    expect(text).toContain('50 rows in which a variable was missing');
    expect(text).toContain('<li>remark</li>');
  });

  test('puts a warning beside the term that it concerns', () => {
    const row = /<th scope="row"[^>]*>\s*<span class="term">term b<\/span>[\s\S]*?<\/tr>/.exec(
      page,
    )?.[0];
    expect(row).toContain('warning message');
    expect(row).toContain('<b class="high">5.50</b>');
  });

  test('shows an infinite VIF and a term that was left out', () => {
    const row = /<span class="term">term c<\/span>[\s\S]*?<\/tr>/.exec(page)?.[0];
    expect(row).toContain('left out');
    expect(row).toContain('∞');
  });

  test('tags a group of one run and gives it no interval', () => {
    const row = /<th scope="row"[^>]*>group 2<\/th>[\s\S]*?<\/tr>/.exec(page)?.[0];
    expect(row).toContain('n = 1');
    expect(row).not.toContain('±');
  });
});

test('compresses the same bytes everywhere: its data do not depend on zlib', () => {
  const packed = /application\/gzip"[^>]*>([^<]{24})/.exec(page)?.[1] ?? '';
  // No time of writing, and the operating system that fflate always writes.
  expect(Buffer.from(packed, 'base64').subarray(0, 10).toString('hex')).toBe(
    '1f8b0800000000000003',
  );
});

const script = `
import { renderReport } from './main/reports/render-report.ts';
import { sampleReport } from './tests/support/sample-report.ts';
import { createHash } from 'node:crypto';
const page = await renderReport(sampleReport({ features: 60, createdAt: Number(process.argv[1]) }));
const text = page.replaceAll(process.argv[2], '').replaceAll(process.argv[3], '');
console.log(createHash('sha256').update(text).digest('hex'));
`;

test('equal data give equal bytes in other time zones and locales, but for the time of writing', async () => {
  const surroundings = [
    ['Pacific/Kiritimati', 'de_DE.UTF-8', Date.UTC(2026, 0, 1, 0, 0)],
    ['America/St_Johns', 'tr_TR.UTF-8', Date.UTC(2026, 5, 30, 23, 59)],
    ['UTC', 'C', Date.UTC(2027, 11, 31, 12, 0)],
  ] as const;
  const hashes = await Promise.all(
    surroundings.map(async ([zone, locale, time]) => {
      const iso = new Date(time).toISOString();
      const shown = `${iso.slice(0, 16).replace('T', ' ')} UTC`;
      const { stdout } = await run(
        process.execPath,
        ['--input-type=module', '-e', script, String(time), iso, shown],
        { env: { ...process.env, TZ: zone, LANG: locale, LC_ALL: locale } },
      );
      return stdout.trim();
    }),
  );
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(hashes).size).toBe(1);
});
