import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { buildDesign } from '../../../main/compute/regression/design.ts';
import { factorise } from '../../../main/compute/regression/factorise.ts';
import { buildModelFrame } from '../../../main/compute/regression/model-frame.ts';
import { solveUpper, inverseDiagonal, invertUpper } from '../../../main/compute/linalg/triangular.ts';
import { finish } from '../../../main/compute/steps.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { autocorrelation, summarise } from '../../../shared/stats/summary.ts';
import { fitTable, relativeError, tableFromColumns } from '../../support/regression.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

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

function checkSet(name: string, certified: Certified, intercept: boolean): void {
  const table = toTable(certified.rows);
  const columns = certified.rows[0]!.length;
  const fit = fitTable(table, formulaOf(columns, certified.estimates.length, intercept));
  const [estimates, se] = floors[name]!;
  expect(worstDigits(fit, certified, 'estimate')).toBeGreaterThanOrEqual(Math.max(13, estimates));
  expect(worstDigits(fit, certified, 'se')).toBeGreaterThanOrEqual(Math.max(13, se));
  expect(digits(fit.sigma, certified.residualSd)).toBeGreaterThanOrEqual(13);
  expect(digits(fit.r2, certified.r2)).toBeGreaterThanOrEqual(13);
}

describe('NIST linear sets that are kept here', () => {
  it.each(Object.keys(committed))('%s agrees to at least 13 digits', (name) =>
    checkSet(name, committed[name]!, true),
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

const folder = sharedData('nist');
const certifiedFile = sharedData('nist/linear_certified.json');
const sets = ['Norris', 'NoInt1', 'NoInt2', 'Filip', 'Longley', 'Wampler1', 'Wampler2', 'Wampler3', 'Wampler5'];

describe.skipIf(!folder)(`all NIST linear sets (${missingData('nist')} otherwise)`, () => {
  it.each(sets)('%s agrees to at least 13 digits', (name) => {
    const all = JSON.parse(readFileSync(certifiedFile!, 'utf8')) as Record<
      string,
      { intercept: boolean; certified: { coef: string[]; se: string[]; residual_sd: string; r2: string } }
    >;
    const { intercept, certified } = all[name]!;
    const lines = readFileSync(join(folder!, `${name}.csv`), 'utf8').trim().split(/\r?\n/);
    checkSet(
      name,
      {
        estimates: certified.coef,
        se: certified.se,
        residualSd: certified.residual_sd,
        r2: certified.r2,
        rows: lines.slice(1).map((line) => line.split(',')),
      },
      intercept,
    );
  });
});

/** Certified mean, standard deviation and lag-1 autocorrelation; the last NumAcc values are exact. */
const univariate: readonly [string, number, number, number][] = [
  ['Mavro', 2.001856, 0.000429123454003053, 0.937989183438248],
  ['Lew', -177.435, 277.332168044316, -0.307304800605679],
  ['Michelso', 299.8524, 0.0790105478190518, 0.535199668621283],
  ['NumAcc1', 10000002, 1, -0.5],
  ['NumAcc2', 1.2, 0.1, -0.999],
  ['NumAcc3', 1000000.2, 0.1, -0.999],
];

describe.skipIf(!folder)(`NIST univariate sets (${missingData('nist')} otherwise)`, () => {
  it.each(univariate)('%s', (name, mean, sd, correlation) => {
    const text = readFileSync(join(folder!, `${name}.dat`), 'utf8');
    const data = text.slice(text.lastIndexOf('Data:')).split(/\r?\n/).slice(2);
    const values = data.filter((line) => line.trim() !== '').map(Number);
    const summary = summarise(values);
    expect(relativeError(summary.mean, mean)).toBeLessThan(1e-15);
    // NumAcc3 and Michelso lose digits to the rounding of the printed decimals themselves.
    expect(relativeError(summary.sd, sd)).toBeLessThan(1e-8);
    expect(relativeError(autocorrelation(values), correlation)).toBeLessThan(1e-8);
  });
});
