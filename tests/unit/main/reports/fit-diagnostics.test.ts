import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../main/compute/random.ts';
import { diagnose } from '../../../../main/compute/regression/diagnostics/diagnose.ts';
import { finish } from '../../../../main/compute/steps.ts';
import { renderReport } from '../../../../main/reports/render-report.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import { fitTable, specOf, tableFromText } from '../../../support/regression.ts';
import { sampleReport } from '../../../support/sample-report.ts';

const random = new RandomStream(9, 999);
const lines = Array.from({ length: 80 }, (_, i) => {
  const [a, noise] = [random.uniform(), random.uniform()];
  const b = a + 0.05 * random.uniform();
  const y = i === 40 ? 30 : a - 2 * b + noise;
  return `${y},${Number(y + noise > 0.1)},${a},${b},${['x', 'y', 'z'][i % 3]}`;
});
const text = ['y,won,a,b,g', ...lines].join('\n');

async function shown(formula: string, options: Partial<RegressSpec>): Promise<string> {
  const table = await tableFromText(text);
  const spec = specOf(table, formula, options);
  const fit = { ...fitTable(table, formula, spec), id: 'fit_000000', name: '<fit>', createdAt: 0 };
  const diagnostics = finish(diagnose(table, spec));
  const sections = [{ kind: 'fit' as const, fit, diagnostics }];
  const page = await renderReport({ ...sampleReport(), sections });
  return page.slice(page.indexOf('<main'), page.indexOf('</main>'));
}

describe('the report of a fit with its diagnostics', () => {
  it('names the row that decides, and the variables that hang together', async () => {
    const page = await shown('y ~ a + b + g', {});
    expect(page).toMatch(/Largest Cook’s distance: [\d.]+ in row\s+41/);
    expect(page).toContain('Residuals of all rows.');
    expect(page).toContain('Breusch–Pagan');
    expect(page).toContain('Generalised variance inflation');
    expect(page).toMatch(/a 1\.00, b 1\.00/);
    expect(page).toContain('Shares of R²');
    expect(page).toContain('p corrected for');
    expect(page).not.toMatch(/NaN(?!, nan)|undefined/);
  });

  it('shows calibration and ROC of a logistic fit, and no shares of R²', async () => {
    const page = await shown('won ~ a + g', { family: 'binomial' });
    expect(page).toContain('aria-label="Calibration"');
    expect(page).toContain('aria-label="ROC curve"');
    expect(page).toContain('Each variable by itself, and with all others held fixed.');
    expect(page).toContain('Not calculated: importance.');
    expect(page).not.toContain('(LMG, Shapley)');
    expect(page).not.toMatch(/NaN(?!, nan)|undefined/);
  });

  it('says where no columns hang together', async () => {
    expect(await shown('y ~ a', {})).toContain('No condition index reaches 10');
  });
});
