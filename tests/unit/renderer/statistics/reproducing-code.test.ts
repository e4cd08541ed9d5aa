import { describe, expect, it } from 'vitest';
import { describeTable } from '../../../../main/compute/regression/describe-table.ts';
import { pythonCode } from '../../../../renderer/views/statistics/code/python-code.ts';
import { rCode } from '../../../../renderer/views/statistics/code/r-code.ts';
import type { RegressSpec } from '../../../../shared/domain/job-spec.ts';
import { errorOf, fitTable, tableFromText } from '../../../support/regression.ts';

const text = [
  '# SIMULATED,',
  '# two lines',
  'y,won,a,b,c,g,odd name,flag',
  '1,0,1,2,3,red,1,T',
  '3,1,2,1,3,blue,5,F',
  '2,0,4,3,7,red,2,T',
  '6,1,5,8,13,blue,3,T',
  '4,1,5,9,14,red,9,F',
  '8,0,7,8,15,blue,4,F',
].join('\n');

async function about(formula: string, rest: Partial<RegressSpec> = {}) {
  const table = await tableFromText(text);
  const { columns, delimiter, note, sha256 } = describeTable(table);
  const spec: RegressSpec = {
    kind: 'regress',
    name: 'fit',
    table: 'data/maze "1".csv',
    formula,
    family: 'gaussian',
    ...rest,
  };
  return { table, about: { spec, columns, delimiter, note, tableSha256: sha256 } };
}

describe('code in R', () => {
  it('reads the same cells, keeps the same rows and fits the same formula', async () => {
    const { about: parts } = await about('y ~ center(a) + factor(g)', {
      filter: 'a > 1 && g %in% c("red", "blue")',
    });
    const code = rCode(parts);
    expect(code).toContain('read.csv("data/maze \\"1\\".csv", sep = ",", skip = 2, na.strings');
    expect(code).toContain('center <- function(x) x - mean(x, na.rm = TRUE)');
    expect(code).toContain('d <- subset(d, a > 1 & g %in% c("red", "blue"))');
    expect(code).toContain('f <- y ~ center(a) + factor(g)\nfit <- lm(f, data = d)');
  });

  it('asks for Wald intervals of a logistic fit', async () => {
    const code = rCode((await about('won ~ a', { family: 'binomial' })).about);
    expect(code).toContain('f <- won ~ a\nfit <- glm(f, family = binomial, data = d,');
    expect(code).toContain('confint.default(fit)');
  });
});

describe('code in R for methods', () => {
  it.each<[string, string, Partial<RegressSpec>, string[]]>([
    ['weights', 'y ~ a', { weights: 'b + 1' }, ['lm(f, data = d, weights = b + 1)']],
    ['probit', 'won ~ a', { family: 'binomial', link: 'probit' }, ['binomial(link = "probit")']],
    ['Poisson', 'y ~ a', { family: 'poisson' }, ['glm(f, family = poisson']],
    ['Firth', 'won ~ a', { family: 'binomial', method: 'firth' }, ['logistf::logistf(f, data = d']],
    [
      'robust errors',
      'y ~ a',
      { errors: { kind: 'HC3' } },
      ['sandwich::vcovHC(fit, type = "HC3")'],
    ],
    [
      'clusters',
      'y ~ a',
      { errors: { kind: 'CR0', cluster: 'g' } },
      ['vcovCL(fit, cluster = ~ g, type = "HC0", cadjust = FALSE)', 'df = length(unique('],
    ],
    [
      'a lasso',
      'y ~ a + b',
      { penalty: { kind: 'lasso' } },
      ['glmnet::cv.glmnet(x, y, family = "gaussian", alpha = 1, standardize = TRUE'],
    ],
    [
      'reference levels',
      'y ~ C(g, "red") + relevel(flag, ref = "T") + C(c)',
      {},
      ['f <- y ~ relevel(factor(g), ref = "red") + relevel(factor(flag), ref = "T") + factor(c)'],
    ],
    ['splines', 'y ~ ns(a, df = 2)', {}, ['library(splines)', 'f <- y ~ ns(a, df = 2)']],
  ])('%s', async (_name, formula, rest, expected) => {
    const code = rCode((await about(formula, rest)).about);
    for (const part of expected) expect(code).toContain(part);
  });

  it('names the strength that was chosen', async () => {
    const penalty = { kind: 'ridge', strength: 0.5 } as const;
    const { table, about: parts } = await about('y ~ a + b', { penalty });
    const result = fitTable(table, 'y ~ a + b', { penalty });
    const fit = { ...result, id: 'fit', name: 'x', createdAt: 0 };
    expect(rCode({ ...parts, fit })).toContain('glmnet::glmnet(x, y, lambda = 0.5, family');
  });
});

describe('code in Python', () => {
  it('writes names, factors, powers and products in the notation of patsy', async () => {
    const code = pythonCode(
      (await about('y + 1 ~ a*log(b) + `odd name` + factor(g) + I(b^2)')).about,
    );
    expect(code).toContain(
      'formula = "I(y + 1) ~ a + np.log(b) + Q(\\"odd name\\") + C(g) + I(b ** 2) + a:np.log(b)"',
    );
  });

  it('gives comparisons their parentheses and unknown conditions their meaning', async () => {
    const { about: parts } = await about('y ~ a', {
      filter: '!(a > 1 | is.na(b)) & g == "red" & flag & b %in% c(1, 2)',
    });
    expect(pythonCode(parts)).toContain(
      'pd.Series((((~((t["a"] > 1) | t["b"].isna())) & (t["g"] == "red")) & t["flag"]) & t["b"].isin([1, 2])',
    );
  });

  it('leaves out what the fit left out, and says so', async () => {
    const { table, about: parts } = await about('y ~ a + b + c');
    const fit = fitTable(table, 'y ~ a + b + c');
    const code = pythonCode({ ...parts, fit: { ...fit, id: 'f', name: 'f', createdAt: 0 } });
    expect(code).toContain('# Left out, because other terms determine them exactly: c.');
    expect(code).toContain('formula = "y ~ a + b"');
  });

  it('turns a condition and a text into 0 and 1', async () => {
    const ofText = pythonCode((await about('g ~ a', { family: 'binomial' })).about);
    expect(ofText).toContain('(d["g"] == d["g"].dropna().max())');
    const ofCondition = pythonCode((await about('y > 3 ~ a', { family: 'binomial' })).about);
    expect(ofCondition).toContain('d["success_"] = pd.Series(t["y"] > 3, index=d.index)');
  });

  it('refuses what is no formula', async () => {
    const { about: parts } = await about('y ~');
    expect(errorOf(() => pythonCode(parts)).code).toBe('bad-formula');
  });

  it('writes out the robust errors that statsmodels lacks for a logistic fit', async () => {
    const logistic = { family: 'binomial', errors: { kind: 'HC3' } } as const;
    const code = pythonCode((await about('won ~ a', logistic)).about);
    expect(code).toContain('/ (1 - fit.get_hat_matrix_diag())[:, None]');
    expect(code).not.toContain('cov_type');
  });
});
