import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findDependencies } from '../../../main/compute/regression/dependencies.ts';
import { describeRelation } from '../../../main/compute/regression/dependency-words.ts';
import { diagnose } from '../../../main/compute/regression/diagnostics/diagnose.ts';
import { factorise } from '../../../main/compute/regression/factorise.ts';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { inflationFactors } from '../../../main/compute/regression/inflation.ts';
import { finish } from '../../../main/compute/steps.ts';
import { readTable } from '../../../main/formats/table.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import { fitTable, relativeError, specOf } from '../../support/regression.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

interface Model {
  readonly cols: readonly string[];
  readonly logit_coef: Readonly<Record<string, number>>;
  readonly logit_se: Readonly<Record<string, number>>;
  readonly logLik: number;
  readonly auc: number;
  readonly accuracy_in_sample: number;
  readonly VIF: Readonly<Record<string, number>>;
}

const path = sharedData('maze/maze_sim_10000.csv');
const referencePath = sharedData('maze/maze_sim_reference.json');
const models = referencePath
  ? Object.entries(
      (
        JSON.parse(readFileSync(referencePath, 'utf8')) as Record<
          string,
          { models: Record<string, Model> }
        >
      )['maze_sim_10000.csv']!.models,
    )
  : [];

/** The SIMULATED maze table: coefficients known, generator seed 20230420. */
describe.skipIf(!path)(`the simulated maze table (${missingData('maze')} otherwise)`, () => {
  let table: Table;
  beforeAll(async () => {
    table = await readTable(path!);
  });

  it.each(models)('model %s agrees with statsmodels', (_name, model) => {
    // The reference is z-scored with the population deviation; scale() uses the sample one, as R does.
    const n = table.rows;
    const toPopulation = Math.sqrt((n - 1) / n);
    const fit = fitTable(table, `got_cheese ~ ${model.cols.map((c) => `scale(${c})`).join(' + ')}`, {
      family: 'binomial',
    });
    for (const [term, expected] of Object.entries(model.logit_coef)) {
      const isConstant = term === 'const';
      const factor = isConstant ? 1 : toPopulation;
      const name = isConstant ? '(Intercept)' : `scale(${term})`;
      const row = fit.coefficients.find((candidate) => candidate.term === name)!;
      expect(relativeError(row.estimate! * factor, expected), term).toBeLessThan(1e-6);
      expect(relativeError(row.se! * factor, model.logit_se[term]!), term).toBeLessThan(1e-6);
      if (!isConstant)
        expect(relativeError(Number(row.vif), model.VIF[term]!), term).toBeLessThan(1e-6);
    }
    expect(relativeError(fit.logLik, model.logLik)).toBeLessThan(1e-9);
    // One of 5.7 million pairs is a tie in probabilities that rounding may break.
    expect(relativeError(fit.auc, model.auc)).toBeLessThan(2e-7);
    expect(fit.accuracy).toBeCloseTo(model.accuracy_in_sample, 12);
  });

  it('keeps the known suppressor and says why its sign turns', () => {
    const terms = [
      'steps_between_cheese_decision_square',
      'euc_dist_cheese_decision_square',
      'euc_dist_cheese_top_right',
      'euc_dist_decision_square_5x5',
    ];
    const formula = `got_cheese ~ ${terms.join(' + ')}`;
    const found = finish(diagnose(table, specOf(table, formula, { family: 'binomial' })));
    const row = found.zeroOrder.find(({ term }) => term === terms[3])!;
    expect(row.alone.estimate).toBeLessThan(0);
    expect(row.together.estimate).toBeGreaterThan(0);
    expect(row.note).toMatch(/^Its sign turns once the others are held fixed/);
  });

  describe('with all 16 candidates', () => {
    let fit: FitResult;
    beforeAll(() => {
      fit = fitTable(table, 'got_cheese ~ . - seed - maze_dim', { family: 'binomial' });
    });

    it('names the exact dependency of the three step counts in words', () => {
      expect(fit.dependencies.map(({ sentence }) => sentence)).toEqual([
        'steps_between_cheese_top_right = steps_between_cheese_decision_square + steps_between_decision_square_top_right',
      ]);
    });

    it('shows infinite variance inflation for all three and for no other', () => {
      const infinite = fit.coefficients.filter(({ vif }) => vif === 'Infinity');
      expect(infinite.map(({ term }) => term)).toEqual([
        'steps_between_cheese_decision_square',
        'steps_between_cheese_top_right',
        'steps_between_decision_square_top_right',
      ]);
    });

    it('leaves out the one that comes last in the formula', () => {
      const left = fit.coefficients.filter(({ estimate }) => estimate === null);
      expect(left.map(({ term }) => term)).toEqual(['steps_between_decision_square_top_right']);
      expect(fit.warnings.map(({ concerns }) => concerns)).toContain(left[0]!.term);
    });
  });
});

