import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../main/compute/regression/diagnostics/diagnose.ts';
import { fitModel } from '../../../main/compute/regression/regress.ts';
import { finish } from '../../../main/compute/steps.ts';
import { readTable } from '../../../main/formats/table.ts';
import { chiSquareMcNemar, exactMcNemar } from '../../../main/compute/evaluation/paired-binary.ts';
import type { FitDiagnostics } from '../../../shared/contract/fit-diagnostics.ts';
import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import { fromExtended } from '../../../shared/domain/schemas.ts';
import { chiSquareSurvival } from '../../../shared/stats/chi-square.ts';
import { adjustP, type Adjustment } from '../../../shared/stats/p-adjust.ts';
import { fitTable, relativeError, specOf } from '../../support/regression.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

/**
 * Diagnostics, robust errors, penalised and Firth fits by R 4.2.2 (lm, glm, car, sandwich, lmtest,
 * glmnet; Firth by its own Newton), 15 digits.
 */
type Numbers = Readonly<Record<string, number>>;
const folder = join(import.meta.dirname, 'r');
const all = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;
const names = Object.keys(all);
const linear = names.filter((name) => /_lm|_all/.test(name));
const logistic = names.filter((name) => name.endsWith('_logit'));

const ordered = 'factor(tension, levels = c("L", "M", "H"))';
const toAssay = (text: string): string => text.replace('tension', ordered);
const tableOf = (name: string) => readTable(join(folder, `${name.split('_')[0]!}.csv`));
const numbersOf = (name: string, key: string): Numbers => all[name]![key] as Numbers;
const figure = (name: string, key: string): number => all[name]![key] as number;

async function specFor(name: string, options: Partial<RegressSpec> = {}) {
  const table = await tableOf(name);
  const family = name.endsWith('_logit') ? ('binomial' as const) : ('gaussian' as const);
  return { table, spec: specOf(table, toAssay(all[name]!['formula'] as string), { family, ...options }) };
}

async function diagnosticsOf(name: string): Promise<FitDiagnostics> {
  const { table, spec } = await specFor(name);
  return finish(diagnose(table, spec));
}

describe('robust errors agree with R', () => {
  const kinds = ['HC0', 'HC1', 'HC2', 'HC3'] as const;
  it.each([...linear, ...logistic].flatMap((name) => kinds.map((kind) => [name, kind] as const)).filter(
    ([name, kind]) => `se_${kind}` in all[name]!,
  ))('%s %s', async (name, kind) => {
    const { table, spec } = await specFor(name, { errors: { kind } });
    const fit = fitTable(table, spec.formula, spec);
    // R's sandwich inverts X'X and loses digits on longley: methods.test.ts holds ours to 60-digit ones.
    const bound = name === 'longley_lm' ? 2e-8 : 1e-10;
    const tolerance = name.endsWith('_logit') ? 1e-7 : bound;
    for (const [term, expected] of Object.entries(numbersOf(name, `se_${kind}`))) {
      const row = fit.coefficients.find((candidate) => candidate.term === toAssay(term));
      expect(relativeError(row?.se, expected), term).toBeLessThan(tolerance);
    }
  });
});

