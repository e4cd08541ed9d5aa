"""The rival of `assay bench import`: torch.load of the same checkpoint.

Reads one JSON object per line, {"path"}, and answers {"seconds": time to load it into memory}. Nothing
is normalised or stored.
"""

import json
import sys
import time

import torch

print(json.dumps({"rival": f"torch.load of PyTorch {torch.__version__}"}), flush=True)

for line in sys.stdin:
    ask = json.loads(line)
    start = time.perf_counter()
    state = torch.load(ask["path"], weights_only=True)
    seconds = time.perf_counter() - start
    del state
    print(json.dumps({"seconds": seconds}), flush=True)