describe('the real maze correlations (n 5,239, procgen-tools 4b22c44)', () => {
  let names: string[];
  let columns: Float64Array[];
  beforeAll(async () => {
    const matrix = await readTable(join(import.meta.dirname, 'maze/real_correlation.csv'));
    const numbers = matrix.columns.filter((column) => column.kind === 'number');
    names = numbers.map(({ name }) => name);
    columns = numbers.map(({ values }) => values);
  });

  /** Published factors, and those of the six-variable fit that were never shown. */
  it.each<[string, Record<string, number>, number]>([
    [
      'the three kept',
      {
        euc_dist_cheese_top_right: 1.0469,
        steps_between_cheese_decision_square: 4.6417,
        euc_dist_cheese_decision_square: 4.6605,
      },
      4,
    ],
    [
      'the six winners',
      {
        steps_between_cheese_5x5: 8.0,
        euc_dist_cheese_5x5: 107.5,
        steps_between_cheese_top_right: 7.9,
        euc_dist_cheese_top_right: 108.0,
        steps_between_cheese_decision_square: 5.4,
        euc_dist_cheese_decision_square: 5.2,
      },
      1,
    ],
  ])('give the variance inflation of %s', (_name, expected, places) => {
    const chosen = Object.keys(expected).map((name) => names.indexOf(name));
    expect(chosen).not.toContain(-1);
    const matrix = chosen.map((i) => chosen.map((j) => columns[j]![i]!));
    const sets = chosen.map((_, k) => [k]);
    const factors = inflationFactors(cholesky(matrix), chosen.length, false, sets);
    Object.values(expected).forEach((value, k) => expect(factors[k]).toBeCloseTo(value, places));
  });

  it('have rank 15 of 16, and the dependency of the three step counts in words', () => {
    // A vector that the matrix takes to nothing is a combination of the variables that vanishes.
    const source = {
      rows: 16,
      columns: 16,
      isPlain: () => false,
      fill: (j: number, start: number, count: number, out: Float64Array, offset: number) =>
        out.set(columns[j]!.subarray(start, start + count), offset),
    };
    const { r, scales } = finish(factorise(source, names));
    const { kept, relations } = finish(findDependencies(source, r, scales));
    expect(kept).toHaveLength(15);
    expect(relations.map((relation) => describeRelation(relation, names, -1).sentence)).toEqual([
      'steps_between_decision_square_top_right = 1.1989·steps_between_cheese_top_right - 0.549867·steps_between_cheese_decision_square',
    ]);
  });
});

/** The triangle R with R'R = the matrix, column-major. */
function cholesky(matrix: readonly (readonly number[])[]): Float64Array {
  const p = matrix.length;
  const r = new Float64Array(p * p);
  for (let j = 0; j < p; j++)
    for (let i = 0; i <= j; i++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < i; k++) sum -= r[i * p + k]! * r[j * p + k]!;
      r[j * p + i] = i === j ? Math.sqrt(sum) : sum / r[i * p + i]!;
    }
  return r;
}

describe.skipIf(!path)('the summaries of the simulated maze table', () => {
  it('have the rows and the base rate of its description', async () => {
    const table = await readTable(path!);
    const outcome = table.columns.find(({ name }) => name === 'got_cheese')!;
    expect(table.rows).toBe(5252);
    expect(outcome.kind === 'number' ? summarise(outcome.values).mean : NaN).toBeCloseTo(0.7096, 4);
  });
});
