"""Golden training steps of the local objective, from PyTorch.

The definition is e2e_sae's (facts: affine encoder + ReLU, decoder columns L2-normalised in the graph,
loss = outToIn * mse + sparsity * (1/d) * mean ||c||_p, global clipping, Adam, learning rate as given),
in float64 so that the file is exact to far more digits than either engine has. Weights are stored as
Assay keeps them: encoder [n, d], decoder [n, d] (the transpose of torch's decoder.weight).

    python make.py        writes local-step.safetensors (about 185 kB)

Made with torch 2.15.0, safetensors 0.8, numpy 2. Tolerance of the test: 1e-5 relative (wasm, float32),
1e-9 relative (reference, float64).
"""

import json
import math

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240517)

D, N, ROWS, STEPS = 16, 40, 32, 3
BETAS, EPS = (0.9, 0.999), 1e-8

CASES = {
    # name: sparsity coefficient, p, out_to_in coefficient, learning rates, clip
    "l1": (0.8, 1.0, 1.0, [0.0, 5e-4, 1e-3], 10.0),
    "clipped": (6.0, 1.0, 1.0, [1e-3, 1e-3, 5e-4], 0.05),
    "half": (0.3, 0.5, 0.7, [1e-3, 8e-4, 6e-4], None),
    # Few latents active, so that the sparse path is taken.
    "sparse": (1.5, 1.0, 1.0, [1e-3, 1e-3, 1e-3], 10.0),
}


def forward(encoder, encoder_bias, decoder, decoder_bias, x):
    codes = torch.relu(torch.nn.functional.linear(x, encoder, encoder_bias))
    columns = torch.nn.functional.normalize(decoder.T, dim=0)  # [d, n], as e2e_sae
    return codes, torch.nn.functional.linear(codes, columns, decoder_bias)


def draw_rows(parameters, margin):
    """Activations [ROWS, D], float32 numbers. For p < 1 the slope of the norm is infinite at 0, so rows
    with a code nearer to 0 than the margin, on which no two precisions could agree, are drawn anew."""
    rows = []
    while len(rows) < ROWS:
        x = (torch.randn(D) * torch.linspace(0.3, 1.6, D) + 0.2).float().double()
        pre = torch.nn.functional.linear(x, parameters["encoder"], parameters["encoderBias"])
        if pre.abs().min() > margin:
            rows.append(x)
    return torch.stack(rows)


tensors, log = {}, {}
for name, (sparsity_coeff, p, out_to_in_coeff, rates, clip) in CASES.items():
    bound = 1 / math.sqrt(D)
    parameters = {
        "encoder": torch.empty(N, D).uniform_(-bound, bound),
        "encoderBias": torch.empty(N).uniform_(-bound, bound) - (0.9 if name == "sparse" else 0),
        "decoder": torch.nn.init.orthogonal_(torch.empty(N, D)) * 1.7,
        "decoderBias": torch.empty(D).uniform_(-1 / math.sqrt(N), 1 / math.sqrt(N)),
    }
    # Inputs are float32 numbers, so that readers of either precision start from the same values.
    parameters = {k: v.float().double().detach() for k, v in parameters.items()}
    for key, value in parameters.items():
        tensors[f"{name}.init.{key}"] = value.clone()
        value.requires_grad_(True)
    adam = torch.optim.Adam(parameters.values(), lr=1.0, betas=BETAS, eps=EPS)
    steps = []
    for step in range(STEPS):
        x = draw_rows(parameters, margin=0.02 if p < 1 else 0.0)
        tensors[f"{name}.{step}.x"] = x
        codes, y = forward(*parameters.values(), x)
        out_to_in = ((x - y) ** 2).mean()
        # The p-th root has an infinite slope at 0 for p < 1: sum over active codes only.
        active = codes > 0
        powers = torch.where(active, torch.where(active, codes, torch.ones_like(codes)) ** p, 0.0).sum(-1)
        norms = torch.where(powers > 0, torch.where(powers > 0, powers, torch.ones_like(powers)) ** (1 / p), 0.0)
        sparsity = norms.mean() / D
        loss = out_to_in_coeff * out_to_in + sparsity_coeff * sparsity
        adam.zero_grad()
        loss.backward()
        for key, value in parameters.items():
            tensors[f"{name}.{step}.gradient.{key}"] = value.grad.detach().clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), clip if clip else float("inf"))
        adam.param_groups[0]["lr"] = rates[step]
        adam.step()
        steps.append(
            {
                "loss": loss.item(),
                "outToIn": out_to_in.item(),
                "sparsity": sparsity.item(),
                "l0": active.sum(-1).double().mean().item(),
                "gradientNorm": norm.item(),
            }
        )
        for key, value in parameters.items():
            tensors[f"{name}.{step}.after.{key}"] = value.detach().clone()
    log[name] = {
        "sparsity": sparsity_coeff, "p": p, "outToIn": out_to_in_coeff,
        "rates": rates, "clip": clip, "steps": steps,
    }

# Float64 keeps the inputs exact for the reference; after-weights of the first two steps are implied
# by the third's, so only the last are kept.
kept = {k: v.contiguous() for k, v in tensors.items() if ".after." not in k or f".{STEPS - 1}." in k}
for name in CASES:
    for step in range(1, STEPS):
        for key in ("encoder", "decoder", "encoderBias", "decoderBias"):
            kept.pop(f"{name}.{step}.gradient.{key}")
save_file({k: v.to(torch.float64) for k, v in kept.items()}, "local-step.safetensors",
          metadata={"cases": json.dumps(log), "torch": torch.__version__})
