"""The rival of `assay bench stability`: the same L1 logistic refits in a loop over scikit-learn.

Reads one JSON object per line. First {"folder", "rows", "columns", "train", "subsets", "splits"}: raw
little-endian files x.f64 [columns, rows], y.f64, subsets.i32 (bit masks) and splits.i32 [splits, rows],
of which the first `train` rows of each split are fitted. Then {"from", "to", "tol"}: refits of both kinds
from that number up to that one. Answers {"cpu": seconds of processor time, "seconds", "counts":
[kind][column][negative, zero, positive], "accuracy": [of each split]}; the counts of subsets are over those
that contain the column.
"""

import json
import os
import sys
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
print(json.dumps({"rival": f"scikit-learn {sklearn.__version__} liblinear"}), flush=True)
about = json.loads(sys.stdin.readline())
rows, columns, train = about["rows"], about["columns"], about["train"]


def read(name, kind):
    return np.fromfile(os.path.join(about["folder"], name), dtype=kind)


x = np.ascontiguousarray(read("x.f64", "<f8").reshape(columns, rows).T)
y = read("y.f64", "<f8").astype(int)
masks = read("subsets.i32", "<i4")
orders = read("splits.i32", "<i4").reshape(-1, rows)
print(json.dumps({}), flush=True)


def fit(features, outcome, tol):
    model = LogisticRegression(
        penalty="l1", solver="liblinear", C=1.0, random_state=0, tol=tol, max_iter=10000 if tol < 1e-4 else 100
    )
    return model.fit(features, outcome)


def count(counts, chosen, coefficients):
    for column, value in zip(chosen, coefficients):
        counts[column][1 + int(np.sign(value))] += 1


for line in sys.stdin:
    ask = json.loads(line)
    counts = [[[0, 0, 0] for _ in range(columns)] for _ in range(2)]
    accuracy = []
    start, cpu = time.perf_counter(), time.process_time()
    for number in range(ask["from"], ask["to"]):
        chosen = [j for j in range(columns) if masks[number] >> j & 1]
        count(counts[0], chosen, fit(x[:, chosen], y, ask["tol"]).coef_[0])
        order = orders[number]
        model = fit(x[order[:train]], y[order[:train]], ask["tol"])
        count(counts[1], range(columns), model.coef_[0])
        accuracy.append(float(model.score(x[order[train:]], y[order[train:]])))
    answer = {"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - start}
    print(json.dumps({**answer, "counts": counts, "accuracy": accuracy}), flush=True)
