import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../main/compute/random.ts';
import { diagnose } from '../../../../main/compute/regression/diagnostics/diagnose.ts';
import type { FitResult } from '../../../../main/compute/regression/fit-result.ts';
import { finish } from '../../../../main/compute/steps.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { fitTable, relativeError, specOf, tableFromColumns } from '../../../support/regression.ts';

type Columns = Record<string, Float64Array>;

/** A random design with correlated columns, outcomes of every family, and groups. */
function world(seed: number, rows: number): Columns {
  const random = new RandomStream(seed, 999);
  const [a, own, c, noise] = [0, 1, 2, 3].map(() => random.normals(rows)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const b = own.map((value, i) => 0.8 * a[i]! + value);
  const eta = a.map((value, i) => 0.4 + 0.7 * value - 0.5 * b[i]!);
  return {
    a,
    b,
    c: c.map((value) => 1e3 + 50 * value),
    y: eta.map((value, i) => value + noise[i]!),
    won: eta.map((value) => Number(random.uniform() < 1 / (1 + Math.exp(-value)))),
    count: eta.map((value) => Math.floor(random.uniform() * 2 * Math.exp(value))),
    w: Float64Array.from({ length: rows }, () => 1 + Math.floor(3 * random.uniform())),
    k: Float64Array.from({ length: rows }, (_, i) => i),
  };
}

const without = (columns: Columns, row: number): Table => takeRows(columns, (i) => i !== row);

function takeRows(columns: Columns, keep: (row: number) => boolean): Table {
  return tableFromColumns(
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, values.filter((_, i) => keep(i))]),
    ),
  );
}

const estimates = (fit: FitResult): number[] => fit.coefficients.map(({ estimate }) => estimate!);
const errors = (fit: FitResult): number[] => fit.coefficients.map(({ se }) => se!);

function near(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  found.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!), `number ${i}`).toBeLessThan(tolerance * size),
  );
}

function linear(columns: Columns, names: readonly string[], beta: readonly number[], row: number) {
  return names.reduce((sum, name, j) => sum + beta[j + 1]! * columns[name]![row]!, beta[0]!);
}

const terms = ['a', 'b', 'c'];
const right = terms.join(' + ');
const families: readonly [string, Partial<RegressSpec>, number][] = [
  ['y', {}, 1e-11],
  ['won', { family: 'binomial' }, 1e-7],
  ['won', { family: 'binomial', link: 'probit' }, 1e-7],
  ['count', { family: 'poisson' }, 1e-7],
];
const seeds = Array.from({ length: 8 }, (_, k) => k + 1);

describe.each(families)('a fit of %s, %o', (outcome, spec, tolerance) => {
  const formula = `${outcome} ~ ${right}`;

  it.each(seeds)('does not depend on the order of rows (design %i)', (seed) => {
    const columns = world(seed, 70);
    const turned = Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, values.toReversed()]),
    );
    const fit = fitTable(tableFromColumns(columns), formula, spec);
    const other = fitTable(tableFromColumns(turned), formula, spec);
    near(estimates(other), estimates(fit), tolerance);
    near(errors(other), errors(fit), tolerance);
  });

  it.each(seeds)('follows a change of units and of origin (design %i)', (seed) => {
    const columns = world(seed, 70);
    const scaled = { ...columns, a: columns['a']!.map((value) => 64 * value - 3) };
    const fit = fitTable(tableFromColumns(columns), formula, spec);
    const other = fitTable(tableFromColumns(scaled), formula, spec);
    const [, a, ...rest] = estimates(fit);
    const [, otherA, ...otherRest] = estimates(other);
    near([64 * otherA!, ...otherRest], [a!, ...rest], 10 * tolerance);
    expect(relativeError(other.logLik, fit.logLik!)).toBeLessThan(1e-9);
  });

  it.each(seeds)('on a filter is the fit of the table without those rows (design %i)', (seed) => {
    const columns = world(seed, 70);
    const fit = fitTable(tableFromColumns(columns), formula, { ...spec, filter: 'c > 980' });
    const other = fitTable(
      takeRows(columns, (i) => columns['c']![i]! > 980),
      formula,
      spec,
    );
    expect(fit.n).toBe(other.n);
    near(estimates(fit), estimates(other), tolerance);
  });

  it.each(seeds)('with every row its own cluster has the errors of HC0 (design %i)', (seed) => {
    const table = tableFromColumns(world(seed, 70));
    const one = fitTable(table, formula, { ...spec, errors: { kind: 'CR0', cluster: 'k' } });
    const other = fitTable(table, formula, { ...spec, errors: { kind: 'HC0' } });
    near(errors(one), errors(other), 1e-9);
  });
});

