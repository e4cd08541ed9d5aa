import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { buildDesign } from '../../../main/compute/regression/design.ts';
import { factorise } from '../../../main/compute/regression/factorise.ts';
import { summariseExactly } from '../../../main/compute/regression/exact-summary.ts';
import { buildModelFrame } from '../../../main/compute/regression/model-frame.ts';
import { solveUpper, inverseDiagonal, invertUpper } from '../../../main/compute/linalg/triangular.ts';
import { finish } from '../../../main/compute/steps.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { fitTable, relativeError, tableFromColumns } from '../../support/regression.ts';

/** NIST's certified values, see extract.py. */
interface Certified {
  readonly estimates: readonly string[];
  readonly se: readonly string[];
  readonly residualSd: string;
  readonly r2: string;
  readonly rows: readonly (readonly string[])[];
}

const committed = JSON.parse(readFileSync(join(import.meta.dirname, 'nist.json'), 'utf8')) as Record<
  string,
  Certified
>;

function toTable(rows: readonly (readonly string[])[]): Table {
  const names = rows[0]!.length === 2 ? ['y', 'x'] : rows[0]!.map((_, k) => (k ? `x${k}` : 'y'));
  return tableFromColumns(
    Object.fromEntries(names.map((name, k) => [name, rows.map((row) => Number(row[k]))])),
  );
}

function formulaOf(columns: number, estimates: number, intercept: boolean): string {
  const terms =
    columns > 2
      ? ['.']
      : Array.from({ length: intercept ? estimates - 1 : estimates }, (_, k) =>
          k === 0 ? 'x' : `I(x^${k + 1})`,
        );
  return `y ~ ${terms.join(' + ')}${intercept ? '' : ' - 1'}`;
}

/** Significant digits that agree, at most 15; where NIST certifies 0, leading zeros after the point. */
function digits(value: number | null, certified: string): number {
  return Math.min(15, -Math.log10(relativeError(value, Number(certified))));
}

function worstDigits(fit: FitResult, certified: Certified, key: 'estimate' | 'se'): number {
  const reference = key === 'estimate' ? certified.estimates : certified.se;
  expect(fit.coefficients).toHaveLength(reference.length);
  return Math.min(...fit.coefficients.map((row, k) => digits(row[key], reference[k]!)));
}

/**
 * Digits that plain Householder QR in doubles reaches (rounded down), for coefficients and standard
 * errors. The fit itself must reach 13: problems of this size are solved in double-double arithmetic.
 */
const floors: Readonly<Record<string, readonly [number, number]>> = {
  Norris: [12, 13],
  NoInt1: [14, 14],
  NoInt2: [14, 14],
  Filip: [8, 8],
  Longley: [10, 12],
  Wampler1: [9, 9],
  Wampler2: [13, 14],
  Wampler3: [9, 13],
  Wampler5: [5, 13],
};

function checkSet(name: string, exact: boolean): void {
  const certified = committed[name]!;
  const table = toTable(certified.rows);
  const columns = certified.rows[0]!.length;
  const formula = formulaOf(columns, certified.estimates.length, !name.startsWith('NoInt'));
  const fit = fitTable(table, formula, exact ? { exact } : {});
  const [estimates, se] = floors[name]!;
  expect(worstDigits(fit, certified, 'estimate')).toBeGreaterThanOrEqual(Math.max(13, estimates));
  expect(worstDigits(fit, certified, 'se')).toBeGreaterThanOrEqual(Math.max(13, se));
  expect(digits(fit.sigma, certified.residualSd)).toBeGreaterThanOrEqual(13);
  expect(digits(fit.r2, certified.r2)).toBeGreaterThanOrEqual(13);
}

describe('NIST linear sets', () => {
  it.each(Object.keys(floors))('%s agrees to at least 13 digits', (name) => checkSet(name, false));

  it.each(Object.keys(floors))('%s agrees to at least 13 digits in exact mode', (name) =>
    checkSet(name, true),
  );

  it('Filip is fitted with all eleven columns and warns about its conditioning', () => {
    const { rows } = committed['Filip']!;
    const fit = fitTable(toTable(rows), formulaOf(2, 11, true));
    expect(fit.dependencies).toEqual([]);
    expect(fit.coefficients.every(({ estimate }) => estimate !== null)).toBe(true);
    expect(fit.warnings.map(({ concerns }) => concerns)).toContain('conditionNumber');
  });

  it("Filip's condition number is that of exact arithmetic to eight digits", () => {
    const { rows } = committed['Filip']!;
    const fit = fitTable(toTable(rows), formulaOf(2, 11, true));
    // 120-digit singular values of the matrix of exact powers (mpmath).
    expect(relativeError(Number(fit.conditionNumber), 1.7679652e15)).toBeLessThan(1e-7);
    expect(relativeError(Number(fit.scaledConditionNumber), 5.2068214e9)).toBeLessThan(1e-7);
  });

  /**
   * The path of large problems, in doubles. Filip cannot reach 8 here: solved without any rounding
   * from powers that are rounded to doubles it agrees with the certified values to 7.6 digits.
   */
  it.each([
    ['Norris', 12, 13],
    ['Longley', 10, 12],
    ['Filip', 7, 7],
    ['Wampler5', 5, 13],
  ])('%s in doubles agrees to %i digits, its standard errors to %i', (name, forEstimates, forSe) => {
    const certified = committed[name]!;
    const formula = formulaOf(certified.rows[0]!.length, certified.estimates.length, true);
    const frame = buildModelFrame(toTable(certified.rows), { formula, family: 'gaussian' });
    const design = buildDesign(frame);
    const names = design.columns.map((column) => column.name);
    const source = { ...design, columns: names.length, isPlain: () => true };
    const qr = finish(factorise(source, names, frame.response.values));
    const p = names.length;
    const unit = (j: number): number => qr.scales[j]! / qr.responseScale;
    const estimates = solveUpper(qr.r, p, qr.effects);
    const variances = inverseDiagonal(invertUpper(qr.r, p), p);
    const sigma = Math.sqrt(qr.residualSquares / (frame.n - p));
    for (let j = 0; j < p; j++) {
      expect(digits(estimates[j]! * unit(j), certified.estimates[j]!)).toBeGreaterThan(forEstimates);
      const se = Math.sqrt(variances[j]!) * sigma * unit(j);
      expect(digits(se, certified.se[j]!)).toBeGreaterThan(forSe);
    }
  });
});

const univariate = JSON.parse(
  readFileSync(join(import.meta.dirname, 'univariate.json'), 'utf8'),
) as Record<string, { mean: string; sd: string; autocorrelation: string; values: string[] }>;

describe('NIST univariate sets', () => {
  it.each(Object.entries(univariate))('%s agrees to at least 14 digits', (_name, certified) => {
    const found = summariseExactly(Float64Array.from(certified.values, Number));
    // Printed with 15 digits; the last of them may be rounded.
    expect(digits(found.mean, certified.mean)).toBeGreaterThanOrEqual(14);
    expect(digits(found.sd, certified.sd)).toBeGreaterThanOrEqual(14);
    expect(digits(found.autocorrelation, certified.autocorrelation)).toBeGreaterThanOrEqual(14);
  });
});
