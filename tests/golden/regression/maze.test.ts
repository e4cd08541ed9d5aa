import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { inflationFactors } from '../../../main/compute/regression/inflation.ts';
import { readTable } from '../../../main/formats/table.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import { fitTable, relativeError } from '../../support/regression.ts';
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

const correlationPath = sharedData('maze/real_correlation_16x16_4b22c44.csv');

describe.skipIf(!correlationPath)(
  `the real maze correlations (${missingData('maze')} otherwise)`,
  () => {
    it('give the three variance inflation factors that were published', async () => {
      const table = await readTable(correlationPath!);
      const published = {
        euc_dist_cheese_top_right: 1.0469,
        steps_between_cheese_decision_square: 4.6417,
        euc_dist_cheese_decision_square: 4.6605,
      };
      const names = Object.keys(published);
      const position = (name: string): number =>
        table.columns.findIndex((column) => column.name === name) - 1;
      const matrix = names.map((row) =>
        names.map((name) => {
          const column = table.columns.find((candidate) => candidate.name === name)!;
          return column.kind === 'number' ? column.values[position(row)]! : NaN;
        }),
      );
      const factors = inflationFactors(cholesky(matrix), names.length, false, [[0], [1], [2]]);
      Object.values(published).forEach((expected, k) =>
        expect(factors[k]).toBeCloseTo(expected, 4),
      );
    });
  },
);

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