describe('least squares', () => {
  // The larger design is past the size up to which double-double arithmetic is used.
  it.each([...seeds.map((seed) => [seed, 60]), [9, 60_000]] as [number, number][])(
    'leaves residuals that no column explains (design %i of %i rows)',
    (seed, rows) => {
      const columns = world(seed, rows);
      const fit = fitTable(tableFromColumns(columns), `y ~ ${right}`);
      const beta = estimates(fit);
      const residuals = Array.from(
        { length: rows },
        (_, i) => columns['y']![i]! - linear(columns, terms, beta, i),
      );
      const length = Math.hypot(...residuals);
      for (const column of [new Float64Array(rows).fill(1), ...terms.map((t) => columns[t]!)]) {
        const product = residuals.reduce((sum, value, i) => sum + value * column[i]!, 0);
        expect(Math.abs(product) / (length * Math.hypot(...column))).toBeLessThan(1e-11);
      }
      expect(relativeError(fit.sigma, length / Math.sqrt(rows - 4))).toBeLessThan(1e-11);
    },
  );

  it.each(seeds)('has the variance inflation of 1 / (1 - R²) (design %i)', (seed) => {
    const table = tableFromColumns(world(seed, 60));
    const fit = fitTable(table, `y ~ ${right}`);
    for (const term of terms) {
      const others = terms.filter((other) => other !== term).join(' + ');
      const { r2 } = fitTable(table, `${term} ~ ${others}`);
      const row = fit.coefficients.find((candidate) => candidate.term === term);
      expect(relativeError(Number(row!.vif), 1 / (1 - r2!))).toBeLessThan(1e-10);
    }
  });

  it.each(seeds)('judges each row by the fit without it (design %i)', (seed) => {
    const columns = world(seed, 14);
    const table = tableFromColumns(columns);
    const formula = `y ~ ${right}`;
    const { press, influence } = finish(diagnose(table, specOf(table, formula)));
    const fit = fitTable(table, formula);
    let squares = 0;
    for (let row = 0; row < 14; row++) {
      const beta = estimates(fitTable(without(columns, row), formula));
      squares += (columns['y']![row]! - linear(columns, terms, beta, row)) ** 2;
      // Cook (1977): the move of all fitted values, in p variances.
      const moved = columns['y']!.reduce((sum, _, i) => {
        const move = linear(columns, terms, estimates(fit), i) - linear(columns, terms, beta, i);
        return sum + move ** 2;
      }, 0);
      const { cook } = influence!.rows.find((candidate) => candidate.row === row + 1)!;
      expect(relativeError(cook, moved / (4 * fit.sigma! ** 2))).toBeLessThan(1e-8);
    }
    expect(relativeError(press, squares)).toBeLessThan(1e-9);
  });

  it.each(seeds)('shares its R² out among the terms without rest (design %i)', (seed) => {
    const table = tableFromColumns(world(seed, 60));
    const spec = specOf(table, `y ~ ${right}`);
    const { importance } = finish(diagnose(table, spec));
    const sum = importance!.shares.reduce((total, { share }) => total + share, 0);
    expect(relativeError(sum, fitTable(table, spec.formula).r2!)).toBeLessThan(1e-10);
  });

  it.each(seeds)('names a planted dependency, and it holds in the data (design %i)', (seed) => {
    const columns = world(seed, 60);
    const random = new RandomStream(seed, 7);
    const [p, q] = [1 + Math.floor(5 * random.uniform()), 1 + Math.floor(5 * random.uniform())];
    // Eighths add up without rounding.
    const eighths = (name: string) => columns[name]!.map((value) => Math.round(8 * value) / 8);
    const [a, b] = [eighths('a'), eighths('b')];
    const sum = a.map((value, i) => p * value + q * b[i]!);
    const table = tableFromColumns({ ...columns, a, b, sum });
    const { dependencies, coefficients } = fitTable(table, 'y ~ a + b + c + sum');
    const part = (factor: number, name: string) => (factor === 1 ? name : `${factor}·${name}`);
    expect(dependencies.map(({ sentence }) => sentence)).toEqual([
      `sum = ${part(p, 'a')} + ${part(q, 'b')}`,
    ]);
    expect(coefficients.at(-1)!.estimate).toBeNull();
    expect(coefficients.map(({ vif }) => vif)).toEqual([
      null,
      'Infinity',
      'Infinity',
      expect.any(Number),
      'Infinity',
    ]);
  });
});

