"""Similarities of two small dictionaries by numpy and scipy: python3 make.py

Writes similarities.json: the inputs, and for cosine, Jaccard and Pearson's correlation the best value
and partner of each feature in both directions, and scipy's one-to-one assignment of largest total.
Made with numpy 2.4.6 and scipy 1.17.1; our figures agree within 1e-6 (inputs are float32).
"""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix

rng = np.random.default_rng(20261126)
n_a, n_b, d, tokens = 36, 44, 16, 300


def unit(rows):
    x = rng.standard_normal((rows, d)).astype(np.float32)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def codes(n):
    density = 0.02 + 0.3 * rng.random(n)
    active = rng.random((tokens, n)) < density
    return np.where(active, rng.gamma(2.0, 1.0, (tokens, n)), 0).astype(np.float32)


def best(similarity):
    return {
        "aToB": {"value": similarity.max(1).tolist(), "index": similarity.argmax(1).tolist()},
        "bToA": {"value": similarity.max(0).tolist(), "index": similarity.argmax(0).tolist()},
        "assigned": float(similarity[linear_sum_assignment(similarity, maximize=True)].sum()),
    }


a, b = unit(n_a), unit(n_b)
x, y = codes(n_a), codes(n_b)
fires_x, fires_y = csr_matrix((x > 0).astype(np.int64)), csr_matrix((y > 0).astype(np.int64))
both = (fires_x.T @ fires_y).toarray()
either = fires_x.sum(0).T + fires_y.sum(0) - both
full = np.corrcoef(x.astype(np.float64).T, y.astype(np.float64).T)[:n_a, n_a:]
out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "d": d,
    "a": a.ravel().astype(float).tolist(),
    "b": b.ravel().astype(float).tolist(),
    "codesA": [[int(t), int(j), float(x[t, j])] for t, j in zip(*np.nonzero(x))],
    "codesB": [[int(t), int(j), float(y[t, j])] for t, j in zip(*np.nonzero(y))],
    "tokens": tokens,
    "latents": [n_a, n_b],
    "cosine": best(a.astype(np.float64) @ b.astype(np.float64).T),
    "jaccard": best(np.asarray(both / either)),
    "correlation": best(full),
}
Path(__file__).with_name("similarities.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
