"""Golden training steps of the objectives beyond the hook point, from PyTorch.

A random GPT-2 of Hugging Face transformers, in float64, with a dictionary spliced in by forward hooks:
loss = sparsity (1/d) mean ||c||_1 + outToIn mse + inToOrig mean over its hooks of the mse + logitsKl KL,
global clipping, Adam at the given rates. Dictionaries are kept as Assay keeps them: encoder [n, d],
decoder [n, d] (the transpose of torch's), normalised in the graph.

    python make.py        writes e2e-step.safetensors beside this script (about 170 kB)

Versions are in the file's metadata. Tolerance of the test: 1e-5 relative (wasm, float32), 2e-7
(reference, float64: the weights are float32 numbers, exact in both).
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

torch.set_default_dtype(torch.float64)
torch.manual_seed(20241126)

D, N, LAYERS, VOCABULARY, CONTEXT, SEQUENCES, STEPS = 16, 40, 3, 50, 10, 3, 5
RATES = [0.0, 5e-4, 1e-3, 1e-3, 5e-4]

CONFIG = dict(
    n_layer=LAYERS, n_embd=D, n_head=2, vocab_size=VOCABULARY, n_positions=CONTEXT,
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
)
model = GPT2LMHeadModel(GPT2Config(**CONFIG, attn_implementation="eager")).double().eval()
for name, parameter in model.named_parameters():
    parameter.requires_grad_(False)
    # Weights of a size at which every part of the model matters; float32 numbers.
    spread = 1.0 if name == "transformer.wte.weight" else 0.3
    noise = torch.randn_like(parameter) * (0.1 if parameter.dim() == 1 else spread)
    offset = 1.0 if ".ln_" in name and name.endswith("weight") else 0.0
    parameter.copy_((noise + offset).float().double())

CASES = {
    # name: hook, coefficients, hooks of inToOrig, direction of the KL, clip
    "e2e": ("blocks.1.hook_resid_pre", dict(sparsity=0.5, outToIn=0.0, inToOrig=0.0, logitsKl=1.0), [], "model-to-spliced", 10.0),
    "downstream": ("blocks.1.hook_resid_pre", dict(sparsity=0.5, outToIn=0.0, inToOrig=2.5, logitsKl=0.5), [2], "model-to-spliced", 0.5),
    "all": ("blocks.0.hook_mlp_out", dict(sparsity=0.3, outToIn=0.4, inToOrig=1.5, logitsKl=0.7), [1, 2], "model-to-spliced", None),
    "reverse": ("blocks.1.hook_attn_out", dict(sparsity=0.3, outToIn=0.0, inToOrig=0.0, logitsKl=1.0), [], "spliced-to-model", 10.0),
}


def run(tokens, hook, replace=None):
    """Logits, the activation at `hook` and the residual stream before each block."""
    _, layer, site = hook.split(".")
    block = model.transformer.h[int(layer)]
    seen, streams, handles = {}, {}, []

    def put(value):
        seen["x"] = value
        return value if replace is None else replace(value)

    for index, other in enumerate(model.transformer.h):
        def before(module, args, index=index):
            value = args[0]
            if site == "hook_resid_pre" and index == int(layer):
                value = put(value)
            streams[index] = value
            return (value, *args[1:])
        handles.append(other.register_forward_pre_hook(before))
    if site == "hook_mlp_out":
        handles.append(block.mlp.register_forward_hook(lambda m, a, out: put(out)))
    if site == "hook_attn_out":
        handles.append(block.attn.register_forward_hook(lambda m, a, out: (put(out[0]), *out[1:])))
    logits = model(tokens, use_cache=False).logits
    for handle in handles:
        handle.remove()
    return logits, seen["x"], streams


tensors = {name: value for name, value in model.state_dict().items() if not name.endswith("lm_head.weight")}
log = {}
for name, (hook, coefficients, later, direction, clip) in CASES.items():
    bound = 1 / math.sqrt(D)
    parameters = {
        "encoder": torch.empty(N, D).uniform_(-bound, bound),
        "encoderBias": torch.empty(N).uniform_(-bound, bound),
        "decoder": torch.nn.init.orthogonal_(torch.empty(N, D)) * 1.7,
        "decoderBias": torch.empty(D).uniform_(-1 / math.sqrt(N), 1 / math.sqrt(N)),
    }
    parameters = {k: v.float().double().detach() for k, v in parameters.items()}
    for key, value in parameters.items():
        tensors[f"{name}.init.{key}"] = value.clone()
        value.requires_grad_(True)
    adam = torch.optim.Adam(parameters.values(), lr=1.0)
    steps = []
    for step in range(STEPS):
        tokens = torch.randint(VOCABULARY, (SEQUENCES, CONTEXT))
        tensors[f"{name}.{step}.tokens"] = tokens.int()
        with torch.no_grad():
            original, x, before = run(tokens, hook)
        codes = torch.relu(F.linear(x, parameters["encoder"], parameters["encoderBias"]))
        y = F.linear(codes, F.normalize(parameters["decoder"].T, dim=0), parameters["decoderBias"])
        spliced, _, after = run(tokens, hook, lambda _: y)
        terms = {
            "sparsity": codes.norm(p=1, dim=-1).mean() / D,
            "outToIn": ((x - y) ** 2).mean(),
        }
        loss = coefficients["sparsity"] * terms["sparsity"] + coefficients["outToIn"] * terms["outToIn"]
        for index in later:
            terms[f"inToOrig.blocks.{index}.hook_resid_pre"] = ((after[index] - before[index]) ** 2).mean()
            loss = loss + coefficients["inToOrig"] / len(later) * terms[f"inToOrig.blocks.{index}.hook_resid_pre"]
        p, q = original.log_softmax(-1), spliced.log_softmax(-1)
        if direction == "spliced-to-model":
            p, q = q, p
        terms["logitsKl"] = (p.exp() * (p - q)).sum(-1).mean()
        loss = loss + coefficients["logitsKl"] * terms["logitsKl"]
        adam.zero_grad()
        loss.backward()
        if step == 0:
            for key, value in parameters.items():
                tensors[f"{name}.0.gradient.{key}"] = value.grad.detach().clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), clip if clip else float("inf"))
        adam.param_groups[0]["lr"] = RATES[step]
        adam.step()
        steps.append({
            "loss": loss.item(), "gradientNorm": norm.item(),
            "l0": (codes > 0).sum(-1).double().mean().item(),
            "terms": {key: value.item() for key, value in terms.items()},
        })
    for key, value in parameters.items():
        tensors[f"{name}.after.{key}"] = value.detach().clone()
    log[name] = {
        "hook": hook, "coefficients": coefficients, "direction": direction, "clip": clip,
        "later": [f"blocks.{index}.hook_resid_pre" for index in later], "steps": steps,
    }


def compact(key, value):
    """Model, tokens and initial weights are float32 numbers or integers."""
    exact = value.dtype == torch.int32 or key.startswith("transformer.") or ".init." in key
    return (value if value.dtype == torch.int32 else value.float() if exact else value).contiguous()


save_file(
    {key: compact(key, value) for key, value in tensors.items() if not key.endswith(".attn.bias")},
    Path(__file__).parent / "e2e-step.safetensors",
    metadata={
        "config": json.dumps({"model_type": "gpt2", **{k: v for k, v in CONFIG.items() if k.startswith(("n_", "vocab"))}}),
        "rates": json.dumps(RATES), "cases": json.dumps(log), "context": str(CONTEXT), "sequences": str(SEQUENCES),
        "torch": torch.__version__, "transformers": transformers.__version__,
    },
)
