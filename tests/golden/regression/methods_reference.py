"""References for methods.test.ts, into methods.json.

Longley's robust errors and the elastic nets are solved in 60-digit arithmetic (mpmath 1.3, SciPy 1.17): R's own
values for these carry 1e-8 and 4e-6 of rounding and unfinished descent. Weighted, probit, Poisson and
clustered fits are statsmodels 0.15's on R's small tables; bases of splines and polynomials come from
SciPy's B-splines and NumPy's QR.

    python methods_reference.py > methods.json
"""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from mpmath import inverse, matrix, mp, mpf, sqrt
from scipy.interpolate import BSpline

mp.dps = 60
HERE = Path(__file__).parent / "r"


def exact_table(name):
    rows = list(csv.reader((HERE / f"{name}.csv").open()))
    return {column: [mpf(row[k]) for row in rows[1:]] for k, column in enumerate(rows[0]) if column}


def digits(value):
    return float(mp.nstr(value, 17))


def longley():
    table = exact_table("longley")
    y = matrix(table.pop("Employed"))
    names = list(table)
    x = matrix([[mpf(1), *(table[name][i] for name in names)] for i in range(len(y))])
    a = inverse(x.T * x)
    e = y - x * (a * (x.T * y))
    n, k = x.rows, x.cols
    leverage = [(x[i, :] * a * x[i, :].T)[0] for i in range(n)]
    factors = {
        "HC0": lambda h: mpf(1),
        "HC1": lambda h: mpf(n) / (n - k),
        "HC2": lambda h: 1 / (1 - h),
        "HC3": lambda h: 1 / (1 - h) ** 2,
    }
    found = {}
    for kind, factor in factors.items():
        middle = matrix(k, k)
        for i in range(n):
            middle += e[i] ** 2 * factor(leverage[i]) * (x[i, :].T * x[i, :])
        covariance = a * middle * a
        found[kind] = [digits(sqrt(covariance[j, j])) for j in range(k)]
    return found


def exact_nets():
    """The optimum of glmnet's objective given which slopes are zero, checked against the conditions."""
    reference = json.loads((HERE / "reference.json").read_text())
    table = exact_table("mtcars")
    y = table["mpg"]
    n = len(y)
    mean = sum(y) / n
    scale = sqrt(sum((v - mean) ** 2 for v in y) / n)
    found = {}
    for name, entry in reference.items():
        if not name.startswith("glmnet_gaussian"):
            continue
        alpha, lam = mpf(str(entry["alpha"])), mpf(str(entry["lambda"]))
        names = [term for term in entry["coef"] if term != "(Intercept)"]
        means = {t: sum(table[t]) / n for t in names}
        sds = {t: sqrt(sum((v - means[t]) ** 2 for v in table[t]) / n) for t in names}
        z = {t: [(v - means[t]) / sds[t] for v in table[t]] for t in names}
        active = [t for t in names if entry["coef"][t] != 0]
        dot = lambda a, b: sum(p * q for p, q in zip(a, b)) / n
        centred = [v - mean for v in y]
        gram = matrix([[dot(z[a], z[b]) for b in active] for a in active])
        right = matrix([dot(z[a], centred) for a in active])
        for i, term in enumerate(active):
            gram[i, i] += lam * (1 - alpha) / scale
            right[i] -= lam * alpha * mp.sign(entry["coef"][term])
        slopes = dict(zip(active, inverse(gram) * right))
        rest = [v - sum(slopes[t] * z[t][i] for t in active) for i, v in enumerate(centred)]
        for term in names:
            if term not in slopes:
                assert abs(dot(z[term], rest)) <= lam * alpha
            else:
                assert alpha == 0 or mp.sign(slopes[term]) == mp.sign(entry["coef"][term])
        units = {t: slopes.get(t, mpf(0)) / sds[t] for t in names}
        intercept = mean - sum(units[t] * means[t] for t in names)
        found[name] = [digits(intercept), *(digits(units[t]) for t in names)]
    return found


def fit_of(result):
    return {"estimates": list(result.params), "se": list(result.bse)}


