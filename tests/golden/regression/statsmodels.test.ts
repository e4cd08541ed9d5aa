import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../main/formats/table.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { fitTable, relativeError } from '../../support/regression.ts';

interface Reference {
  readonly family: 'gaussian' | 'binomial';
  readonly formula: string;
  readonly filter: string | null;
  readonly terms: readonly string[];
  readonly vif?: readonly number[];
  readonly [figure: string]: unknown;
}

const { fits } = JSON.parse(readFileSync(join(import.meta.dirname, 'fits.json'), 'utf8')) as {
  fits: Reference[];
};

let table: Table;
beforeAll(async () => {
  table = await readTable(join(import.meta.dirname, 'table.csv'));
});

const columns = ['estimate', 'se', 'statistic', 'p', 'low', 'high'] as const;
const figures = [
  'n',
  'dropped',
  'filteredOut',
  'rowsInTable',
  'logLik',
  'deviance',
  'nullDeviance',
  'aic',
  'bic',
  'r2',
  'adjustedR2',
  'sigma',
  'fStatistic',
  'fP',
  'accuracy',
] as const;

describe('fits agree with statsmodels', () => {
  it.each(fits)('$family: $formula [$filter]', (reference) => {
    const tolerance = reference.family === 'gaussian' ? 1e-9 : 1e-7;
    const fit = fitTable(table, reference.formula, {
      family: reference.family,
      ...(reference.filter === null ? {} : { filter: reference.filter }),
    });
    expect(fit.coefficients.map(({ term }) => term)).toEqual(reference.terms);
    for (const key of columns) {
      const expected = reference[key] as number[];
      fit.coefficients.forEach((row, k) =>
        expect(relativeError(row[key] as number, expected[k]!), `${key} of ${row.term}`).toBeLessThan(
          tolerance,
        ),
      );
    }
    const compared = figures.filter((key) => key in reference && skipped(key, fit.spec.formula) === false);
    expect(compared.length).toBeGreaterThan(6);
    for (const key of compared)
      expect(relativeError(fit[key] as number, reference[key] as number), key).toBeLessThan(tolerance);
  });

  const withInflation = fits.filter(({ vif }) => vif);
  it.each(withInflation)('variance inflation in $formula', (reference) => {
    const fit = fitTable(table, reference.formula, {
      family: reference.family,
      ...(reference.filter === null ? {} : { filter: reference.filter }),
    });
    fit.coefficients.slice(1).forEach(({ term, vif }, k) => {
      // Terms with several columns have a generalised factor, which statsmodels does not offer.
      if (/^site|^factor/.test(term)) return;
      expect(relativeError(Number(vif), reference.vif![k]!), term).toBeLessThan(1e-9);
    });
  });
});

/** statsmodels compares with the intercept-only model even where the formula has no intercept. */
function skipped(key: string, formula: string): boolean {
  const none = formula.includes('- 1') || formula.includes('~ 0');
  return none && ['nullDeviance', 'r2', 'adjustedR2', 'fStatistic', 'fP'].includes(key);
}
