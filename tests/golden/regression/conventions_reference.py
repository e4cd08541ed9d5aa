"""Penalised fits whose strengths follow scikit-learn's and statsmodels' rules, for conventions.json.

Run in this folder; writes conventions.json with the versions used. All solvers run far past their default
tolerances, so that what is left of their own error is below 1e-8. The logistic fits are of columns at mean 0
and unit deviation (ddof 1, as scale() in R): on the raw ones both programs stop at points that are no optimum.
"""
import json
import warnings

import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge

warnings.filterwarnings("ignore")
cars = pd.read_csv("r/mtcars.csv")
spector = pd.read_csv("r/spector.csv")
data = {
    "gaussian": ("mtcars", "mpg", ["wt", "qsec", "drat"], cars),
    "binomial": ("spector", "GRADE", ["GPA", "TUCE", "PSI"], spector),
}
fits = []


def add(program, family, kind, mixing, strength, intercept, coefficients):
    table, outcome, columns, _ = data[family]
    scaled = [f"scale({column})" for column in columns]
    fits.append(
        {
            "program": program,
            "family": family,
            "table": table,
            "formula": f"{outcome} ~ {' + '.join(scaled if family == 'binomial' else columns)}",
            "kind": kind,
            "mixing": mixing,
            "strength": strength,
            "estimates": [float(intercept), *map(float, coefficients)],
        }
    )


def split(family):
    _, outcome, columns, frame = data[family]
    return frame[columns].to_numpy(float), frame[outcome].to_numpy(float)


x, y = split("gaussian")
exact = {"tol": 1e-14, "max_iter": 1_000_000}
for strength in (0.05, 0.4):
    fit = Lasso(alpha=strength, **exact).fit(x, y)
    add("scikit-learn", "gaussian", "lasso", 1, strength, fit.intercept_, fit.coef_)
    fit = ElasticNet(alpha=strength, l1_ratio=0.3, **exact).fit(x, y)
    add("scikit-learn", "gaussian", "elastic-net", 0.3, strength, fit.intercept_, fit.coef_)
    fit = Ridge(alpha=10 * strength, solver="svd").fit(x, y)
    add("scikit-learn", "gaussian", "ridge", 0, 10 * strength, fit.intercept_, fit.coef_)
    for mixing in (1, 0.3, 0):
        fit = sm.OLS(y, sm.add_constant(x)).fit_regularized(
            alpha=[0, *[strength] * 3], L1_wt=mixing, cnvrg_tol=1e-13, maxiter=1_000_000, zero_tol=1e-12
        )
        kind = {1: "lasso", 0.3: "elastic-net", 0: "ridge"}[mixing]
        add("statsmodels", "gaussian", kind, mixing, strength, fit.params[0], fit.params[1:])

x, y = split("binomial")
x = (x - x.mean(0)) / x.std(0, ddof=1)
for strength in (0.3, 2.0):
    for mixing in (1, 0.3, 0):
        kind = {1: "lasso", 0.3: "elastic-net", 0: "ridge"}[mixing]
        fit = LogisticRegression(
            l1_ratio=mixing, C=strength, solver="saga", tol=1e-13, max_iter=3_000_000, random_state=0
        ).fit(x, y)
        add("scikit-learn", "binomial", kind, mixing, strength, fit.intercept_[0], fit.coef_[0])
for strength in (0.02, 0.1):
    for mixing in (1, 0.3):
        fit = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit_regularized(
            alpha=np.array([0, *[strength] * 3]), L1_wt=mixing, cnvrg_tol=1e-13, maxiter=100_000, zero_tol=1e-12
        )
        kind = "lasso" if mixing == 1 else "elastic-net"
        add("statsmodels", "binomial", kind, mixing, strength, fit.params[0], fit.params[1:])

for one in fits:
    if one["family"] == "gaussian":
        continue
    beta = np.array(one["estimates"])
    whole = 1 / (len(y) * one["strength"]) if one["program"] == "scikit-learn" else one["strength"]
    slope = x.T @ (y - 1 / (1 + np.exp(-(beta[0] + x @ beta[1:])))) / len(y) - whole * (1 - one["mixing"]) * beta[1:]
    gap = np.where(beta[1:] == 0, np.maximum(abs(slope) - whole * one["mixing"], 0), slope - whole * one["mixing"] * np.sign(beta[1:]))
    assert abs(gap).max() < 1e-9, one

versions = {"scikit-learn": sklearn.__version__, "statsmodels": statsmodels.__version__}
with open("conventions.json", "w") as out:
    json.dump({"versions": versions, "fits": fits}, out, indent=1)
    out.write("\n")
