"""Golden training steps of transcoders, from PyTorch autograd in float64.

A transcoder reads one activation x and predicts another t: y = c D + b_dec (+ x W_skip^T with a skip
connection, Paulo et al. 2025, arXiv 2501.18823). Every architecture takes x as it is, without b_dec.
Locally (x and t random) the squared error, nested prefixes, AuxK and the gate's reconstruction are of t
less what the skip connection gives. Spliced, y takes the place of the MLP's output in a random GPT-2 of
Hugging Face transformers and x is the output of its second layer norm (blocks.1.ln2.hook_normalized);
loss = sparsity (1/d) mean ||c||_1 + outToIn mse of t + inToOrig + logitsKl. Dictionaries are kept as
Assay keeps them: encoder [n, d], decoder [n, d], normalised in the graph. Global clipping, Adam.

    python make.py        writes transcoder-step.safetensors beside this script (about 190 kB)

Versions are in the file's metadata. Tolerance of the test: 1e-5 relative (wasm, tensorflow, float32),
2e-7 (reference, float64: inputs are float32 numbers, exact in both).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

torch.set_default_dtype(torch.float64)
torch.manual_seed(20241129)

D, N, TOKENS, STEPS = 8, 32, 16, 5
LAYERS, VOCABULARY, CONTEXT, SEQUENCES = 2, 30, 8, 2
RATES = [1e-3, 5e-3, 1e-2, 1e-2, 5e-3]
CLIP = 0.5


class JumpReLU(torch.autograd.Function):
    """z where it exceeds its threshold; the rectangle kernel teaches the threshold."""

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


class Count(torch.autograd.Function):
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


def largest(pre, k, per_row):
    """The k largest of each row (or of all together), those of them above 0."""
    flat = pre if per_row else pre.flatten()[None]
    values, indices = flat.topk(k, -1)
    return torch.zeros_like(flat).scatter(-1, indices, values.relu()).reshape(pre.shape)


def forward(spec, p, x, t, idle):
    """Codes' terms and output; idle tokens of each latent say which are dead."""
    unit = F.normalize(p["decoder"], dim=1)
    skipped = x @ p["skip"].T if spec.get("skip") else torch.zeros_like(t)
    rest = t - skipped
    terms, scale = {}, 1.0
    name = spec["architecture"]
    if name == "gated":
        gate_pre = x @ p["encoder"].T + p["gateBias"]
        gate = gate_pre.relu()
        magnitude = (x @ p["encoder"].T * p["magnitudeScale"].exp() + p["magnitudeBias"]).relu()
        codes = magnitude * (gate_pre > 0)
        terms["gateReconstruction"] = ((rest - gate @ unit.detach() - p["decoderBias"].detach()) ** 2).mean()
        sparsity = gate.norm(p=1, dim=-1).mean() / D
    else:
        pre = x @ p["encoder"].T + p["encoderBias"]
        if name == "relu":
            codes = pre.relu()
        elif name == "topk":
            codes = largest(pre, spec["k"], True)
        elif name == "jumprelu":
            threshold = p["logThreshold"].exp()
            codes = JumpReLU.apply(pre, threshold, spec["bandwidth"])
            sparsity = Count.apply(pre, threshold, spec["bandwidth"]).sum(-1).mean() / D
        else:
            codes = largest(pre, spec["k"] * len(x), False)
        if name != "jumprelu":
            sparsity = codes.norm(p=1, dim=-1).mean() / D
    base = codes @ unit + p["decoderBias"]
    if name == "matryoshka":
        for end in (int(share * N) for share in spec["prefixes"]):
            terms[f"prefix.{end}"] = ((rest - codes[:, :end] @ unit[:end] - p["decoderBias"]) ** 2).mean()
    if "auxiliary" in spec and name != "gated":
        k, dead = spec["auxiliary"]["k"], idle >= spec["auxiliary"]["deadAfter"]
        count = int(dead.sum())
        terms["auxK"] = torch.zeros(())
        if min(k, count) > 0:
            z = largest(pre + torch.where(dead, 0.0, -1e30), min(k, count), True)
            left = (rest - base).detach()
            terms["auxK"] = min(count / k, 1) * ((z @ unit - left) ** 2).mean()
        scale = spec["auxiliary"]["coefficient"]
    output = base + skipped
    terms |= {"sparsity": sparsity, "outToIn": ((t - output) ** 2).mean()}
    coefficients = {name: scale if name == "auxK" else 1.0 for name in terms} | {"sparsity": spec["sparsity"]}
    return codes, output, terms, coefficients


config = dict(n_layer=LAYERS, n_embd=D, n_head=2, vocab_size=VOCABULARY, n_positions=CONTEXT)
model = GPT2LMHeadModel(GPT2Config(
    **config, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None, attn_implementation="eager",
)).double().eval()
for name, parameter in model.named_parameters():
    parameter.requires_grad_(False)
    spread = 1.0 if name == "transformer.wte.weight" else 0.4
    noise = torch.randn_like(parameter) * (0.1 if parameter.dim() == 1 else spread)
    parameter.copy_((noise + (1.0 if ".ln_" in name and name.endswith("weight") else 0.0)).float().double())


def run(tokens, layer, replace=None):
    """Logits, input and output of the MLP of a block, and the stream after that block."""
    block, seen = model.transformer.h[layer], {}

    def mlp(module, args, out):
        seen["x"], seen["t"] = args[0], out
        return out if replace is None else replace(args[0], out)

    handles = [
        block.mlp.register_forward_hook(mlp),
        block.register_forward_hook(lambda m, a, out: seen.__setitem__("post", out[0] if isinstance(out, tuple) else out)),
    ]
    logits = model(tokens, use_cache=False).logits
    for handle in handles:
        handle.remove()
    return logits, seen


