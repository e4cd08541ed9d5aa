"""Golden values of the engine's operations from PyTorch in float64.

    python tests/golden/engine-ops/make.py

Writes golden.json beside this script. Inputs are stored with the outputs, so the test needs no
generator of its own. Compared at a relative 1e-12.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


def listed(x):
    return {"shape": list(x.shape), "values": x.detach().flatten().tolist()}


def normal(*shape, spread=1.0):
    return (torch.randn(*shape) * spread).requires_grad_(True)


def gradients(y, seed, *inputs):
    return [listed(g) for g in torch.autograd.grad(y, inputs, seed)]


golden = {"torch": torch.__version__}

x = torch.linspace(-9, 9, 37).requires_grad_(True)
ones = torch.ones_like(x)
for name, f in {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": lambda t: F.gelu(t, approximate="tanh"),
    "silu": F.silu,
}.items():
    y = f(x)
    golden[name] = {"x": listed(x), "y": listed(y), "slope": gradients(y, ones, x)[0]}

x, gain, bias, dy = normal(3, 7), normal(7), normal(7), torch.randn(3, 7)
y = F.layer_norm(x, (7,), gain, bias, 1e-5)
golden["layerNorm"] = {
    "x": listed(x), "gain": listed(gain), "bias": listed(bias), "dy": listed(dy),
    "y": listed(y), "dx": gradients(y, dy, x)[0],
}

x, dy = normal(3, 5), torch.randn(3, 5)
y = F.normalize(x, dim=1)
golden["normaliseRows"] = {
    "x": listed(x), "dy": listed(dy), "y": listed(y), "dx": gradients(y, dy, x)[0],
}

sequences, length, heads, key_heads, width = 2, 6, 4, 2, 3
q = normal(sequences * length, heads * width)
k, v = normal(sequences * length, key_heads * width), normal(sequences * length, key_heads * width)
dy = torch.randn(sequences * length, heads * width)


def split(t, h):
    return t.view(sequences, length, h, width).transpose(1, 2)


y = F.scaled_dot_product_attention(
    split(q, heads), split(k, key_heads), split(v, key_heads),
    is_causal=True, scale=0.4, enable_gqa=True,
).transpose(1, 2).reshape(q.shape)
dq, dk, dv = gradients(y, dy, q, k, v)
golden["attention"] = {
    "shape": {"sequences": sequences, "length": length, "heads": heads, "keyHeads": key_heads, "scale": 0.4},
    "q": listed(q), "k": listed(k), "v": listed(v), "dy": listed(dy),
    "y": listed(y), "dq": dq, "dk": dk, "dv": dv,
}

p, q = normal(4, 9, spread=3), normal(4, 9, spread=3)
targets, weight = torch.tensor([3, 0, -1, 8]), torch.randn(4)
losses = F.cross_entropy(q, targets, reduction="none", ignore_index=-1)
log_p, log_q = F.log_softmax(p, 1), F.log_softmax(q, 1)
kl = F.kl_div(log_q, log_p, log_target=True, reduction="none").sum(1)
golden["losses"] = {
    "p": listed(p), "q": listed(q), "targets": targets.tolist(), "weight": listed(weight),
    "crossEntropy": listed(losses),
    "crossEntropyGradient": gradients(losses, weight, q)[0],
    "kl": listed(kl),
    "klReverse": listed(F.kl_div(log_p, log_q, log_target=True, reduction="none").sum(1)),
    "klGradient": gradients(kl, weight, q)[0],
    "totalVariation": listed((log_p.exp() - log_q.exp()).abs().sum(1) / 2),
    "sameTop": listed((p.argmax(1) == q.argmax(1)).double()),
}

x = normal(3, 6)
golden["normRows"] = [
    {"p": e, "x": listed(x), "y": listed(y), "dx": gradients(y, torch.ones(3), x)[0]}
    for e in (0.5, 1.0, 2.0, 3.0)
    for y in [torch.linalg.vector_norm(x, ord=e, dim=1)]
]

x = torch.randn(4, 11).round(decimals=0)
values, _ = torch.topk(x, 4)
order = torch.sort(x, dim=1, descending=True, stable=True)
golden["topK"] = {"x": listed(x), "values": listed(values), "indices": order.indices[:, :4].flatten().tolist()}

w = torch.randn(8).requires_grad_(True)
start, options = w.detach().clone(), dict(lr=0.02, betas=(0.8, 0.95), eps=1e-6)
optimiser, slopes = torch.optim.Adam([w], **options), []
for _ in range(5):
    w.grad = torch.randn(8)
    slopes.append(listed(w.grad))
    optimiser.step()
state = optimiser.state[w]
golden["adam"] = {
    "start": listed(start), "gradients": slopes, "end": listed(w),
    "firstMoment": listed(state["exp_avg"]), "secondMoment": listed(state["exp_avg_sq"]),
}

x, gain, dy = normal(3, 7), normal(7), torch.randn(3, 7)
y = F.rms_norm(x, (7,), gain, 1e-6)
golden["rmsNorm"] = {
    "x": listed(x), "gain": listed(gain), "dy": listed(dy),
    "y": listed(y), "dx": gradients(y, dy, x)[0],
}

x, dy = normal(3, 7, spread=3), torch.randn(3, 7)
y = 2.5 * torch.tanh(x / 2.5)
golden["softCap"] = {"x": listed(x), "dy": listed(dy), "y": listed(y), "dx": gradients(y, dy, x)[0]}

# The queries are the last 4 of 7 positions, see 3 of them, and have bounded scores.
queries, keys, window, cap = 4, 7, 3, 1.5
q = normal(sequences * queries, heads * width)
k, v = normal(sequences * keys, key_heads * width), normal(sequences * keys, key_heads * width)
dy = torch.randn(sequences * queries, heads * width)


def by_head(t, h):
    t = t.view(sequences, -1, h, width).transpose(1, 2)
    return t.repeat_interleave(heads // h, dim=1)


at, seen = torch.arange(keys - queries, keys)[:, None], torch.arange(keys)[None, :]
scores = by_head(q, heads) @ by_head(k, key_heads).transpose(2, 3) * 0.4
scores = (cap * torch.tanh(scores / cap)).masked_fill((seen > at) | (seen <= at - window), -torch.inf)
y = (scores.softmax(-1) @ by_head(v, key_heads)).transpose(1, 2).reshape(q.shape)
dq, dk, dv = gradients(y, dy, q, k, v)
golden["boundedAttention"] = {
    "shape": {
        "sequences": sequences, "length": queries, "keyLength": keys, "heads": heads,
        "keyHeads": key_heads, "scale": 0.4, "window": window, "softCap": cap,
    },
    "q": listed(q), "k": listed(k), "v": listed(v), "dy": listed(dy),
    "y": listed(y), "dq": dq, "dk": dk, "dv": dv,
}

Path(__file__).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")
