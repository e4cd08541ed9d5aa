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


def places(random, latents, shape):
    """Features with frequencies that fall as 1 / (place + 100)."""
    span = np.log((latents + 100) / 100)
    return np.minimum(latents - 1, (100 * np.exp(span * random.random(shape)) - 100).astype(np.int32))


def draw(latents, tokens, active, seed):
    """On each token `active` different features; what comes twice on a token is drawn again."""
    random = np.random.default_rng(seed)
    columns = np.empty((tokens, active), dtype=np.int32)
    for start in range(0, tokens, 65536):
        found = places(random, latents, (min(65536, tokens - start), active))
        while True:
            found.sort(axis=1)
            twice = np.zeros(found.shape, dtype=bool)
            twice[:, 1:] = found[:, 1:] == found[:, :-1]
            if not twice.any():
                break
            found[twice] = places(random, latents, int(twice.sum()))
        columns[start : start + len(found)] = found
    data = np.ones(tokens * active, dtype=np.float32)
    pointers = np.arange(0, tokens * active + 1, active, dtype=np.int32)
    return sparse.csr_matrix((data, columns.reshape(-1), pointers), shape=(tokens, latents))


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
