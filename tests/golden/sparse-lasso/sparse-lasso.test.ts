import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  pickColumns,
  standardiseColumns,
  type SparseColumns,
} from '../../../main/compute/regression/sparse/columns.ts';
import { examineColumns } from '../../../main/compute/regression/sparse/dependence.ts';
import { fitPath, rawCoefficients } from '../../../main/compute/regression/sparse/path.ts';
import { fitUnpenalised } from '../../../main/compute/regression/sparse/unpenalised.ts';
import { finish } from '../../../main/compute/steps.ts';

interface Fit {
  readonly intercept: number;
  readonly coefficients: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')) as {
  columns: { rows: number[]; values: number[] }[];
  gaussian: number[];
  binomial: number[];
  lambdas: number[];
  lasso: Fit[];
  logistic: Fit[];
  picked: number[];
  unpenalisedGaussian: number[];
  unpenalisedBinomial: number[];
  vif: number[];
};
const n = golden.gaussian.length;
const weights = new Float64Array(n).fill(1 / n);
const columns = sparse();

function sparse(): SparseColumns {
  const pointers = new Float64Array(golden.columns.length + 1);
  golden.columns.forEach(({ rows }, j) => (pointers[j + 1] = pointers[j]! + rows.length));
  return {
    rows: n,
    columns: golden.columns.length,
    pointers,
    row: Int32Array.from(golden.columns.flatMap(({ rows }) => rows)),
    value: Float32Array.from(golden.columns.flatMap(({ values }) => values)),
  };
}

describe('L1 fits of sparse columns', () => {
  it.each([
    ['gaussian', golden.gaussian, golden.lasso],
    ['binomial', golden.binomial, golden.logistic],
  ] as const)('agree with scikit-learn to 1e-6 (%s)', (family, outcome, expected) => {
    const y = Float64Array.from(outcome);
    const problem = { columns, y, family, weights, standardise: true, tolerance: 1e-18 };
    const path = finish(fitPath(problem, () => Float64Array.from(golden.lambdas)));
    expect(path.points).toHaveLength(golden.lambdas.length);
    path.points.forEach((point, k) => {
      const { intercept, coefficients } = rawCoefficients(path, point);
      const all = new Float64Array(columns.columns);
      point.columns.forEach((j, at) => (all[j] = coefficients[at]!));
      expect(Math.abs(intercept - expected[k]!.intercept)).toBeLessThan(1e-6);
      all.forEach((value, j) =>
        expect(Math.abs(value - expected[k]!.coefficients[j]!)).toBeLessThan(1e-6),
      );
    });
  });

  it.each([
    ['gaussian', golden.gaussian, golden.unpenalisedGaussian],
    ['binomial', golden.binomial, golden.unpenalisedBinomial],
  ] as const)('agree with statsmodels to 1e-8 without a penalty (%s)', (family, outcome, expected) => {
    const data = standardiseColumns(pickColumns(columns, golden.picked), weights, true);
    const fit = finish(fitUnpenalised(data, Float64Array.from(outcome), family));
    if ('reason' in fit) throw new Error(fit.reason);
    const all = Int32Array.from(golden.picked, (_, k) => k);
    const { intercept, coefficients } = rawCoefficients(data, { columns: all, ...fit });
    [intercept, ...coefficients].forEach((value, k) =>
      expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-8),
    );
  });

  it('have the variance inflation of statsmodels, from the rows that some column is active on', () => {
    const picked = pickColumns(columns, golden.picked);
    const found = finish(examineColumns(picked, ['a', 'b', 'c', 'd', 'e'], () => true));
    expect(found?.dependencies).toEqual([]);
    found!.vif.forEach((value, k) =>
      expect(Math.abs(value / golden.vif[k]! - 1)).toBeLessThan(1e-9),
    );
  });
});
