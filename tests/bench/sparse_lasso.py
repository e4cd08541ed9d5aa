"""The rival of `assay bench predict`: an L1 logistic path by scikit-learn's saga on sparse columns.

Columns are divided by their deviation and not centred, which would make them dense; the path runs over
strengths in equal ratios with warm starts. Answers processor seconds.
"""
import json
import sys
import time
import warnings

import numpy as np
import scipy.sparse
import sklearn
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
print(json.dumps({"rival": f"scikit-learn {sklearn.__version__} saga, tol 1e-4"}), flush=True)
for line in sys.stdin:
    size = json.loads(line)
    rows, columns = size["rows"], size["columns"]
    random = np.random.default_rng(1)
    x = scipy.sparse.random(
        rows, columns, size["density"], "csc", random_state=random, data_rvs=random.standard_exponential
    )
    beta = np.zeros(columns)
    beta[:: max(1, -(-columns // 50))] = random.uniform(-1, 1, len(beta[:: max(1, -(-columns // 50))]))
    eta = x @ beta - 1
    y = (random.random(rows) < 1 / (1 + np.exp(-eta))).astype(int)
    mean = np.asarray(x.mean(0)).ravel()
    deviation = np.sqrt(np.asarray(x.multiply(x).mean(0)).ravel() - mean**2)
    z = (x @ scipy.sparse.diags(1 / deviation)).tocsr()
    largest = np.abs(z.T @ (y - y.mean())).max() / rows
    start = time.process_time()
    fit = LogisticRegression(l1_ratio=1, solver="saga", tol=1e-4, max_iter=1000, warm_start=True)
    for k in range(size["strengths"]):
        strength = largest * size["ratio"] ** (k / (size["strengths"] - 1))
        fit.set_params(C=1 / (rows * strength)).fit(z, y)
    print(json.dumps({"seconds": time.process_time() - start}), flush=True)
