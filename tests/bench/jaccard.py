"""The rival of `assay bench compare`: scipy.sparse's product, from which Jaccard would be worked out.

Reads one JSON object per line, {"latents", "tokens", "active"}, and answers {"seconds", "processor"}:
the time of the product of the two binary matrices [latents, tokens] x [tokens, latents] alone, by
rows of the result so that it fits into memory.
"""

import json
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sparse

print(json.dumps({"rival": f"scipy {scipy.__version__}"}), flush=True)
held = {}
ROWS = 1024


def draw(latents, tokens, active, seed):
    """On each token `active` features with frequencies that fall as 1 / (place + 100)."""
    random = np.random.default_rng(seed)
    span = np.log((latents + 100) / 100)
    columns, rows = [], []
    for start in range(0, tokens, 65536):
        count = min(65536, tokens - start)
        # More than are wanted, since some come twice on a token.
        uniform = random.random((count, active + active // 4 + 4))
        features = np.minimum(latents - 1, (100 * np.exp(span * uniform) - 100).astype(np.int32))
        for row in range(count):
            found = np.unique(features[row])
            if len(found) > active:
                found = random.choice(found, active, replace=False)
            columns.append(found.astype(np.int32))
            rows.append(len(found))
    pointers = np.concatenate([[0], np.cumsum(rows)])
    data = np.ones(pointers[-1], dtype=np.float32)
    by_token = sparse.csr_matrix((data, np.concatenate(columns), pointers), shape=(tokens, latents))
    by_token.sort_indices()
    return by_token


for line in sys.stdin:
    ask = json.loads(line)
    key = (ask["latents"], ask["tokens"], ask["active"])
    if key not in held:
        held.clear()
        a, b = draw(*key, 1), draw(*key, 2)
        held[key] = (a.T.tocsr(), b)
    a, b = held[key]
    start, processor = time.perf_counter(), time.process_time()
    for first in range(0, key[0], ROWS):
        a[first : first + ROWS] @ b
    answer = {
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - processor,
    }
    print(json.dumps(answer), flush=True)
