import { expect, test } from 'vitest';
import { RandomStream } from '../../../../main/compute/random.ts';
import { renderReport } from '../../../../main/reports/render-report.ts';
import { sampleReport } from '../../../support/sample-report.ts';
import { study } from '../../../support/stability.ts';

test('a report says signs, failures, accuracy, selection and power of a study', async () => {
  const random = new RandomStream(5, 999);
  const [a, b, c] = [random.normals(60), random.normals(60), random.normals(60)];
  const y = a.map((value, i) => Number(value + 0.8 * b[i]! + random.uniform() > 0.5));
  const result = await study(
    { a, b, c, y },
    { penalty: { kind: 'l1', convention: 'liblinear', strength: 1 } },
  );
  const detail = { ...result, id: 'stability_000000', name: 'a <study>', createdAt: 0 };
  const section = { kind: 'stability', study: detail } as const;
  const page = await renderReport({ ...sampleReport(), sections: [section] });
  const shown = page.slice(page.indexOf('<main'), page.indexOf('</main>'));
  expect(shown).toContain('a &lt;study&gt;');
  expect(shown).toContain('Random subsets of the variables');
  expect(shown).toMatch(/<rect\s+class="mark"/);
  expect(shown).toContain('the intercept is penalised like any coefficient');
  expect(shown).toContain('paired by split');
  expect(shown).toContain('Falsely selected ones expected');
  expect(shown).toContain('share of opposite signs');
  expect(shown).not.toContain('NaN');
});
