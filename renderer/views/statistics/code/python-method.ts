import { parse, type Node } from '../../../../shared/formula/syntax.ts';
import { pythonText } from './python-expression.ts';
import type { Reproducible } from './reproducible.ts';

/** Indicators of missing values, and how they and the means come about. */
export function pythonIndicators({ spec, fit }: Reproducible): {
  terms: string[];
  lines: (outcome: string) => string[];
} {
  const imputed = spec.missing === 'mean-indicator' ? (fit?.imputed ?? []) : [];
  return {
    terms: imputed.map((_, k) => `missing_${k}`),
    lines: (outcome) =>
      imputed.length === 0
        ? []
        : [
            '# Missing values: the mean of the rows that have an outcome, beside an indicator',
            `used = d.eval(${pythonText(outcome)}).notna()`,
            ...imputed.flatMap(({ term }, k) => [
              `d["missing_${k}"] = d[${pythonText(term)}].isna().astype(float)`,
              `if pd.api.types.is_numeric_dtype(d[${pythonText(term)}]):`,
              `    d[${pythonText(term)}] = d[${pythonText(term)}].fillna(d.loc[used, ${pythonText(term)}].mean())`,
              'else:',
              `    d[${pythonText(term)}] = d[${pythonText(term)}].fillna("(missing)")`,
            ]),
          ],
  };
}

/** Code that fits `formula` to `d` and prints the result. */
export function pythonFit(about: Reproducible, text: (node: Node) => string): string[] {
  const { spec } = about;
  const weights =
    spec.weights === undefined
      ? []
      : [
          't = d',
          `w = ${text(parse(spec.weights, 'formula'))}`,
          'd = d[w > 0]',
          'w = w[w > 0].astype(float)',
        ];
  const hasWeights = weights.length > 0;
  if (spec.penalty) return [...weights, ...pythonPenalty(about, hasWeights)];
  if (spec.method === 'firth') return [...weights, ...firth(hasWeights)];
  const family = {
    gaussian: '',
    binomial:
      spec.link === 'probit'
        ? 'sm.families.Binomial(sm.families.links.Probit())'
        : 'sm.families.Binomial()',
    poisson: 'sm.families.Poisson()',
  }[spec.family];
  const extra = hasWeights ? (family === '' ? ', weights=w' : ', freq_weights=w') : '';
  const call =
    family === ''
      ? `smf.${hasWeights ? 'wls' : 'ols'}(formula, data=d${extra})`
      : `smf.glm(formula, data=d, family=${family}${extra})`;
  const cluster = spec.errors?.cluster;
  return [
    ...(cluster === undefined ? [] : [`d = d[d[${pythonText(cluster)}].notna()]`]),
    ...weights,
    `model = ${call}`,
    ...errorLines(about, family === ''),
    'print(fit.summary())',
    'print("n =", int(fit.nobs))',
    '',
    'X = fit.model.exog',
    'for i, name in enumerate(fit.model.exog_names):',
    '    if name != "Intercept":',
    '        print("VIF", name, variance_inflation_factor(X, i))',
  ];
}

function errorLines({ spec }: Reproducible, isLinear: boolean): string[] {
  const kind = spec.errors?.kind ?? 'classical';
  const t = isLinear ? ', use_t=True' : '';
  const precise = isLinear ? '' : 'tol=1e-12, maxiter=200';
  if (kind === 'classical') return [`fit = model.fit(${precise})`];
  const options = precise === '' ? '' : `, ${precise}`;
  const cluster = spec.errors?.cluster;
  if (cluster === undefined && !isLinear && kind !== 'HC0')
    return [`fit = model.fit(${precise})`, ...robustErrors(kind)];
  if (cluster === undefined) return [`fit = model.fit(cov_type="${kind}"${t}${options})`];
  return [
    `groups = d.loc[model.data.row_labels, ${pythonText(cluster)}].astype("category").cat.codes`,
    `options = {"groups": groups, "use_correction": ${kind === 'CR1' ? 'True' : 'False'}}`,
    `fit = model.fit(cov_type="cluster", cov_kwds=options${t}${options})`,
  ];
}

