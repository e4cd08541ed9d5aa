import { AppError } from '../../../../shared/errors.ts';
import { namesIn } from '../../../../shared/formula/formula.ts';
import { parse } from '../../../../shared/formula/syntax.ts';
import { pythonExpression, pythonText } from './python-expression.ts';
import { madePenalty, type Reproducible } from './reproducible.ts';

interface PythonFit {
  readonly imports: readonly string[];
  readonly lines: readonly string[];
}

/**
 * The lines of Python that fit `formula` over `d` by the spec's method; `needed` are the columns whose
 * missing cells leave a row out. @throws AppError `unsupported`
 */
export function pythonFit(about: Reproducible, needed: readonly string[]): PythonFit {
  const { spec } = about;
  if (spec.penalty) return penalisedFit(about);
  if (spec.method === 'firth') return firthFit(about);
  const kind = spec.errors?.kind ?? 'classical';
  const isRobustGlm = kind.startsWith('HC') && spec.family !== 'gaussian';
  const { cluster } = spec.errors ?? {};
  const covariance =
    kind === 'classical' || isRobustGlm
      ? ''
      : cluster === undefined
        ? `cov_type=${pythonText(kind)}, use_t=True`
        : `cov_type="cluster", cov_kwds={"groups": pd.factorize(${column(cluster)})[0], "use_correction": ${kind === 'CR1' ? 'True' : 'False'}}${spec.family === 'gaussian' ? ', use_t=True' : ''}`;
  const aligned = cluster !== undefined || spec.weights !== undefined;
  return {
    imports: [
      'import statsmodels.api as sm',
      'import statsmodels.formula.api as smf',
      'from statsmodels.stats.outliers_influence import variance_inflation_factor',
    ],
    lines: [
      ...(spec.exact
        ? ['# Assay calculated this fit in higher precision; statsmodels has double precision.']
        : []),
      ...(aligned ? [`d = d.dropna(subset=[${needed.map(pythonText).join(', ')}])`] : []),
      `fit = ${modelCall(about)}.fit(${covariance})`,
      'print(fit.summary())',
      'print("n =", int(fit.nobs))',
      ...(isRobustGlm ? robustGlm(kind) : []),
      '',
      'X = fit.model.exog',
      'for i, name in enumerate(fit.model.exog_names):',
      '    if name != "Intercept":',
      '        print("VIF", name, variance_inflation_factor(X, i))',
    ],
  };
}

function modelCall({ spec }: Reproducible): string {
  const { weights, family, link } = spec;
  if (family === 'gaussian')
    return weights === undefined
      ? 'smf.ols(formula, data=d)'
      : `smf.wls(formula, data=d, weights=${column(weights)})`;
  const families = {
    binomial: link === 'probit' ? 'Binomial(link=sm.families.links.Probit())' : 'Binomial()',
    poisson: 'Poisson()',
  };
  const frequencies = weights === undefined ? '' : `, freq_weights=${column(weights)}`;
  return `smf.glm(formula, data=d, family=sm.families.${families[family]}${frequencies})`;
}

/** statsmodels gives HC0 of a GLM under every name; these are the others. */
function robustGlm(kind: string): string[] {
  const left = '(1 - fit.get_hat_matrix_diag())';
  const divisor = { HC2: `np.sqrt(${left.slice(1, -1)})`, HC3: left }[kind];
  const scaled = divisor === undefined ? '' : ` / ${divisor}[:, None]`;
  return [
    '',
    `# ${kind} errors`,
    `S = fit.model.score_obs(fit.params)${scaled}`,
    'B = np.linalg.inv(-fit.model.hessian(fit.params, observed=False))',
    ...(kind === 'HC1'
      ? ['V = B @ S.T @ S @ B * fit.nobs / (fit.nobs - len(fit.params))']
      : ['V = B @ S.T @ S @ B']),
    'print(pd.DataFrame({"estimate": fit.params, "se": np.sqrt(np.diag(V))}))',
  ];
}

function firthFit(about: Reproducible): PythonFit {
  refuseWeights(about, 'Firth’s scores');
  return {
    imports: ['import patsy'],
    lines: [
      'y, X = patsy.dmatrices(formula, d)',
      'names, y, X = X.design_info.column_names, np.asarray(y)[:, 0], np.asarray(X)',
      'b = np.zeros(X.shape[1])',
      'for _ in range(1000):  # Newton steps on the modified scores (Firth 1993)',
      '    p = 1 / (1 + np.exp(-X @ b))',
      '    F = (X * (p * (1 - p))[:, None]).T @ X',
      '    V = np.linalg.inv(F)',
      '    h = p * (1 - p) * np.einsum("ij,jk,ik->i", X, V, X)',
      '    step = V @ (X.T @ (y - p + h * (0.5 - p)))',
      '    b = b + step * min(1, 5 / max(abs(step).max(), 1e-300))',
      '    if abs(step).max() < 1e-12:',
      '        break',
      'print(pd.DataFrame({"estimate": b, "se": np.sqrt(np.diag(V))}, index=names))',
    ],
  };
}

function penalisedFit(about: Reproducible): PythonFit {
  refuseWeights(about, 'a penalty');
  const { spec } = about;
  const { strength, mixing, standardised, chosenBy } = madePenalty(about);
  const isBinomial = spec.family === 'binomial';
  const name = isBinomial ? 'LogisticRegression' : mixing === 0 ? 'Ridge' : 'ElasticNet';
  const model = isBinomial
    ? 'LogisticRegression(C=1 / (n * strength), l1_ratio=mixing, solver="saga", penalty="elasticnet", tol=1e-10, max_iter=1_000_000, fit_intercept=has_intercept)'
    : mixing === 0
      ? 'Ridge(alpha=n * l2, tol=1e-12, fit_intercept=has_intercept)'
      : 'ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), tol=1e-12, max_iter=1_000_000, fit_intercept=has_intercept)';
  return {
    imports: ['import patsy', `from sklearn.linear_model import ${name}`],
    lines: [
      'y, X = patsy.dmatrices(formula, d, return_type="dataframe")',
      'y, has_intercept = y.iloc[:, 0], "Intercept" in X',
      'X = X.drop(columns="Intercept", errors="ignore")',
      ...(standardised
        ? ['m, s = X.mean() * has_intercept, X.std(ddof=0)', 'Z = (X - m) / s']
        : ['m, s = 0 * X.mean(), 1 + 0 * X.mean()', 'Z = X']),
      ...(chosenBy === 'given'
        ? []
        : ['# The strength that cross-validation chose in Assay; other folds choose another.']),
      `n, strength, mixing = len(y), ${strength}, ${mixing}  # glmnet's lambda and alpha`,
      ...(isBinomial
        ? []
        : ['l1, l2 = strength * mixing, strength * (1 - mixing) / y.std(ddof=0)']),
      `fit = ${model}`,
      'fit.fit(Z, y)',
      'b = pd.Series(np.ravel(fit.coef_) / s.to_numpy(), index=X.columns)',
      'print("intercept", float(np.ravel(fit.intercept_)[0] - (b * m).sum()))',
      'print(b)',
    ],
  };
}

function refuseWeights({ spec }: Reproducible, beside: string): void {
  if (spec.weights !== undefined)
    throw new AppError(
      'unsupported',
      `Python code for weights beside ${beside} is not offered. Take the code in R.`,
    );
}

/** An expression of columns over `d`. */
function column(source: string): string {
  const node = parse(source, 'filter');
  const names = namesIn(node);
  return pythonExpression(
    node,
    (name) => `d[${pythonText(name)}]`,
    (name) => names.has(name),
  );
}