describe('diagnostics agree with R', () => {
  it.each(linear)('%s: influence and residuals', async (name) => {
    const found = await diagnosticsOf(name);
    const close = (value: number | null | undefined, key: string): void =>
      expect(relativeError(value, figure(name, key)), key).toBeLessThan(1e-10);
    close(found.influence?.maxCook?.value, 'max_cooks');
    close(found.influence?.maxLeverage.value, 'max_leverage');
    close(found.influence?.leverageSum, 'leverage_sum');
    close(found.press, 'PRESS');
    close(found.durbinWatson, 'durbin_watson');
    close(found.breuschPagan?.statistic, 'breusch_pagan');
    close(found.breuschPagan?.p, 'breusch_pagan_p');
  });

  it.each(linear.filter((name) => 'max_cooks_row' in all[name]! && !name.startsWith('airquality')))(
    '%s: the row of largest distance',
    async (name) => {
      const found = await diagnosticsOf(name);
      expect(found.influence?.maxCook?.row).toBe(figure(name, 'max_cooks_row'));
    },
  );

  it('airquality: rows are numbered as in the table, R counts those it used', async () => {
    const { table, spec } = await specFor('airquality_lm_listwise');
    const { frame } = finish(fitModel(table, spec)).prepared;
    const found = await diagnosticsOf('airquality_lm_listwise');
    expect(found.influence?.maxCook?.row).toBe(frame.rowNumber(76));
  });

  it.each(linear.filter((name) => 'GVIF' in all[name]!))('%s: GVIF and GVIF^(1/(2 df))', async (name) => {
    const { inflation } = await diagnosticsOf(name);
    for (const [term, expected] of Object.entries(numbersOf(name, 'GVIF'))) {
      const row = inflation.find((candidate) => candidate.term === toAssay(term))!;
      expect(row.df).toBe(numbersOf(name, 'GVIF_df')[term]);
      expect(relativeError(fromExtended(row.gvif), expected), term).toBeLessThan(1e-10);
      const adjusted = numbersOf(name, 'GVIF_adj')[term]!;
      expect(relativeError(fromExtended(row.adjusted), adjusted), term).toBeLessThan(1e-10);
    }
  });

  it.each(linear)('%s: the largest condition index, and proportions that sum to 1', async (name) => {
    const { collinearity } = await diagnosticsOf(name);
    const { dimensions, columns } = collinearity!;
    const largest = fromExtended(dimensions.at(-1)!.index);
    expect(relativeError(largest, figure(name, 'belsley_condition_number'))).toBeLessThan(1e-10);
    columns.forEach((_, j) => {
      const sum = dimensions.reduce((total, { proportions }) => total + proportions[j]!, 0);
      expect(sum).toBeCloseTo(1, 12);
    });
  });

  it.each(logistic)('%s: AUC and Brier score', async (name) => {
    const { roc, calibration } = await diagnosticsOf(name);
    expect(relativeError(roc?.auc, figure(name, 'auc'))).toBeLessThan(1e-12);
    expect(relativeError(calibration?.brier, figure(name, 'brier'))).toBeLessThan(1e-9);
  });

  it.each(logistic)('%s: likelihood ratio and McFadden', async (name) => {
    const { table, spec } = await specFor(name);
    const fit = fitTable(table, spec.formula, spec);
    const ratio = fit.nullDeviance! - fit.deviance!;
    expect(relativeError(ratio, figure(name, 'LR_chi2'))).toBeLessThan(1e-9);
    const mcFadden = 1 - fit.deviance! / fit.nullDeviance!;
    expect(relativeError(mcFadden, figure(name, 'mcfadden_r2'))).toBeLessThan(1e-9);
  });
});

describe('penalised fits agree with glmnet', () => {
  it.each(names.filter((name) => name.startsWith('glmnet')))('%s', async (name) => {
    const table = await tableOf(name.includes('mtcars') ? 'mtcars' : 'spector');
    const family = name.includes('gaussian') ? ('gaussian' as const) : ('binomial' as const);
    const coefficients = numbersOf(name, 'coef');
    const terms = Object.keys(coefficients).slice(1);
    const outcome = family === 'gaussian' ? 'mpg' : 'GRADE';
    const fit = fitTable(table, `${outcome} ~ ${terms.join(' + ')}`, {
      family,
      penalty: {
        kind: 'elastic-net',
        mixing: figure(name, 'alpha'),
        strength: figure(name, 'lambda'),
      },
    });
    // glmnet's own gaussian descent stopped 4e-6 short; methods.test.ts holds ours to 1e-10 of the optimum.
    const tolerance = family === 'gaussian' ? 5e-6 : 1e-7;
    for (const [k, [term, expected]] of Object.entries(coefficients).entries())
      expect(relativeError(fit.coefficients[k]!.estimate, expected), term).toBeLessThan(tolerance);
    expect(relativeError(fit.penalised?.deviancePart, figure(name, 'dev_ratio'))).toBeLessThan(1e-8);
  });
});

