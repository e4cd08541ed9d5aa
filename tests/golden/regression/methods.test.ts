import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { buildDesign } from '../../../main/compute/regression/design.ts';
import { buildModelFrame } from '../../../main/compute/regression/model-frame.ts';
import { readTable } from '../../../main/formats/table.ts';
import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { fitTable, relativeError } from '../../support/regression.ts';

interface Fit {
  readonly estimates: readonly number[];
  readonly se: readonly number[];
  readonly [figure: string]: unknown;
}

/** See methods_reference.py. */
interface References {
  readonly longley: Readonly<Record<string, readonly number[]>>;
  readonly nets: Readonly<Record<string, readonly number[]>>;
  readonly clustered: Readonly<Record<'CR0' | 'CR1', Fit>>;
  readonly weighted: Fit;
  readonly poisson: Fit;
  readonly poissonHC0: Fit;
  readonly probit: Fit;
  readonly repeated: Fit;
  readonly bases: { readonly rows: readonly number[] } & Readonly<Record<string, readonly (readonly number[])[]>>;
}

const folder = join(import.meta.dirname, 'r');
const references = JSON.parse(
  readFileSync(join(import.meta.dirname, 'methods.json'), 'utf8'),
) as References;

async function fit(table: string, formula: string, spec: Partial<RegressSpec>): Promise<FitResult> {
  return fitTable(await readTable(join(folder, `${table}.csv`)), formula, spec);
}

function agree(found: FitResult, { estimates, se }: Fit, tolerance: number): void {
  expect(found.coefficients).toHaveLength(estimates.length);
  for (const [k, row] of found.coefficients.entries()) {
    expect(relativeError(row.estimate, estimates[k]!), row.term).toBeLessThan(tolerance);
    expect(relativeError(row.se, se[k]!), `error of ${row.term}`).toBeLessThan(tolerance);
  }
}

describe('methods agree with their references', () => {
  it.each(['HC0', 'HC1', 'HC2', 'HC3'] as const)('Longley, %s, in 60 digits', async (kind) => {
    const found = await fit('longley', 'Employed ~ . ', { errors: { kind } });
    references.longley[kind]!.forEach((expected, k) =>
      expect(relativeError(found.coefficients[k]!.se, expected)).toBeLessThan(1e-10),
    );
  });

  it.each(Object.keys(references.nets))('%s, in 60 digits', async (name) => {
    const [, mixing, strength] = /_a([\d.]+)_l([\d.]+)$/.exec(name)!.map(Number);
    const found = await fit('mtcars', 'mpg ~ wt + hp + qsec + drat + disp', {
      penalty: { kind: 'elastic-net', mixing: mixing!, strength: strength! },
    });
    references.nets[name]!.forEach((expected, k) =>
      expect(relativeError(found.coefficients[k]!.estimate, expected)).toBeLessThan(1e-10),
    );
  });

  it('weighted least squares', async () => {
    const found = await fit('mtcars', 'mpg ~ wt + hp', { weights: 'qsec' });
    agree(found, references.weighted, 1e-10);
    expect(relativeError(found.r2, references.weighted['r2'] as number)).toBeLessThan(1e-10);
    expect(relativeError(found.logLik, references.weighted['logLik'] as number)).toBeLessThan(1e-10);
  });

  it.each(['CR0', 'CR1'] as const)('errors clustered by month, %s', async (kind) => {
    const found = await fit('airquality', 'Ozone ~ Solar.R + Wind + Temp', {
      errors: { kind, cluster: 'Month' },
    });
    agree(found, references.clustered[kind], 1e-9);
    expect(found.clusters).toBe(5);
  });

  it('Poisson regression, with and without robust errors', async () => {
    const formula = 'breaks ~ wool + tension';
    const relevelled = formula.replace('tension', 'C(tension, "H")');
    const found = await fit('warpbreaks', relevelled, { family: 'poisson' });
    agree(found, references.poisson, 1e-7);
    expect(relativeError(found.logLik, references.poisson['logLik'] as number)).toBeLessThan(1e-10);
    expect(relativeError(found.deviance, references.poisson['deviance'] as number)).toBeLessThan(1e-10);
    const robust = await fit('warpbreaks', relevelled, {
      family: 'poisson',
      errors: { kind: 'HC0' },
    });
    agree(robust, references.poissonHC0, 1e-7);
  });

  it('probit regression', async () => {
    const found = await fit('spector', 'GRADE ~ GPA + TUCE + PSI', { family: 'binomial', link: 'probit' });
    agree(found, references.probit, 1e-7);
    expect(relativeError(found.logLik, references.probit['logLik'] as number)).toBeLessThan(1e-10);
  });

  it('logistic regression with weights as repetitions', async () => {
    const weights = '1 + (OBS - 3 * floor(OBS / 3))';
    const found = await fit('spector', 'GRADE ~ GPA + TUCE + PSI', { family: 'binomial', weights });
    agree(found, references.repeated, 1e-7);
    expect(relativeError(found.deviance, references.repeated['deviance'] as number)).toBeLessThan(1e-10);
  });
});

describe("bases are R's", () => {
  const { rows, ...bases } = references.bases;
  it.each(Object.keys(bases))('%s', async (term) => {
    const table = await readTable(join(folder, 'mtcars.csv'));
    const design = buildDesign(buildModelFrame(table, { formula: `mpg ~ ${term}`, family: 'gaussian' }));
    const expected = bases[term]!;
    expect(design.columns.map(({ name }) => name)).toEqual([
      '(Intercept)',
      ...expected[0]!.map((_, j) => `${term}${j + 1}`),
    ]);
    const column = new Float64Array(design.rows);
    expected[0]!.forEach((_, j) => {
      design.fill(j + 1, 0, design.rows, column, 0);
      rows.forEach((row, i) => expect(column[row]).toBeCloseTo(expected[i]![j]!, 12));
    });
  });
});
