"""The rival of `assay bench ols`: least squares by scikit-learn. Answers processor seconds."""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression

print(json.dumps({"rival": f"scikit-learn {sklearn.__version__} LinearRegression, coefficients alone"}), flush=True)
for line in sys.stdin:
    size = json.loads(line)
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (size["rows"], size["columns"]))
    y = x @ (1 / (1 + np.arange(size["columns"]))) + random.uniform(-1, 1, size["rows"])
    start = time.process_time()
    LinearRegression().fit(x, y)
    print(json.dumps({"seconds": time.process_time() - start}), flush=True)