/** statsmodels gives HC0 of a GLM under every name, so the others are written out. */
function robustErrors(kind: string): string[] {
  const scaled = {
    HC2: ' / np.sqrt(1 - fit.get_hat_matrix_diag())[:, None]',
    HC3: ' / (1 - fit.get_hat_matrix_diag())[:, None]',
  }[kind];
  const factor = kind === 'HC1' ? ' * fit.nobs / (fit.nobs - len(fit.params))' : '';
  return [
    `# ${kind} errors; those of the summary below are classical`,
    `S = model.score_obs(fit.params)${scaled ?? ''}`,
    'B = np.linalg.inv(-model.hessian(fit.params, observed=False))',
    `V = B @ S.T @ S @ B${factor}`,
    'print(pd.DataFrame({"estimate": fit.params, "se": np.sqrt(np.diag(V))}))',
  ];
}

/** The design as arrays, for what statsmodels does not fit. */
function arrays(hasWeights: boolean): string[] {
  return [
    'y, X = patsy.dmatrices(formula, d, return_type="dataframe")',
    'y = y.iloc[:, 0].to_numpy()',
    ...(hasWeights ? ['w = w.loc[X.index].to_numpy()'] : []),
  ];
}

function firth(hasWeights: boolean): string[] {
  const weigh = hasWeights ? 'w * ' : '';
  return [
    'import patsy',
    ...arrays(hasWeights),
    'names, A, beta = X.columns, X.to_numpy(), np.zeros(X.shape[1])',
    'for _ in range(500):  # Newton steps on the modified scores',
    '    p = 1 / (1 + np.exp(-A @ beta))',
    `    v = ${weigh}p * (1 - p)`,
    '    covariance = np.linalg.inv(A.T * v @ A)',
    '    h = v * np.einsum("ij,jk,ik->i", A, covariance, A)',
    `    step = covariance @ (A.T @ (${weigh}(y - p) + h * (0.5 - p)))`,
    '    beta = beta + step / max(1, np.abs(step).max())',
    '    if np.abs(step).max() < 1e-12:',
    '        break',
    'print(pd.DataFrame({"estimate": beta, "se": np.sqrt(np.diag(covariance))}, index=names))',
  ];
}

function pythonPenalty({ spec, fit }: Reproducible, hasWeights: boolean): string[] {
  const penalised = fit?.penalised;
  if (!penalised) return ['# Fit first: the strength is part of the fit.'];
  const equivalent = penalised.equivalents.find(({ program }) => program === 'scikit-learn')!;
  const ratio = /l1_ratio=([\d.e+-]+)/.exec(equivalent.note)?.[1];
  const isRidge = equivalent.note.startsWith('Ridge');
  const strength = `${equivalent.argument}=${equivalent.value}`;
  const precise = 'fit_intercept=has_intercept, tol=1e-12, max_iter=1_000_000';
  const model =
    spec.family === 'binomial'
      ? `linear_model.LogisticRegression(${strength}, l1_ratio=${ratio}, solver="saga", ${precise})`
      : isRidge
        ? `linear_model.Ridge(${strength}, fit_intercept=has_intercept)`
        : `linear_model.ElasticNet(${strength}, l1_ratio=${ratio}, ${precise})`;
  const average = hasWeights ? 'np.average(A, axis=0, weights=w)' : 'A.mean(axis=0)';
  const spread = hasWeights
    ? 'np.sqrt(np.average((A - means) ** 2, axis=0, weights=w))'
    : 'A.std(axis=0)';
  return [
    'import patsy',
    'from sklearn import linear_model',
    ...arrays(hasWeights),
    'has_intercept = "Intercept" in X',
    'X = X.drop(columns="Intercept", errors="ignore")',
    'A = X.to_numpy()',
    `means = ${average}`,
    `scales = ${penalised.standardised ? spread : 'np.ones(A.shape[1])'}`,
    'Z = (A - means * has_intercept) / scales',
    ...(penalised.chosenBy === 'given'
      ? []
      : [
          `# Assay chose the strength by ${penalised.folds}-fold cross-validation (${penalised.chosenBy}, seed ${penalised.seed}).`,
        ]),
    `fit = ${model}.fit(Z, y${hasWeights ? ', sample_weight=w * len(w) / w.sum()' : ''})`,
    'coefficients = np.ravel(fit.coef_) / scales',
    'print("Intercept", np.ravel(fit.intercept_)[0] - coefficients @ means * has_intercept)',
    'print(pd.Series(coefficients, index=X.columns))',
  ];
}
