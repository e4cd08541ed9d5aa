"""Golden training steps of several dictionaries in one pass of the model, from e2e_sae's own code.

A random HookedTransformer of TransformerLens, in float64, inside e2e_sae's SAETransformer with several
sae_positions; losses by e2e_sae's calc_loss, clipping and Adam of PyTorch as its training loop has them.
Weights of the model are under TransformerLens' names; dictionaries are kept as Assay keeps them: encoder
[n, d], decoder [n, d] (the transpose of torch's).

    pip install e2e_sae==2.1.1 transformer-lens==2.2.2      (in an environment of their own)
    python make.py        writes joint-step.safetensors (about 200 kB) and saes.pt beside this script

Only e2e_sae's model and losses are imported: its loader, which wants Weights & Biases, is stood in for.
Versions are in the file's metadata. Tolerance of the test: 1e-5 relative (wasm, tensorflow, float32),
2e-7 (reference, float64: the weights are float32 numbers, exact in both).
"""

import importlib.machinery
import importlib.metadata as versions
import json
import sys
import types
from pathlib import Path

import torch
import transformers

transformers.TRANSFORMERS_CACHE = ""  # TransformerLens 2 imports it; later transformers dropped it.
for name, members in {
    "wandb": ["Api"], "wandb.apis": [], "wandb.apis.public": ["Run"],
    "e2e_sae.loader": ["load_tlens_model"],
}.items():
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    for member in members:
        setattr(module, member, type(member, (), {}))
    sys.modules[name] = module

from e2e_sae.losses import LossConfigs, calc_loss  # noqa: E402
from e2e_sae.models.transformers import SAETransformer  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformer_lens import HookedTransformer, HookedTransformerConfig  # noqa: E402

torch.set_default_dtype(torch.float64)
torch.manual_seed(20241128)

D, LAYERS, VOCABULARY, CONTEXT, SEQUENCES, STEPS, RATIO = 16, 3, 40, 10, 3, 5, 1.5
RATES = [0.0, 5e-4, 1e-3, 1e-3, 5e-4]

CONFIG = dict(
    n_layers=LAYERS, d_model=D, n_ctx=CONTEXT, d_head=8, n_heads=2, d_mlp=32, d_vocab=VOCABULARY,
    act_fn="gelu_new", normalization_type="LN",
)
model = HookedTransformer(HookedTransformerConfig(**CONFIG, seed=0, dtype=torch.float64, device="cpu"))
for name, parameter in model.named_parameters():
    parameter.requires_grad_(False)
    spread = 1.0 if "W_E" in name or "W_pos" in name else 0.3
    noise = torch.randn_like(parameter) * (0.1 if ".b" in name or ".w" in name else spread)
    offset = 1.0 if name.endswith(".w") else 0.0
    parameter.copy_((noise + offset).float().double())

CASES = {
    # name: positions, loss, clip, positions that stay as they are
    "e2e": (
        ["blocks.0.hook_attn_out", "blocks.1.hook_resid_pre", "blocks.2.hook_mlp_out"],
        dict(sparsity=dict(coeff=0.5), in_to_orig=None, out_to_orig=None, out_to_in=dict(coeff=0.0), logits_kl=dict(coeff=1.0)),
        10.0, [],
    ),
    "downstream": (
        ["blocks.0.hook_resid_post", "blocks.2.hook_resid_pre"],
        dict(
            sparsity=dict(coeff=0.5, p_norm=1.0),
            # One of them has a dictionary: what it reads is compared.
            in_to_orig=dict(total_coeff=2.5, hook_positions=["blocks.2.hook_resid_pre", "blocks.2.hook_resid_post"]),
            out_to_orig=dict(coeff=0.3), out_to_in=dict(coeff=0.4), logits_kl=dict(coeff=0.5),
        ),
        0.5, [],
    ),
    "frozen": (
        ["blocks.1.hook_resid_mid", "blocks.2.hook_resid_pre"],
        dict(sparsity=dict(coeff=0.3), in_to_orig=None, out_to_orig=None, out_to_in=dict(coeff=0.4), logits_kl=dict(coeff=1.0)),
        None, ["blocks.2.hook_resid_pre"],
    ),
    "local": (
        ["blocks.1.hook_resid_pre", "blocks.2.hook_resid_pre"],
        dict(sparsity=dict(coeff=0.5), in_to_orig=None, out_to_orig=None, out_to_in=dict(coeff=1.0), logits_kl=None),
        0.3, [],
    ),
}
NAMES = {"encoder": "encoder.0.weight", "encoderBias": "encoder.0.bias", "decoder": "decoder.weight", "decoderBias": "decoder.bias"}

