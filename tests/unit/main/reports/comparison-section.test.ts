import { expect, test } from 'vitest';
import { renderReport } from '../../../../main/reports/render-report.ts';
import { sampleComparison } from '../../../support/sample-comparison.ts';
import { sampleReport } from '../../../support/sample-report.ts';

/** What a reader sees. */
async function shown(section = sampleComparison()): Promise<string> {
  const page = await renderReport({ ...sampleReport(), sections: [section] });
  return page.slice(page.indexOf('<main'), page.indexOf('</main>')).replace(/\s+/g, ' ');
}

test('a comparison shows groups, both directions with intervals, chance and what was dropped', async () => {
  const page = await shown();
  expect(page).toContain('local, across seeds');
  expect(page).toContain('e2e, across seeds');
  expect(page).toMatch(/0\.800? ± 0\.010?/);
  expect(page).toMatch(/0\.600? ± 0\.010?/);
  expect(page).toContain('0.850, 0.650');
  expect(page).toContain('4 of the 20 features of dictionary 0');
  expect(page).toContain('pairs share seeds, so it is no test');
  expect(page).toContain('They differ most in dictionaries 0 and 1 by decoder cosine');
  expect(page).toContain('one is claimed by 4');
  expect(page.match(/stroke-dasharray/g)).toHaveLength(2);
  expect(page.match(/<figure/g)).toHaveLength(2);
});

test('a single pair draws its two directions, open and with bootstrap bands', async () => {
  const page = await shown(sampleComparison(true));
  expect(page).toContain('</svg >A to B');
  expect(page).toContain('bands are 95 % bootstrap intervals over features');
  expect(page).not.toContain('across seeds</th>');
  expect(page).toMatch(/<details class="more" open>/);
});
