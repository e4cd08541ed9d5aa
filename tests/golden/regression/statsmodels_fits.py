"""Reference fits by statsmodels on a generated table: table.csv and fits.json.

The design matrices are built here by hand with numpy, column by column under the names that R would
print, so that the comparison covers formula, coding, filter and missing values as well as the fit.
Values agree with statsmodels' own floats; compare OLS at 1e-9 and Logit at 1e-7 relative.

    python statsmodels_fits.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm

here = Path(__file__).parent
rng = np.random.default_rng(20240611)
n = 400


def generate():
    age = rng.integers(18, 80, n).astype(float)
    dose = np.round(rng.gamma(2.0, 3.0, n) + 0.1, 3)
    weight = np.round(60 + 0.3 * age + rng.normal(0, 9, n), 1)
    site = rng.choice(["north", "south", "East"], n, p=[0.5, 0.3, 0.2])
    smoker = rng.random(n) < 0.4
    score = 3 + 0.05 * age - 0.4 * dose + 0.02 * weight + 1.5 * (site == "south") + 0.8 * smoker * dose
    score = np.round(score + rng.normal(0, 2, n), 4)
    eta = -4 + 0.03 * age + 0.25 * dose - 0.9 * (site == "East") + 0.5 * smoker
    outcome = np.where(rng.random(n) < 1 / (1 + np.exp(-eta)), "relapse", "cured")
    table = pd.DataFrame(
        {"age": age, "dose": dose, "weight": weight, "site": site, "smoker": smoker, "score": score, "outcome": outcome}
    )
    for column, share in [("weight", 0.04), ("site", 0.02), ("dose", 0.01)]:
        table.loc[rng.random(n) < share, column] = np.nan
    return table


def inflation(x, j):
    """1 / (1 - R^2) of column j on the others, which hold the intercept."""
    return 1 / (1 - sm.OLS(x[:, j], np.delete(x, j, axis=1), hasconst=True).fit().rsquared)


def fit(kind, formula, table, y, columns, used, filter_text=None):
    rows = table[used].notna().all(axis=1)
    data = table[rows]
    names = list(columns)
    x = np.column_stack([np.broadcast_to(columns[name](data), len(data)).astype(float) for name in names])
    outcome = y(data).to_numpy(dtype=float)
    if kind == "gaussian":
        result = sm.OLS(outcome, x).fit()
    else:
        result = sm.Logit(outcome, x).fit(method="newton", maxiter=100, tol=1e-14, disp=0)
    low, high = np.asarray(result.conf_int()).T
    entry = {
        "family": kind,
        "formula": formula,
        "filter": filter_text,
        "n": len(data),
        "dropped": len(table) - len(data),
        "terms": names,
        "estimate": list(result.params),
        "se": list(result.bse),
        "statistic": list(result.tvalues),
        "p": list(result.pvalues),
        "low": list(low),
        "high": list(high),
        "logLik": result.llf,
    }
    if names[0] == "(Intercept)":
        entry["vif"] = [inflation(x, j) for j in range(1, x.shape[1])]
    if kind == "gaussian":
        entry |= {
            "r2": result.rsquared,
            "adjustedR2": result.rsquared_adj,
            "sigma": float(np.sqrt(result.mse_resid)),
            "fStatistic": result.fvalue,
            "fP": result.f_pvalue,
            "deviance": result.ssr,
            # statsmodels does not count the error variance as a parameter; R and Assay do.
            "aic": result.aic + 2,
            "bic": result.bic + float(np.log(len(data))),
        }
    else:
        entry |= {
            "deviance": -2 * result.llf,
            "nullDeviance": -2 * result.llnull,
            "aic": result.aic,
            "bic": result.bic,
            "accuracy": float(np.mean((result.predict() > 0.5) == (outcome == 1))),
        }
    return entry


table = generate()
table.to_csv(here / "table.csv", index=False, na_rep="NA")
table = pd.read_csv(here / "table.csv")

one = lambda d: 1.0
age, dose, weight = (lambda d: d.age), (lambda d: d.dose), (lambda d: d.weight)
smoker = lambda d: d.smoker
north, south, east = (lambda d: d.site == "north"), (lambda d: d.site == "south"), (lambda d: d.site == "East")
score = lambda d: d.score
relapse = lambda d: d.outcome == "relapse"


def times(f, g):
    return lambda d: f(d).astype(float) * g(d).astype(float)


def scaled(name, source):
    present = source[name].dropna()
    mean, sd = present.mean(), present.std(ddof=1)
    return lambda d: (d[name] - mean) / sd


adults = table[(table.age >= 30) & table.site.isin(["north", "south"])]
light = table[(table.dose < 8) | table.smoker]
light = light[~(light.dose.isna() & ~light.smoker)]
fits = [
    fit("gaussian", "score ~ age + dose + weight", table, score,
        {"(Intercept)": one, "age": age, "dose": dose, "weight": weight}, ["age", "dose", "weight", "score"]),
    fit("gaussian", "score ~ site + smoker * dose", table, score,
        {"(Intercept)": one, "sitenorth": north, "sitesouth": south, "smokerTRUE": smoker, "dose": dose,
         "smokerTRUE:dose": times(smoker, dose)}, ["site", "smoker", "dose", "score"]),
    fit("gaussian", "log(score + 30) ~ scale(age) + I(dose^2) + sqrt(dose) - 1", table, lambda d: np.log(d.score + 30),
        {"scale(age)": scaled("age", table), "I(dose^2)": lambda d: d.dose**2, "sqrt(dose)": lambda d: np.sqrt(d.dose)},
        ["age", "dose", "score"]),
    fit("gaussian", "score ~ dose:site + age - 1", table, score,
        {"age": age, "dose:siteEast": times(dose, east), "dose:sitenorth": times(dose, north), "dose:sitesouth": times(dose, south)},
        ["dose", "site", "age", "score"]),
    fit("gaussian", "score ~ site + weight - 1", table, score,
        {"siteEast": east, "sitenorth": north, "sitesouth": south, "weight": weight}, ["site", "weight", "score"]),
    fit("gaussian", "score ~ scale(dose) + site", adults, score,
        {"(Intercept)": one, "scale(dose)": scaled("dose", adults), "sitesouth": south}, ["dose", "site", "score"],
        'age >= 30 & site %in% c("north", "south")'),
    fit("gaussian", "score ~ (age + dose + weight)^2 - age:weight", table, score,
        {"(Intercept)": one, "age": age, "dose": dose, "weight": weight, "age:dose": times(age, dose), "dose:weight": times(dose, weight)},
        ["age", "dose", "weight", "score"]),
    fit("gaussian", "score ~ factor(site, levels = c('south', 'north', 'East'))/dose", table, score,
        {"(Intercept)": one,
         'factor(site, levels = c("south", "north", "East"))north': north,
         'factor(site, levels = c("south", "north", "East"))East': east,
         'factor(site, levels = c("south", "north", "East"))south:dose': times(south, dose),
         'factor(site, levels = c("south", "north", "East"))north:dose': times(north, dose),
         'factor(site, levels = c("south", "north", "East"))East:dose': times(east, dose)},
        ["site", "dose", "score"]),
    fit("binomial", "outcome ~ age + dose", table, relapse,
        {"(Intercept)": one, "age": age, "dose": dose}, ["age", "dose", "outcome"]),
    fit("binomial", "outcome ~ site * smoker + log(dose)", table, relapse,
        {"(Intercept)": one, "sitenorth": north, "sitesouth": south, "smokerTRUE": smoker, "log(dose)": lambda d: np.log(d.dose),
         "sitenorth:smokerTRUE": times(north, smoker), "sitesouth:smokerTRUE": times(south, smoker)},
        ["site", "smoker", "dose", "outcome"]),
    fit("binomial", "outcome ~ center(age) + weight", light, relapse,
        {"(Intercept)": one, "center(age)": (lambda mean: lambda d: d.age - mean)(light.age.mean()), "weight": weight},
        ["age", "weight", "outcome"], "dose < 8 | smoker"),
    fit("binomial", "outcome ~ 0 + smoker + dose", table, relapse,
        {"smokerFALSE": lambda d: ~d.smoker, "smokerTRUE": smoker, "dose": dose}, ["smoker", "dose", "outcome"]),
]
for entry in fits:
    entry["rowsInTable"] = n
    entry["filteredOut"] = n - entry["n"] - entry["dropped"]
result = {
    "versions": {"statsmodels": statsmodels.__version__, "numpy": np.__version__, "pandas": pd.__version__},
    "fits": fits,
}
(here / "fits.json").write_text(json.dumps(result, indent=1) + "\n")
