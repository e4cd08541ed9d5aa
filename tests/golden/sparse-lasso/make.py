"""L1 fits of sparse columns by scikit-learn, held to within 1e-6 by sparse-lasso.test.ts.

Columns are brought to mean 0 and unit variance (1/n) first, as glmnet does, and the penalty is glmnet's
lambda: alpha of Lasso, and C = 1 / (n lambda) of LogisticRegression. The intercept is not penalised
(saga). Unpenalised fits and variance inflation are statsmodels'.

Run: python make.py (scikit-learn 1.x, statsmodels 0.14; versions are written into cases.json)
"""
import json
import pathlib

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import Lasso, LogisticRegression
from statsmodels.stats.outliers_influence import variance_inflation_factor

random = np.random.default_rng(7)
n, p = 300, 25
x = np.where(random.random((n, p)) < 0.15, random.exponential(size=(n, p)), 0).astype(np.float32)
x[:, 5] = np.where(random.random(n) < 0.9, x[:, 4] * 1.5, x[:, 5])  # nearly the same as column 4
x = x.round(3).astype(np.float32)
wide = x.astype(np.float64)
beta = np.zeros(p)
beta[:6] = [1.5, -1.2, 0.8, 0, 1.0, 0]
eta = wide @ beta - 0.7
gaussian = (eta + random.normal(size=n)).round(4)
binomial = (random.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
centre, scale = wide.mean(0), wide.std(0)
z = (wide - centre) / scale
lambdas = [0.1, 0.03, 0.01, 0.003]


def raw(slopes, intercept):
    b = slopes / scale
    return {"intercept": float(intercept - b @ centre), "coefficients": b.tolist()}


def logistic(strength):
    fit = LogisticRegression(
        penalty="l1", solver="saga", C=1 / (n * strength), tol=1e-13, max_iter=400_000
    ).fit(z, binomial)
    return raw(fit.coef_[0], fit.intercept_[0])


def lasso(strength):
    fit = Lasso(alpha=strength, tol=1e-15, max_iter=1_000_000).fit(z, gaussian)
    return raw(fit.coef_, fit.intercept_)


picked = [0, 1, 2, 4, 5]
design = sm.add_constant(wide[:, picked])
cases = {
    "versions": {
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
    },
    "columns": [
        {"rows": np.nonzero(x[:, j])[0].tolist(), "values": x[x[:, j] != 0, j].astype(float).round(3).tolist()}
        for j in range(p)
    ],
    "gaussian": gaussian.tolist(),
    "binomial": binomial.tolist(),
    "lambdas": lambdas,
    "lasso": [lasso(strength) for strength in lambdas],
    "logistic": [logistic(strength) for strength in lambdas],
    "picked": picked,
    "unpenalisedGaussian": sm.OLS(gaussian, design).fit().params.tolist(),
    "unpenalisedBinomial": sm.Logit(binomial, design).fit(disp=0, tol=1e-14, method="newton", maxiter=100).params.tolist(),
    "vif": [float(variance_inflation_factor(design, k + 1)) for k in range(len(picked))],
}
path = pathlib.Path(__file__).with_name("cases.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
