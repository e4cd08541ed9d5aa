"""The rival of `assay bench sae-step`: e2e_sae's local step, dense, in PyTorch on the CPU.

Reads one JSON object per line, {"width", "latents", "batch", "active", "threads", "steps"}, and
answers {"seconds": time of that many steps}. One step is forward, backward, clipping and Adam on
given activations; biases are set so that `active` latents fire per token, which changes nothing for
a dense step.
"""

import json
import sys
import time

import torch

torch.manual_seed(0)
print(json.dumps({"rival": f"PyTorch {torch.__version__}"}), flush=True)
state = {}


def build(width, latents, batch, active):
    encoder = torch.nn.Linear(width, latents)
    decoder = torch.nn.Linear(latents, width)
    x = torch.randn(batch, width)
    with torch.no_grad():
        pre = torch.nn.functional.linear(x, encoder.weight).flatten()
        encoder.bias.fill_(-torch.topk(pre, active * batch).values[-1])
    parameters = [*encoder.parameters(), *decoder.parameters()]
    return encoder, decoder, x, parameters, torch.optim.Adam(parameters, lr=1e-9)


def step(encoder, decoder, x, parameters, adam):
    codes = torch.relu(encoder(x))
    columns = torch.nn.functional.normalize(decoder.weight, dim=0)
    output = torch.nn.functional.linear(codes, columns, decoder.bias)
    loss = ((x - output) ** 2).mean() + codes.norm(p=1, dim=-1).mean() / x.shape[-1]
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 10.0)
    adam.step()


for line in sys.stdin:
    ask = json.loads(line)
    torch.set_num_threads(ask["threads"])
    key = (ask["width"], ask["latents"], ask["batch"], ask["active"])
    if key not in state:
        state.clear()
        state[key] = build(*key)
    step(*state[key])
    start = time.perf_counter()
    for _ in range(ask["steps"]):
        step(*state[key])
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
