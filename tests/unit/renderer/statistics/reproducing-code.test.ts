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
    expect(code).toContain('fit <- lm(y ~ center(a) + factor(g), data = d)');
  });

  it('asks for Wald intervals of a logistic fit', async () => {
    const code = rCode((await about('won ~ a', { family: 'binomial' })).about);
    expect(code).toContain('glm(won ~ a, family = binomial, data = d)');
    expect(code).toContain('confint.default(fit)');
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
});

describe('code of other methods', () => {
  const made = async (formula: string, rest: Partial<RegressSpec>) => {
    const { table, about: parts } = await about(formula, rest);
    const fit = { ...fitTable(table, formula, rest), id: 'f', name: 'f', createdAt: 0 };
    return { ...parts, fit };
  };

  it('takes robust and clustered errors over', async () => {
    const robust = (await about('y ~ a', { errors: { kind: 'HC3' } })).about;
    expect(rCode(robust)).toContain('V <- vcovHC(fit, type = "HC3")');
    expect(pythonCode(robust)).toContain('.fit(cov_type="HC3", use_t=True)');
    const clustered = (await about('y ~ a', { errors: { kind: 'CR1', cluster: 'g' } })).about;
    expect(rCode(clustered)).toContain('vcovCL(fit, cluster = ~ g, type = "HC1", cadjust = TRUE)');
    expect(pythonCode(clustered)).toContain('d = d.dropna(subset=["y", "a", "g"])');
    // statsmodels calls HC0 of a GLM by every name, so the others are written out.
    const logistic = (await about('won ~ a', { family: 'binomial', errors: { kind: 'HC2' } }))
      .about;
    expect(pythonCode(logistic)).toContain('np.sqrt(1 - fit.get_hat_matrix_diag())');
  });

  it('carries the strength of a penalised fit, and asks for the fit where there is none', async () => {
    const rest = { penalty: { kind: 'lasso', strength: 0.25 } } as const;
    const { fit, ...form } = await made('y ~ a + b', rest);
    expect(rCode({ ...form, fit })).toContain('lambda <- 0.25');
    expect(pythonCode({ ...form, fit })).toContain('n, strength, mixing = len(y), 0.25, 1');
    expect(errorOf(() => rCode(form)).message).toContain('Press Fit');
    expect(errorOf(() => pythonCode(form)).code).toBe('unsupported');
  });

  it('compares groups with the level that was chosen', async () => {
    const { about: parts } = await about('y ~ C(g, "red")');
    expect(rCode(parts)).toContain('y ~ relevel(factor(g), ref = "red")');
    expect(pythonCode(parts)).toContain('C(g, Treatment(\\"red\\"))');
  });

  it('writes Firth, probit, Poisson and weights', async () => {
    const firth = (await about('won ~ a', { family: 'binomial', method: 'firth' })).about;
    expect(rCode(firth)).toContain('logistf(won ~ a, data = d, pl = FALSE)');
    expect(rCode(firth)).not.toContain('nobs(fit)');
    const probit = (await about('won ~ a', { family: 'binomial', link: 'probit' })).about;
    expect(rCode(probit)).toContain('family = binomial("probit")');
    const weighted = (await about('a ~ b', { family: 'poisson', weights: 'c + 1' })).about;
    expect(rCode(weighted)).toContain('glm(a ~ b, family = poisson, data = d, weights = c + 1)');
    expect(pythonCode(weighted)).toContain('freq_weights=d["c"] + 1');
  });

  it('reads other files by other calls, and sends curves to R', async () => {
    const { about: parts } = await about('y ~ ns(a, df = 3)');
    const spec = { ...parts.spec, table: 'x.parquet' };
    expect(rCode({ ...parts, spec })).toContain('arrow::read_parquet("x.parquet")');
    expect(rCode(parts)).toContain('library(splines)');
    expect(errorOf(() => pythonCode(parts)).message).toContain('Take the code in R');
  });
});
