import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../../main/compute/regression/diagnostics/diagnose.ts';
import { finish } from '../../../../main/compute/steps.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import {
  errorOf,
  rejectionOf,
  fitTable,
  specOf,
  tableFromColumns,
  tableFromText,
} from '../../../support/regression.ts';

const random = (seed: number) => {
  let state = seed;
  return (): number => (state = (state * 48271) % 2147483647) / 2147483647;
};

/** No number anywhere in an answer is NaN or infinite: what has no value is null or a word. */
function expectNamed(value: unknown, place = 'answer'): void {
  if (typeof value === 'number') expect(Number.isFinite(value), place).toBe(true);
  else if (Array.isArray(value)) value.forEach((item, i) => expectNamed(item, `${place}[${i}]`));
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) expectNamed(item, `${place}.${key}`);
}

const lasso = { kind: 'lasso', strength: 0.01 } as const;
const methods: [string, Partial<RegressSpec>][] = [
  ['least squares', {}],
  ['exact least squares', { exact: true }],
  ['weighted least squares', { weights: 'w' }],
  ['HC3', { errors: { kind: 'HC3' } }],
  ['clusters', { errors: { kind: 'CR1', cluster: 'k' } }],
  ['lasso', { penalty: lasso }],
  [
    'ridge by cross-validation',
    { penalty: { kind: 'ridge', pathLength: 8, validation: { folds: 3 } } },
  ],
  ['logistic', { family: 'binomial' }],
  ['probit', { family: 'binomial', link: 'probit' }],
  ['Firth', { family: 'binomial', method: 'firth' }],
  ['logistic lasso', { family: 'binomial', penalty: lasso }],
  ['Poisson', { family: 'poisson' }],
];
const outcomeOf = ({ family = 'gaussian' }: Partial<RegressSpec>): string =>
  ({ gaussian: 'y', binomial: 'won', poisson: 'count' })[family];

describe.each(methods)('%s', (_name, spec) => {
  const outcome = outcomeOf(spec);

  it('gives only named numbers on random designs, constants and dependencies included', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const next = random(seed * 7919);
      const n = 20 + Math.floor(next() * 40);
      const draw = (f: () => number): number[] => Array.from({ length: n }, f);
      const scale = 10 ** Math.floor(next() * 12 - 6);
      const a = draw(() => next() * scale);
      const b = draw(() => Math.round(next() * 4));
      const table = tableFromColumns({
        y: draw(() => next() * 10),
        won: draw(() => Math.round(next())),
        count: draw(() => Math.floor(next() * 5)),
        a,
        b,
        sum: a.map((value, i) => value + scale * b[i]!),
        constant: draw(() => 3),
        w: draw(() => 0.5 + next()),
        k: draw(() => Math.floor(next() * 6)),
      });
      const full = specOf(table, `${outcome} ~ a + b + sum + constant`, spec);
      expectNamed(fitTable(table, full.formula, full));
      expectNamed(finish(diagnose(table, full)));
    }
  });

  it('refuses an infinite predictor by its row', () => {
    const y = [0, 1, 0, 1, 1, 0, 1, 0];
    const table = tableFromColumns({
      y,
      won: y,
      count: y,
      w: y.map(() => 1),
      k: y.map((_, i) => i),
      x: [1, 2, 1, Infinity, 3, 2, 1, 4],
    });
    const error = errorOf(() => fitTable(table, `${outcome} ~ x`, spec));
    expect([error.code, error.details.place]).toEqual(['non-finite', 'row 4']);
  });

  it('refuses data in which every row misses something', () => {
    const y = [0, 1, NaN, NaN];
    const table = tableFromColumns({
      y,
      won: y,
      count: y,
      w: y.map(() => 1),
      k: y.map(() => 1),
      x: [NaN, NaN, 1, 2],
    });
    expect(errorOf(() => fitTable(table, `${outcome} ~ x`, spec)).code).toBe('too-few-rows');
  });

  it('refuses an outcome of one kind', () => {
    const y = [1, 1, 1, 1, 1, 1];
    const table = tableFromColumns({
      y,
      won: y,
      count: y,
      w: y,
      k: [1, 2, 3, 4, 5, 6],
      x: [1, 2, 3, 4, 5, 7],
    });
    const { code } = errorOf(() => fitTable(table, `${outcome} ~ x`, spec));
    expect(code).toBe(outcome === 'won' ? 'one-class' : 'constant-column');
  });

  it('answers or refuses more columns than rows', () => {
    const next = random(5);
    const columns = Object.fromEntries(
      Array.from({ length: 15 }, (_, j) => [`x${j}`, Array.from({ length: 9 }, next)]),
    );
    const y = [0, 1, 0, 1, 1, 0, 1, 0, 1];
    const rest = { y, won: y, count: y, w: y.map(() => 1), k: y.map((_, i) => i) };
    const table = tableFromColumns({ ...columns, ...rest });
    const formula = `${outcome} ~ ${Object.keys(columns).join(' + ')}`;
    const full = specOf(table, formula, spec);
    if (spec.penalty) {
      expectNamed(fitTable(table, formula, full));
      expectNamed(finish(diagnose(table, full)));
    } else expect(errorOf(() => fitTable(table, formula, full)).code).toBe('too-few-rows');
  });
});