tensors = {
    name: value for name, value in model.state_dict().items()
    if not name.endswith((".mask", ".IGNORE")) and ".hook" not in name
}
log = {}
for case, (positions, loss, clip, frozen) in CASES.items():
    whole = SAETransformer(model, positions, RATIO)
    whole.saes.to(torch.float64)
    config = LossConfigs(**loss)
    parameters = {}
    for position in positions:
        sae = dict(whole.saes[position.replace(".", "-")].named_parameters())
        for key, name in NAMES.items():
            value = sae[name]
            with torch.no_grad():
                # Lengths of decoder columns that matter where they are divided by.
                value.copy_((value * (1.7 if key == "decoder" else 1.0)).float().double())
            value.requires_grad_(position not in frozen)
            parameters[f"{position}.{key}"] = value

    def kept(position, key, value):
        return value.detach().clone().T if key == "decoder" else value.detach().clone()

    def keep(stage, values):
        for name, value in values.items():
            position, _, key = name.rpartition(".")
            tensors[f"{case}.{stage}.{name}"] = kept(position, key, value)

    keep("init", parameters)
    trained = {name: value for name, value in parameters.items() if value.requires_grad}
    adam = torch.optim.Adam(trained.values(), lr=1.0)
    is_local = config.logits_kl is None and config.in_to_orig is None
    cached = config.in_to_orig.hook_positions if config.in_to_orig else None
    steps = []
    for step in range(STEPS):
        tokens = torch.randint(VOCABULARY, (SEQUENCES, CONTEXT))
        tensors[f"{case}.{step}.tokens"] = tokens.int()
        with torch.no_grad():
            logits, acts = whole.forward_raw(tokens, run_entire_model=True, cache_positions=cached)
        new_logits, new_acts = whole(
            tokens=tokens, sae_positions=positions, cache_positions=cached, orig_acts=acts if is_local else None,
        )
        total, terms = calc_loss(
            orig_acts=acts, new_acts=new_acts, orig_logits=None if is_local else logits, new_logits=new_logits, loss_configs=config,
        )
        adam.zero_grad()
        total.backward()
        if step == 0:
            keep("0.gradient", {name: value.grad for name, value in trained.items()})
        norm = torch.nn.utils.clip_grad_norm_(trained.values(), clip if clip else float("inf"))
        adam.param_groups[0]["lr"] = RATES[step]
        adam.step()
        steps.append({
            "loss": total.item(), "gradientNorm": norm.item(),
            "terms": {key.removeprefix("loss/train/"): value.item() for key, value in terms.items()},
            "l0": {p: (new_acts[p].c > 0).sum(-1).double().mean().item() for p in positions},
        })
    keep("after", trained)
    log[case] = {"positions": positions, "loss": loss, "clip": clip, "frozen": frozen, "steps": steps}


def compact(key, value):
    """Model, tokens and initial weights are float32 numbers or integers."""
    is_exact = ".init." in key or not key.startswith(tuple(CASES))
    return (value if value.dtype == torch.int32 else value.float() if is_exact else value).contiguous()


save_file(
    {key: compact(key, value) for key, value in tensors.items()},
    Path(__file__).parent / "joint-step.safetensors",
    metadata={
        "config": json.dumps({"model_type": "transformer_lens", **CONFIG}),
        "rates": json.dumps(RATES), "cases": json.dumps(log), "context": str(CONTEXT), "sequences": str(SEQUENCES),
        "torch": torch.__version__, "e2e_sae": versions.version("e2e_sae"), "transformer_lens": versions.version("transformer-lens"),
    },
)

# A checkpoint as e2e_sae saves them, for the width of the tests' tiny project.
saved = SAETransformer(model, ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre"], RATIO)
torch.save({name: value.float() for name, value in saved.saes.state_dict().items()}, Path(__file__).with_name("saes.pt"))
