"""The rival of `assay bench import`: torch.load of the same checkpoint, and the same work by PyTorch.

Reads one JSON object per line, {"path"}, and answers {"load": seconds to load it into memory, "same": seconds
to load it, divide the columns of the decoder by their norms, turn it, and save all to the disk}. Nothing is
hashed.
"""

import json
import os
import sys
import time

import torch
from safetensors.torch import save_file

print(json.dumps({"rival": f"torch.load of PyTorch {torch.__version__}"}), flush=True)


def store(state, path):
    for name, tensor in state.items():
        if name.endswith("decoder.weight"):
            state[name] = torch.nn.functional.normalize(tensor, dim=0).T.contiguous()
    save_file(state, path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    os.remove(path)


for line in sys.stdin:
    path = json.loads(line)["path"]
    start = time.perf_counter()
    state = torch.load(path, weights_only=True)
    load = time.perf_counter() - start
    store(state, path + ".rival")
    same = time.perf_counter() - start
    del state
    print(json.dumps({"load": load, "same": same}), flush=True)
