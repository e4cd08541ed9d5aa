import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../../main/compute/regression/design.ts';
import { factorise } from '../../../main/compute/regression/factorise.ts';
import { bernoulliLogit } from '../../../main/compute/regression/glm-family.ts';
import { inflationFactors } from '../../../main/compute/regression/inflation.ts';
import { fitGlm } from '../../../main/compute/regression/irls.ts';
import { buildModelFrame } from '../../../main/compute/regression/model-frame.ts';
import { finish } from '../../../main/compute/steps.ts';
import { readTable } from '../../../main/formats/table.ts';
import { fitTable, relativeError } from '../../support/regression.ts';

/** Fits by R 4.2.2 (lm, glm, car) to 15 digits. */
interface Entry {
  readonly formula: string;
  readonly coef: Readonly<Record<string, number>>;
  readonly se: Readonly<Record<string, number>>;
  readonly VIF?: Readonly<Record<string, number>>;
  readonly GVIF?: Readonly<Record<string, number>>;
  readonly VIF_carStyle?: Readonly<Record<string, number>>;
  readonly [figure: string]: unknown;
}

const folder = join(import.meta.dirname, 'r');
const all = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Record<string, Entry>;
const names = Object.keys(all).filter((name) => /_lm|_all|_logit/.test(name));
const isLogit = (name: string): boolean => name.endsWith('_logit');

/** R had tension as a factor with levels L, M, H; in the file it is text. */
const ordered = 'factor(tension, levels = c("L", "M", "H"))';
const toAssay = (text: string): string => text.replace('tension', ordered);

function tableOf(name: string): ReturnType<typeof readTable> {
  return readTable(join(folder, `${name.split('_')[0]!}.csv`));
}

async function fitOf(name: string): Promise<ReturnType<typeof fitTable>> {
  const family = isLogit(name) ? 'binomial' : 'gaussian';
  return fitTable(await tableOf(name), toAssay(all[name]!.formula), { family });
}

const figures: Readonly<Record<string, string>> = {
  n: 'n',
  sigma: 'sigma',
  r2: 'r2',
  adj_r2: 'adjustedR2',
  F: 'fStatistic',
  df2: 'dfResidual',
  logLik: 'logLik',
  AIC: 'aic',
  BIC: 'bic',
  null_deviance: 'nullDeviance',
  deviance: 'deviance',
  auc: 'auc',
  accuracy_cut_half: 'accuracy',
};

describe('fits agree with R', () => {
  it.each(names)('%s: coefficients, standard errors, tests', async (name) => {
    const entry = all[name]!;
    const fit = await fitOf(name);
    const tolerance = isLogit(name) ? 1e-7 : 1e-10;
    const keys = { coef: 'estimate', se: 'se', [isLogit(name) ? 'z' : 't']: 'statistic', p: 'p' } as const;
    expect(fit.coefficients).toHaveLength(Object.keys(entry.coef).length);
    for (const [key, ours] of Object.entries(keys))
      for (const [term, expected] of Object.entries(entry[key] as Record<string, number>)) {
        const row = fit.coefficients.find((candidate) => candidate.term === toAssay(term));
        // R's glm takes standard errors one iteration before the last: 5e-8 off in mtcars (checked
        // against statsmodels at full convergence), which p magnifies.
        const bound = isLogit(name) && key === 'p' ? 1e-6 : tolerance;
        expect(relativeError(row?.[ours] as number, expected), `${key} of ${term}`).toBeLessThan(bound);
      }
  });

  it.each(names)('%s: figures of the whole fit', async (name) => {
    const entry = all[name]!;
    const fit = (await fitOf(name)) as unknown as Record<string, number>;
    const tolerance = isLogit(name) ? 1e-9 : 1e-10;
    for (const [key, ours] of Object.entries(figures))
      if (key in entry)
        expect(relativeError(fit[ours], entry[key] as number), key).toBeLessThan(tolerance);
    if ('df1' in entry) expect((fit['fDegrees'] as unknown as number[])[0]).toBe(entry['df1']);
  });

  it.each(names.filter((name) => all[name]!.VIF ?? all[name]!.GVIF))('%s: variance inflation', async (name) => {
    const { VIF, GVIF } = all[name]!;
    const fit = await fitOf(name);
    for (const [term, expected] of Object.entries({ ...VIF, ...GVIF })) {
      if (term === 'wool:tension') continue;
      const label = toAssay(term);
      const row =
        fit.coefficients.find((candidate) => candidate.term === label) ??
        fit.coefficients.find((candidate) => candidate.term.startsWith(label));
      expect(relativeError(Number(row?.vif), expected), term).toBeLessThan(1e-10);
    }
  });

  it.each(names.filter((name) => 'condition_number_raw' in all[name]!))(
    '%s: condition numbers, raw and scaled',
    async (name) => {
      const entry = all[name]!;
      const fit = await fitOf(name);
      // R's singular values carry an error of 1e-16 of the largest one, so of cond(X) in the smallest.
      const raw = entry['condition_number_raw'] as number;
      const scaled = entry['belsley_condition_number'] as number;
      expect(relativeError(Number(fit.conditionNumber), raw)).toBeLessThan(1e-12 + 1e-15 * raw);
      expect(relativeError(Number(fit.scaledConditionNumber), scaled)).toBeLessThan(1e-10);
    },
  );

  it.each(names.filter(isLogit))("%s: car's weighted VIF from the last weighted triangle", async (name) => {
    const frame = buildModelFrame(await tableOf(name), {
      formula: all[name]!.formula,
      family: 'binomial',
    });
    const design = buildDesign(frame);
    const columns = design.columns.map((column) => column.name);
    const source = { ...design, columns: columns.length, isPlain: () => true };
    const whole = finish(factorise(source, columns));
    const kept = columns.map((_, j) => j);
    const { scales } = whole;
    const fit = finish(fitGlm(design, frame.response.values, bernoulliLogit, { kept, scales }));
    const sets = design.terms.map((term) => term.columns);
    const factors = inflationFactors(fit.r, columns.length, true, sets);
    Object.values(all[name]!.VIF_carStyle!).forEach((expected, k) =>
      expect(relativeError(factors[k], expected)).toBeLessThan(1e-7),
    );
  });

  it('warpbreaks: the generalised VIF of the interaction', async () => {
    const fit = await fitOf('warpbreaks_lm_interaction');
    expect(relativeError(Number(fit.coefficients.at(-1)?.vif), 8)).toBeLessThan(1e-10);
  });
});