describe('adjusted p values agree with R', () => {
  const p = all['p_adjust']!['p'] as number[];
  const methods = Object.keys(all['p_adjust']!).filter((key) => key !== 'p') as Adjustment[];
  it.each(methods)('%s', (method) => {
    const expected = all['p_adjust']![method] as number[];
    adjustP(p, method).forEach((value, i) =>
      expect(relativeError(value, expected[i]!)).toBeLessThan(1e-12),
    );
  });
});

describe("McNemar's test agrees with R", () => {
  const pair = {
    both: 0,
    onlyFirst: figure('mcnemar_example', 'b'),
    onlySecond: figure('mcnemar_example', 'c'),
    neither: 0,
  };
  const { plain, corrected } = chiSquareMcNemar(pair)!;
  it.each([
    ['chisq_nocc', plain],
    ['chisq_cc', corrected],
    ['p_nocc', chiSquareSurvival(plain, 1)],
    ['p_cc', chiSquareSurvival(corrected, 1)],
    ['exact_p', exactMcNemar(pair)],
  ])('%s', (key, value) =>
    expect(relativeError(value, figure('mcnemar_example', key))).toBeLessThan(1e-12),
  );
});

describe("Firth's logistic regression agrees with R", () => {
  it('endometrial: coefficients, errors and the penalised likelihood', async () => {
    const table = await tableOf('endometrial');
    const fit = fitTable(table, 'HG ~ NV + PI + EH', { family: 'binomial', method: 'firth' });
    const entry = all['endometrial_firth']!;
    for (const [k, term] of Object.keys(entry['coef'] as Numbers).entries()) {
      const row = fit.coefficients[k]!;
      expect(relativeError(row.estimate, (entry['coef'] as Numbers)[term]!), term).toBeLessThan(1e-7);
      expect(relativeError(row.se, (entry['se'] as Numbers)[term]!), term).toBeLessThan(1e-7);
    }
    expect(relativeError(fit.penalisedLogLik, entry['penalized_loglik'] as number)).toBeLessThan(1e-10);
  });
});

/** What the two files of tests compare, for each kind of entry: nothing of R's goes unread. */
describe('every figure of the reference is compared', () => {
  const common = 'formula n coef se p logLik AIC BIC se_HC0'.split(' ');
  const ofLinear = [
    ...common,
    ...'t sigma r2 adj_r2 F df1 df2 belsley_condition_number condition_number_raw'.split(' '),
    ...'VIF GVIF GVIF_df GVIF_adj se_HC1 se_HC2 se_HC3 max_cooks max_cooks_row'.split(' '),
    ...'leverage_sum max_leverage PRESS durbin_watson breusch_pagan breusch_pagan_p'.split(' '),
  ];
  const ofLogistic = [
    ...common,
    ...'z null_deviance deviance mcfadden_r2 LR_chi2 auc brier accuracy_cut_half VIF_carStyle'.split(' '),
  ];
  const comparedIn = (name: string): readonly string[] => {
    if (linear.includes(name)) return ofLinear;
    if (logistic.includes(name)) return ofLogistic;
    if (name.startsWith('glmnet')) return ['alpha', 'lambda', 'coef', 'dev_ratio'];
    if (name === 'endometrial_firth') return ['coef', 'se', 'penalized_loglik', 'note'];
    if (name === 'p_adjust') return ['p', 'bonferroni', 'holm', 'hochberg', 'hommel', 'BH', 'BY'];
    return ['b', 'c', 'chisq_cc', 'p_cc', 'chisq_nocc', 'p_nocc', 'exact_p'];
  };

  it.each(names)('%s', (name) => {
    const compared = comparedIn(name);
    expect(Object.keys(all[name]!).filter((key) => !compared.includes(key))).toEqual([]);
  });
});

const shared = sharedData('r/r_reference.json');
it.skipIf(!shared)(`the committed reference is the one that R wrote (${missingData('r')} otherwise)`, () => {
  expect(all).toEqual(JSON.parse(readFileSync(shared!, 'utf8')));
});
