"""Golden training steps of the architectures beside ReLU, from PyTorch autograd in float64.

Definitions: TopK with AuxK (Gao et al. 2024), BatchTopK (Bussmann et al. 2024), Matryoshka BatchTopK
(Bussmann et al. 2025), JumpReLU with the rectangle kernel (Rajamanoharan et al. 2024, arXiv 2407.14435)
and Gated (Rajamanoharan et al. 2024, arXiv 2404.16014). Squared errors are means over tokens and
dimensions, sparsity is divided by d. Dictionaries are kept as Assay keeps them: encoder [n, d],
decoder [n, d], normalised in the graph. Five steps: global clipping, Adam at the given rates.

    python make.py        writes architectures.safetensors beside this script (about 270 kB)

Versions are in the file's metadata. Tolerance of the test: 1e-5 relative (wasm, float32), 2e-7
(reference, float64: inputs are float32 numbers, exact in both).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.manual_seed(20241127)

D, N, TOKENS, STEPS = 12, 48, 24, 5
RATES = [1e-3, 5e-3, 1e-2, 1e-2, 5e-3]
CLIP = 0.5


class JumpReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, threshold, bandwidth):
        ctx.save_for_backward(z, threshold)
        ctx.bandwidth = bandwidth
        return z * (z > threshold)

    @staticmethod
    def backward(ctx, gradient):
        z, threshold = ctx.saved_tensors
        kernel = (((z - threshold) / ctx.bandwidth).abs() < 0.5).double()
        return (z > threshold) * gradient, -(threshold / ctx.bandwidth * kernel * gradient).sum(0), None


class Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, threshold, bandwidth):
        ctx.save_for_backward(z, threshold)
        ctx.bandwidth = bandwidth
        return (z > threshold).double()

    @staticmethod
    def backward(ctx, gradient):
        z, threshold = ctx.saved_tensors
        kernel = (((z - threshold) / ctx.bandwidth).abs() < 0.5).double()
        return None, -(kernel / ctx.bandwidth * gradient).sum(0), None


def mse(a, b):
    return ((a - b) ** 2).mean()


def keep(values, mask):
    return torch.where(mask, values, torch.zeros_like(values)).relu()


def auxiliary(x, y, pre, unit, idle, spec):
    dead = idle >= spec["auxiliary"]["deadAfter"]
    k, count = spec["auxiliary"]["k"], int(dead.sum())
    if count == 0:
        return torch.tensor(0.0)
    masked = pre.masked_fill(~dead, -torch.inf)
    chosen = masked.topk(min(k, count), dim=1).indices
    codes = keep(pre, torch.zeros_like(dead).expand_as(pre).scatter(1, chosen, True))
    return min(count / k, 1) * mse((x - y).detach(), codes @ unit)


def forward(spec, p, x, state):
    """Codes, loss and unweighted terms."""
    unit = F.normalize(p["decoder"], dim=1)
    kind, terms = spec["architecture"], {}
    weights = {"sparsity": spec["sparsity"], "outToIn": 1.0}
    if kind == "jumprelu":
        z, threshold = x @ p["encoder"].T + p["encoderBias"], p["logThreshold"].exp()
        codes = JumpReLU.apply(z, threshold, spec["bandwidth"])
        penalty = Step.apply(z, threshold, spec["bandwidth"]).sum(1)
    elif kind == "gated":
        z = (x - p["decoderBias"]) @ p["encoder"].T
        gate = z + p["gateBias"]
        magnitude = (z * p["magnitudeScale"].exp() + p["magnitudeBias"]).relu()
        codes = (gate > 0) * magnitude
        penalty = gate.relu().sum(1)
        terms["gateReconstruction"] = mse(x, gate.relu() @ unit.detach() + p["decoderBias"].detach())
        weights["gateReconstruction"] = 1.0
    else:
        pre = (x - p["decoderBias"]) @ p["encoder"].T + p["encoderBias"]
        k = spec["k"]
        if kind == "topk":
            mask = torch.zeros_like(pre, dtype=torch.bool).scatter(1, pre.topk(k, dim=1).indices, True)
        else:
            chosen = pre.flatten().topk(k * len(x)).indices
            mask = torch.zeros(pre.numel(), dtype=torch.bool).scatter(0, chosen, True).view_as(pre)
        codes = keep(pre, mask)
        penalty = codes.sum(1)
    y = codes @ unit + p["decoderBias"]
    terms = {"sparsity": penalty.mean() / D, "outToIn": mse(x, y), **terms}
    if kind == "matryoshka":
        for share in spec["prefixes"]:
            m = int(share * N)
            terms[f"prefix.{m}"] = mse(x, codes[:, :m] @ unit[:m] + p["decoderBias"])
            weights[f"prefix.{m}"] = 1.0
    if "auxiliary" in spec:
        terms["auxK"] = auxiliary(x, y, pre, unit, state["idle"], spec)
        weights["auxK"] = spec["auxiliary"]["coefficient"]
    return codes, sum(weights[name] * term for name, term in terms.items()), terms


AUXILIARY = dict(coefficient=0.25, k=6, deadAfter=TOKENS)
CASES = {
    "topk": dict(architecture="topk", sparsity=0.0, k=2, auxiliary=AUXILIARY),
    "topk with a norm": dict(architecture="topk", sparsity=0.3, k=5, auxiliary={**AUXILIARY, "k": 40}),
    "batchtopk": dict(architecture="batchtopk", sparsity=0.0, k=3, auxiliary=AUXILIARY),
    "matryoshka": dict(architecture="matryoshka", sparsity=0.0, k=4, prefixes=[0.125, 0.5], auxiliary=AUXILIARY),
    "jumprelu, dense": dict(architecture="jumprelu", sparsity=0.2, bandwidth=0.4, threshold=0.5),
    "jumprelu, sparse": dict(architecture="jumprelu", sparsity=0.2, bandwidth=0.3, threshold=2.3),
    "gated, dense": dict(architecture="gated", sparsity=0.2),
    "gated, sparse": dict(architecture="gated", sparsity=0.2),
}

tensors, log = {}, {}
for name, spec in CASES.items():
    p = {
        "encoder": F.normalize(torch.randn(N, D), dim=1),
        "decoder": torch.randn(N, D) / 3,
        "decoderBias": torch.randn(D) / 10,
    }
    noise = lambda offset=0.0: torch.randn(N) / 5 + offset
    if spec["architecture"] == "gated":
        p |= {"gateBias": noise(-2.2 if "sparse" in name else 0.0), "magnitudeScale": noise(), "magnitudeBias": noise(-0.3)}
    else:
        p["encoderBias"] = noise()
    if spec["architecture"] == "jumprelu":
        p["logThreshold"] = noise() + torch.tensor(spec["threshold"]).log()
    p = {key: value.float().double() for key, value in p.items()}
    for key, value in p.items():
        tensors[f"{name}.init.{key}"] = value.float()
        value.requires_grad_(True)
    adam = torch.optim.Adam(p.values(), lr=1.0)
    state, steps = {"idle": torch.zeros(N), "threshold": None}, []
    for step in range(STEPS):
        x = torch.randn(TOKENS, D).float().double()
        tensors[f"{name}.{step}.x"] = x.float()
        codes, loss, terms = forward(spec, p, x, state)
        adam.zero_grad()
        loss.backward()
        # Latents are dead from the second step on: that one shows their gradients.
        if step == 1:
            for key, value in p.items():
                tensors[f"{name}.1.gradient.{key}"] = value.grad.detach().clone()
        norm = torch.nn.utils.clip_grad_norm_(p.values(), CLIP)
        adam.param_groups[0]["lr"] = RATES[step]
        adam.step()
        fired = (codes != 0).any(0)
        state["idle"] = torch.where(fired, 0.0, state["idle"] + TOKENS)
        smallest = codes[codes > 0].min().item()
        before = state["threshold"]
        state["threshold"] = smallest if before is None else 0.99 * before + 0.01 * smallest
        steps.append({
            "loss": loss.item(), "gradientNorm": norm.item(),
            "l0": (codes != 0).sum(1).double().mean().item(),
            "terms": {key: value.item() for key, value in terms.items()},
        })
    for key, value in p.items():
        tensors[f"{name}.after.{key}"] = value.detach().clone()
    log[name] = {"spec": spec, "steps": steps, "threshold": state["threshold"], "idle": state["idle"].tolist()}

save_file(
    {key: value.contiguous() for key, value in tensors.items()},
    Path(__file__).parent / "architectures.safetensors",
    metadata={
        "rates": json.dumps(RATES), "clip": str(CLIP), "cases": json.dumps(log),
        "shape": json.dumps({"dIn": D, "latents": N}), "tokens": str(TOKENS), "torch": torch.__version__,
    },
)
for name, case in log.items():
    print(name, [round(s["l0"], 2) for s in case["steps"]], [round(s["terms"].get("auxK", 0), 4) for s in case["steps"]])