describe('a million columns', () => {
  const count = 1_000_000;

  it('are refused at once, by name, with a penalty and without', () => {
    const values = Float64Array.of(1, 2, 3, 5);
    const names = Array.from({ length: count }, (_, j) => `x${j}`);
    const table = tableFromColumns({ y: [2, 1, 4, 3] });
    const wide: Table = {
      ...table,
      columns: [
        ...table.columns,
        ...names.map((name) => ({ kind: 'number' as const, name, values })),
      ],
    };
    for (const penalty of [undefined, lasso]) {
      const error = errorOf(() => fitTable(wide, 'y ~ .', penalty ? { penalty } : {}));
      expect(error.code).toBe('bad-formula');
      expect(error.message).toContain("'.' stands for 1000000 columns");
    }
  });

  it.each(['table.csv', 'table.jsonl'])('are refused as they are read, from %s', async (name) => {
    const names = Array.from({ length: count }, (_, j) => `x${j}`);
    const text = name.endsWith('.csv')
      ? `${names.join()}\n${names.map(() => 1).join()}\n`
      : `{${names.map((column) => `"${column}":1`).join()}}\n`;
    const error = await rejectionOf(tableFromText(text, name));
    expect(error.code).toBe('too-large');
  });

  it('are refused as products of a short formula too', () => {
    const table = tableFromColumns({ y: [1, 2, 3], a: [1, 2, 4] });
    const formula = `y ~ (a + I(a^2) + I(a^3) + I(a^4) + I(a^5) + I(a^6) + I(a^7) + I(a^8) + I(a^9) + I(a^10) + I(a^11) + I(a^12) + I(a^13) + I(a^14) + I(a^15) + I(a^16) + I(a^17) + I(a^18) + I(a^19) + I(a^20))^20`;
    expect(errorOf(() => fitTable(table, formula)).code).toBe('bad-formula');
  });
});

describe('separated outcomes', () => {
  const table = tableFromColumns({ y: [0, 0, 0, 0, 1, 1, 1, 1], x: [1, 2, 3, 4, 5, 6, 7, 8] });

  it.each([{ link: 'logit' }, { link: 'probit' }] as const)('are proved, %o', (link) => {
    const error = errorOf(() => fitTable(table, 'y ~ x', { family: 'binomial', ...link }));
    expect([error.code, error.details['kind']]).toEqual(['separation', 'complete']);
  });

  it.each<[string, Partial<RegressSpec>]>([
    ['Firth', { method: 'firth' }],
    ['a ridge', { penalty: { kind: 'ridge', strength: 0.1 } }],
    ['a lasso', { penalty: lasso }],
  ])('have finite estimates by %s', (_name, rest) => {
    const fit = fitTable(table, 'y ~ x', { family: 'binomial', ...rest });
    expectNamed(fit);
    expect(fit.coefficients[1]!.estimate).toBeGreaterThan(0);
  });
});

describe('policies for missing values', () => {
  const text = 'y,x,z,g\n1,1,2,a\n2,,3,b\n3,2,1,\n5,4,4,a\n4,3,2,b\n7,5,3,a\n,6,1,b\n6,7,5,b\n';

  it('drop rows, and count them', async () => {
    const fit = fitTable(await tableFromText(text), 'y ~ x + z + g');
    expect([fit.n, fit.dropped, fit.imputed, fit.leftOut]).toEqual([5, 3, undefined, undefined]);
  });

  it('drop variables, and name them with the rows in which they are missing', async () => {
    const fit = fitTable(await tableFromText(text), 'y ~ x + z + g + x:z', {
      missing: 'drop-columns',
    });
    expect(fit.coefficients.map(({ term }) => term)).toEqual(['(Intercept)', 'z']);
    expect([fit.n, fit.dropped]).toEqual([7, 1]);
    expect(fit.leftOut).toEqual([
      { term: 'x', rows: 1 },
      { term: 'g', rows: 1 },
    ]);
  });

  it('put the mean and an indicator, and for groups a level of their own', async () => {
    const fit = fitTable(await tableFromText(text), 'y ~ x + g', { missing: 'mean-indicator' });
    expect(fit.coefficients.map(({ term }) => term)).toEqual([
      '(Intercept)',
      'x',
      'gb',
      'g(missing)',
      'is.na(x)TRUE',
    ]);
    expect([fit.n, fit.dropped]).toEqual([7, 1]);
    expect(fit.warnings.some(({ message }) => message.includes('replaced by the mean'))).toBe(true);
  });

  it('refuse to leave out every variable', async () => {
    const table = await tableFromText(text);
    const error = errorOf(() => fitTable(table, 'y ~ x + g', { missing: 'drop-columns' }));
    expect(error.code).toBe('too-few-rows');
  });
});
