"""The rival of `assay bench matmul`: PyTorch's float32 product on the CPU.

Reads one JSON object per line, {"m", "k", "n", "transA", "transB", "threads", "seconds"}, and answers
{"seconds": median of the runs that fit into that time}. The result goes into the same tensor each
time, as an optimised caller would do it.
"""

import json
import statistics
import sys
import time

import torch

torch.manual_seed(0)
print(json.dumps({"rival": f"PyTorch {torch.__version__}"}), flush=True)
operands = {}

for line in sys.stdin:
    ask = json.loads(line)
    torch.set_num_threads(ask["threads"])
    m, k, n = ask["m"], ask["k"], ask["n"]
    key = (m, k, n, ask["transA"], ask["transB"])
    if key not in operands:
        operands.clear()
        a = torch.randn(k, m).T if ask["transA"] else torch.randn(m, k)
        b = torch.randn(n, k).T if ask["transB"] else torch.randn(k, n)
        operands[key] = (a, b, torch.empty(m, n))
        torch.mm(a, b, out=operands[key][2])
    a, b, out = operands[key]
    times = []
    end = time.perf_counter() + ask["seconds"]
    while True:
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        times.append(time.perf_counter() - start)
        if time.perf_counter() >= end:
            break
    print(json.dumps({"seconds": statistics.median(times)}), flush=True)