AUX = {"k": 3, "coefficient": 0.25, "deadAfter": 32}
CASES = {
    "relu": {"architecture": "relu", "sparsity": 0.3},
    "topk": {"architecture": "topk", "k": 3, "auxiliary": AUX, "sparsity": 0.0, "skip": True},
    "batchtopk": {"architecture": "batchtopk", "k": 3, "auxiliary": AUX, "sparsity": 0.0},
    "matryoshka": {"architecture": "matryoshka", "k": 4, "prefixes": [0.25, 0.5], "auxiliary": AUX, "sparsity": 0.0, "skip": True},
    "jumprelu": {"architecture": "jumprelu", "bandwidth": 0.5, "threshold": 0.3, "sparsity": 0.3, "skip": True},
    "gated": {"architecture": "gated", "sparsity": 0.3, "skip": True},
    "spliced": {"architecture": "relu", "sparsity": 0.3, "skip": True, "layer": 0},
}
# Every other architecture under the objective of the spliced model too.
CASES |= {f"spliced-{name}": {**CASES[name], "layer": 0} for name in ["topk", "batchtopk", "matryoshka", "jumprelu", "gated"]}

tensors = {name: value for name, value in model.state_dict().items() if not name.endswith("lm_head.weight")}
log = {}
for case, spec in CASES.items():
    shapes = {"encoder": (N, D), "decoder": (N, D), "decoderBias": (D,)}
    if spec["architecture"] == "gated":
        shapes |= {"gateBias": (N,), "magnitudeScale": (N,), "magnitudeBias": (N,)}
    else:
        shapes["encoderBias"] = (N,)
    if spec["architecture"] == "jumprelu":
        shapes["logThreshold"] = (N,)
    if spec.get("skip"):
        shapes["skip"] = (D, D)
    parameters = {}
    for key, shape in shapes.items():
        value = torch.randn(shape) * (0.2 if len(shape) == 1 or key == "skip" else 0.5)
        if key == "logThreshold":
            value = value + torch.log(torch.tensor(spec["threshold"]))
        parameters[key] = value.float().double().requires_grad_()
        tensors[f"{case}.init.{key}"] = parameters[key].detach().clone()
    adam = torch.optim.Adam(parameters.values(), lr=1.0)
    idle, steps = torch.zeros(N), []
    for step in range(STEPS):
        extra = {}
        if "layer" in spec:
            tokens = torch.randint(VOCABULARY, (SEQUENCES, CONTEXT))
            tensors[f"{case}.{step}.tokens"] = tokens.int()
            with torch.no_grad():
                original, before = run(tokens, spec["layer"])
            x, t = (before[key].reshape(-1, D) for key in "xt")
        else:
            x = torch.randn(TOKENS, D).float().double()
            t = (x.roll(1, -1).relu() + 0.1 * torch.randn(TOKENS, D)).float().double()
            tensors[f"{case}.{step}.x"], tensors[f"{case}.{step}.t"] = x, t
        codes, output, terms, coefficients = forward(spec, parameters, x, t, idle)
        if "layer" in spec:
            spliced, after = run(tokens, spec["layer"], lambda _, out: output.reshape(out.shape))
            later = f"inToOrig.blocks.{spec['layer']}.hook_resid_post"
            terms[later] = ((after["post"] - before["post"]) ** 2).mean()
            p, q = original.log_softmax(-1), spliced.log_softmax(-1)
            terms["logitsKl"] = (p.exp() * (p - q)).sum(-1).mean()
            coefficients |= {"outToIn": 0.4, later: 1.5, "logitsKl": 0.7}
        loss = sum(coefficients[key] * value for key, value in terms.items())
        adam.zero_grad()
        loss.backward()
        if step == 0:
            for key, value in parameters.items():
                tensors[f"{case}.0.gradient.{key}"] = value.grad.detach().clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        adam.param_groups[0]["lr"] = RATES[step]
        adam.step()
        idle = torch.where((codes > 0).any(0), 0.0, idle + len(x))
        steps.append({
            "loss": loss.item(), "gradientNorm": norm.item(), "l0": (codes > 0).sum(-1).double().mean().item(),
            "terms": {key: value.item() for key, value in terms.items()},
        })
    for key, value in parameters.items():
        tensors[f"{case}.after.{key}"] = value.detach().clone()
    log[case] = {"spec": spec, "steps": steps}


def compact(key, value):
    """Model, tokens, inputs and initial weights are float32 numbers or integers; gradients are rounded to them."""
    is_exact = key.startswith("transformer.") or ".init." in key or key.endswith((".x", ".t")) or ".gradient." in key
    return (value if value.dtype == torch.int32 else value.float() if is_exact else value).contiguous()


save_file(
    {key: compact(key, value) for key, value in tensors.items() if not key.endswith(".attn.bias")},
    Path(__file__).parent / "transcoder-step.safetensors",
    metadata={
        "config": json.dumps({"model_type": "gpt2", **config}), "shape": json.dumps({"dIn": D, "latents": N}),
        "cases": json.dumps(log), "rates": json.dumps(RATES), "clip": str(CLIP),
        "tokens": str(TOKENS), "sequences": str(SEQUENCES), "context": str(CONTEXT),
        "torch": torch.__version__, "transformers": transformers.__version__,
    },
)
