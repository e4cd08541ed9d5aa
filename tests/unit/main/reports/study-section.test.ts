import { expect, test } from 'vitest';
import { renderReport } from '../../../../main/reports/render-report.ts';
import { sampleReport, sampleStudy } from '../../../support/sample-report.ts';

const study = sampleStudy((slot) => slot);

async function render(section: typeof study): Promise<string> {
  const page = await renderReport({ ...sampleReport(), sections: [section] });
  return page.replace(/\s+/g, ' ');
}

/** What a reader sees. */
function shown(page: string): string {
  return page.slice(page.indexOf('<main'), page.indexOf('</main>'));
}

test('a study shows means with intervals, paired differences and who is not matched', async () => {
  const page = shown(await render(study));
  expect(page).toContain('objective b − objective a');
  // L0 20, 20.1, 20.2 against 30, 30.1, 30.2: equal differences have an interval without width.
  expect(page).toMatch(/20\.10 ± 0\.25/);
  expect(page).toMatch(/>10 ± 0</);
  expect(page).toMatch(/objective b <span class="tag">not matched<\/span>/);
  expect(page).not.toMatch(/objective a <span class="tag">/);
  expect(page).toContain('objective b was not matched: its L0 is 30.1');
});

test('its figures are drawn from the runs, trials hollow, pilots apart', async () => {
  const page = shown(await render(study));
  expect(page).toContain('objective a 1.25, seed 1: L0 20.1, CE increase');
  expect(page).toMatch(
    /<g class="hollow"><polygon[^>]*><title>objective b 1\.50, seed 1: L0 40\.1/,
  );
  expect(page).toContain('4 pilots');
  expect(page).toContain('It minimised mean squared error + 0.500 × (1/d)');
  const bare = shown(await render({ ...study, trials: [], pilots: [] }));
  expect(bare).not.toContain('pilots</summary>');
  expect(bare).not.toContain('<g class="hollow">');
});

test('the embedded data hold its tables at full precision', async () => {
  const page = await render(study);
  const [, data = ''] = /data-part="report">([^<]*)</.exec(page) ?? [];
  const { tables } = JSON.parse(data) as { tables: Record<string, { rows: unknown[][] }> };
  expect(Object.keys(tables)).toEqual(['s1-objectives', 's1-differences']);
  expect(tables['s1-objectives']!.rows[0]!.slice(0, 3)).toEqual(['objective a', 1.25, 3]);
});