describe('fits by likelihood', () => {
  it.each(seeds)('leave no slope of the likelihood (design %i)', (seed) => {
    const columns = world(seed, 90);
    const table = tableFromColumns(columns);
    for (const [outcome, family, mean] of [
      ['won', 'binomial', (eta: number) => 1 / (1 + Math.exp(-eta))],
      ['count', 'poisson', Math.exp],
    ] as const) {
      const beta = estimates(fitTable(table, `${outcome} ~ ${right}`, { family }));
      const rest = columns[outcome]!.map(
        (value, i) => value - mean(linear(columns, terms, beta, i)),
      );
      for (const column of [new Float64Array(90).fill(1), ...terms.map((t) => columns[t]!)]) {
        const score = rest.reduce((sum, value, i) => sum + value * column[i]!, 0);
        expect(Math.abs(score) / Math.hypot(...column)).toBeLessThan(1e-7);
      }
    }
  });

  it.each(seeds)('count a weight of 2 as two equal rows (design %i)', (seed) => {
    const columns = world(seed, 60);
    const repeated = Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [
        name,
        Float64Array.from(
          [...values].flatMap((value, i) => new Array<number>(columns['w']![i]!).fill(value)),
        ),
      ]),
    );
    const spec = { family: 'binomial' as const };
    const weighted = fitTable(tableFromColumns(columns), `won ~ ${right}`, {
      ...spec,
      weights: 'w',
    });
    const plain = fitTable(tableFromColumns(repeated), `won ~ ${right}`, spec);
    near(estimates(weighted), estimates(plain), 1e-7);
    near(errors(weighted), errors(plain), 1e-7);
  });

  it.each(seeds)('turn their signs with the outcome (design %i)', (seed) => {
    const columns = world(seed, 90);
    const turned = { ...columns, won: columns['won']!.map((value) => 1 - value) };
    for (const options of [{}, { method: 'firth' }, { link: 'probit' }] as const) {
      const spec = { family: 'binomial' as const, ...options };
      const fit = fitTable(tableFromColumns(columns), `won ~ ${right}`, spec);
      const other = fitTable(tableFromColumns(turned), `won ~ ${right}`, spec);
      near(
        estimates(other).map((value) => -value),
        estimates(fit),
        1e-7,
      );
    }
  });
});

describe('fits with a penalty', () => {
  const families = ['gaussian', 'binomial'] as const;
  const cases = families.flatMap((family) => seeds.map((seed) => [family, seed] as const));

  it.each(cases)('meet the conditions of the optimum (%s, design %i)', (family, seed) => {
    const rows = 80;
    const columns = world(seed, rows);
    const outcome = family === 'gaussian' ? 'y' : 'won';
    for (const [mixing, strength] of [
      [1, 0.05],
      [0.5, 0.1],
      [0, 0.1],
    ] as const) {
      const fit = fitTable(tableFromColumns(columns), `${outcome} ~ a + b`, {
        family,
        penalty: { kind: 'elastic-net', mixing, strength, standardise: false },
      });
      const beta = estimates(fit);
      const rest = columns[outcome]!.map((value, i) => {
        const eta = linear(columns, ['a', 'b'], beta, i);
        return value - (family === 'gaussian' ? eta : 1 / (1 + Math.exp(-eta)));
      });
      const slope = (column: Float64Array) =>
        rest.reduce((sum, value, i) => sum + value * column[i]!, 0) / rows;
      expect(Math.abs(slope(new Float64Array(rows).fill(1)))).toBeLessThan(1e-8);
      const deviation = Math.sqrt(varianceOf(columns[outcome]!));
      // glmnet divides a gaussian outcome by its deviation, which only the squared part feels.
      const ridge = (strength * (1 - mixing)) / (family === 'gaussian' ? deviation : 1);
      ['a', 'b'].forEach((name, j) => {
        const value = beta[j + 1]!;
        const pull = slope(columns[name]!) - ridge * value;
        if (value === 0) expect(Math.abs(pull)).toBeLessThanOrEqual(strength * mixing + 1e-8);
        else expect(Math.abs(pull - strength * mixing * Math.sign(value))).toBeLessThan(1e-7);
      });
    }
  });

  it.each(cases)(
    'are nothing but the intercept where it is strong (%s, design %i)',
    (family, seed) => {
      const columns = world(seed, 80);
      const fit = fitTable(
        tableFromColumns(columns),
        `${family === 'gaussian' ? 'y' : 'won'} ~ a + b`,
        {
          family,
          penalty: { kind: 'lasso', strength: 1e3 },
        },
      );
      expect(estimates(fit).slice(1)).toEqual([0, 0]);
    },
  );
});

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