def statsmodels_fits():
    cars = pd.read_csv(HERE / "mtcars.csv", index_col=0)
    air = pd.read_csv(HERE / "airquality.csv").dropna()
    breaks = pd.read_csv(HERE / "warpbreaks.csv")
    spector = pd.read_csv(HERE / "spector.csv")
    x = sm.add_constant(cars[["wt", "hp"]])
    weighted = sm.WLS(cars["mpg"], x, weights=cars["qsec"]).fit()
    clustered = {}
    for kind, correct in [("CR0", False), ("CR1", True)]:
        options = {"groups": air["Month"], "use_correction": correct}
        design = sm.add_constant(air[["Solar.R", "Wind", "Temp"]])
        clustered[kind] = fit_of(sm.OLS(air["Ozone"], design).fit(cov_type="cluster", cov_kwds=options))
    dummies = pd.DataFrame({
        "const": 1.0,
        "woolB": (breaks["wool"] == "B") * 1.0,
        "tensionL": (breaks["tension"] == "L") * 1.0,
        "tensionM": (breaks["tension"] == "M") * 1.0,
    })
    poisson = sm.GLM(breaks["breaks"], dummies, family=sm.families.Poisson()).fit(tol=1e-14, maxiter=200)
    robust = sm.GLM(breaks["breaks"], dummies, family=sm.families.Poisson()).fit(
        tol=1e-14, maxiter=200, cov_type="HC0"
    )
    probit = sm.GLM(
        spector["GRADE"],
        sm.add_constant(spector[["GPA", "TUCE", "PSI"]]),
        family=sm.families.Binomial(sm.families.links.Probit()),
    ).fit(tol=1e-14, maxiter=200)
    repeated = sm.GLM(
        spector["GRADE"],
        sm.add_constant(spector[["GPA", "TUCE", "PSI"]]),
        family=sm.families.Binomial(),
        freq_weights=spector["OBS"] % 3 + 1,
    ).fit(tol=1e-14, maxiter=200)
    return {
        "weighted": {**fit_of(weighted), "r2": weighted.rsquared, "logLik": weighted.llf},
        "clustered": clustered,
        "poisson": {**fit_of(poisson), "deviance": poisson.deviance, "logLik": poisson.llf},
        "poissonHC0": fit_of(robust),
        "probit": {**fit_of(probit), "logLik": probit.llf},
        "repeated": {**fit_of(repeated), "deviance": repeated.deviance},
    }


def bases():
    x = pd.read_csv(HERE / "mtcars.csv")["hp"].to_numpy(float)
    low, high = x.min(), x.max()

    def splines(knots, degree, derivative=0, at=x):
        t = np.r_[[low] * (degree + 1), knots, [high] * (degree + 1)]
        size = len(t) - degree - 1
        columns = [BSpline(t, np.eye(size)[j], degree) for j in range(size)]
        return np.stack([(c.derivative(derivative) if derivative else c)(at) for c in columns], axis=1)

    cubic = splines(np.quantile(x, [1 / 3, 2 / 3]), 3)[:, 1:]
    knots = np.quantile(x, [1 / 4, 1 / 2, 3 / 4])
    ends = splines(knots, 3, 2, np.array([low, high]))[:, 1:]
    q = np.linalg.qr(ends.T, mode="complete")[0]
    natural = (splines(knots, 3)[:, 1:] @ q)[:, 2:]
    centred = x - x.mean()
    q, r = np.linalg.qr(np.stack([centred**k for k in range(4)], axis=1))
    poly = (q * np.sign(np.diag(r)))[:, 1:]
    rows = [0, 3, 7, 19, 31]
    return {
        "rows": rows,
        "bs(hp, df = 5)": cubic[rows].tolist(),
        "ns(hp, df = 4)": natural[rows].tolist(),
        "poly(hp, 3)": poly[rows].tolist(),
    }


print(json.dumps({"longley": longley(), "nets": exact_nets(), **statsmodels_fits(), "bases": bases()}, indent=1))
