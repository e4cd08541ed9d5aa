import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assay, assayJson } from '../support/cli.ts';
import { relativeError } from '../support/regression.ts';
import { missingData, sharedData } from '../support/shared-data.ts';

interface Fit {
  readonly n: number;
  readonly coefficients: readonly {
    readonly term: string;
    readonly estimate: number | null;
    readonly se: number | null;
    readonly vif: number | string | null;
  }[];
  readonly dependencies: readonly { readonly sentence: string }[];
  readonly warnings: readonly { readonly concerns: string; readonly message: string }[];
  readonly sigma: number;
  readonly r2: number;
}

interface Certified {
  readonly coef: readonly string[];
  readonly se: readonly string[];
  readonly residual_sd: string;
  readonly r2: string;
}

const powers = (degree: number) =>
  Array.from({ length: degree }, (_, k) => (k === 0 ? 'x' : `I(x^${k + 1})`)).join(' + ');

/**
 * Each set's formula, and the digits that plain Householder QR in doubles reaches for coefficients
 * and standard errors (rounded down). Where NIST certifies 0, digits are those after the point.
 */
const sets: readonly [name: string, formula: string, estimates: number, se: number][] = [
  ['Longley', 'y ~ x1 + x2 + x3 + x4 + x5 + x6', 10.9, 12.3],
  ['Norris', 'y ~ x', 12, 13.9],
  ['NoInt1', 'y ~ x - 1', 14.7, 15],
  ['NoInt2', 'y ~ x - 1', 15, 14.9],
  ['Filip', `y ~ ${powers(10)}`, 8, 8.4],
  ['Wampler1', `y ~ ${powers(5)}`, 9.4, 9.7],
  ['Wampler2', `y ~ ${powers(5)}`, 13, 14.5],
  ['Wampler3', `y ~ ${powers(5)}`, 9.1, 13.5],
  ['Wampler5', `y ~ ${powers(5)}`, 5.8, 13.7],
];

async function regress(table: string, formula: string, ...options: string[]): Promise<Fit> {
  const words = ['regress', table, formula, ...options];
  const { code, document, stderr } = await assayJson<Fit>(words);
  expect(code, stderr).toBe(0);
  return document;
}

/** Significant digits that agree; certified values have 15, and 15 are all that can be told. */
function digits(value: number | null, certified: string): number {
  return Math.min(15, -Math.log10(relativeError(value, Number(certified))));
}

const folder = sharedData('nist');

describe.skipIf(!folder)(`assay regress on NIST's sets (${missingData('nist')} otherwise)`, () => {
  const certified = (name: string) => {
    const file = readFileSync(sharedData('nist/linear_certified.json')!, 'utf8');
    return (JSON.parse(file) as Record<string, { certified: Certified }>)[name]!.certified;
  };

  it.each(sets)('%s reaches the digits of Householder QR', async (name, formula, most, mostSe) => {
    const fit = await regress(`${folder}/${name}.csv`, formula);
    const { coef, se, residual_sd: sd, r2 } = certified(name);
    expect(fit.coefficients).toHaveLength(coef.length);
    fit.coefficients.forEach((row, k) => {
      expect(digits(row.estimate, coef[k]!), row.term).toBeGreaterThanOrEqual(most);
      expect(digits(row.se, se[k]!), row.term).toBeGreaterThanOrEqual(mostSe);
    });
    expect(digits(fit.sigma, sd)).toBeGreaterThanOrEqual(Math.min(13, mostSe));
    expect(digits(fit.r2, r2)).toBeGreaterThanOrEqual(13);
  });

  it('warns about the conditioning of Filip, and keeps all its terms', async () => {
    const formula = `y ~ ${powers(10)}`;
    const { stdout } = await assay(['regress', `${folder}/Filip.csv`, formula]);
    expect(stdout).toContain(
      'warning: The design matrix is badly conditioned: its condition number',
    );
    expect(stdout).not.toContain('exact dependency');
    expect(stdout).toMatch(/\nI\(x\^10\) +-4\.02963e-5 /);
  });
});

const maze = sharedData('maze/maze_sim_10000.csv');

describe.skipIf(!maze)(`assay regress on the maze table (${missingData('maze')} otherwise)`, () => {
  const words = ['got_cheese ~ . - seed - maze_dim', '--family', 'binomial'] as const;
  const steps = [
    'steps_between_cheese_decision_square',
    'steps_between_cheese_top_right',
    'steps_between_decision_square_top_right',
  ];
  const sentence = `${steps[1]} = ${steps[0]} + ${steps[2]}`;

  it('names the exact dependency and gives infinite inflation as such', async () => {
    const fit = await regress(maze!, ...words);
    expect(fit.n).toBe(5252);
    expect(fit.dependencies.map((dependency) => dependency.sentence)).toEqual([sentence]);
    const infinite = fit.coefficients.filter(({ vif }) => vif === 'Infinity');
    expect(infinite.map(({ term }) => term)).toEqual(steps);
    expect(fit.coefficients.filter(({ estimate }) => estimate === null)).toHaveLength(1);
  });

  it('shows both to people', async () => {
    const { code, stdout } = await assay(['regress', maze!, ...words]);
    expect(code).toBe(0);
    expect(stdout).toContain(`exact dependency: ${sentence}`);
    for (const term of steps) expect(stdout).toMatch(new RegExp(`\\n${term} .* ∞\\n`));
  });
});
