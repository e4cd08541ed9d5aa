"""What PyTorch computes on a checkpoint of TransformerLens, written out as its HookedTransformer does.

    python tests/golden/models/tiny_gpt2.py CHECKPOINT

CHECKPOINT is tiny-gpt2-epoch_1.pt of e2e_sae (two layers, d 4, one head, exact GELU, LN). Writes
tiny-gpt2.safetensors beside this script: input_ids [2, 12], the residual stream before each block, and
of the logits every 401st token, [2, 12, 126], with the log of the sum of all exponentials.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

w = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
torch.manual_seed(0)
ids = torch.randint(0, 50257, (2, 12))


def norm(x, name):
    x = x - x.mean(-1, keepdim=True)
    x = x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()
    return x * w[f"{name}.w"] + w[f"{name}.b"]


x = w["embed.W_E"][ids] + w["pos_embed.W_pos"][: ids.shape[1]]
golden = {"input_ids": ids}
for layer in range(2):
    golden[f"blocks.{layer}.hook_resid_pre"] = x
    at, n = f"blocks.{layer}.", norm(x, f"blocks.{layer}.ln1")
    q, k, v = (
        torch.einsum("spd,hdw->shpw", n, w[f"{at}attn.W_{c}"]) + w[f"{at}attn.b_{c}"][:, None] for c in "QKV"
    )
    scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(
        torch.ones(ids.shape[1], ids.shape[1]).triu(1).bool(), -torch.inf
    )
    x = x + torch.einsum("shpw,hwd->spd", scores.softmax(-1) @ v, w[f"{at}attn.W_O"]) + w[f"{at}attn.b_O"]
    hidden = torch.nn.functional.gelu(norm(x, f"{at}ln2") @ w[f"{at}mlp.W_in"] + w[f"{at}mlp.b_in"])
    x = x + hidden @ w[f"{at}mlp.W_out"] + w[f"{at}mlp.b_out"]
logits = norm(x, "ln_final") @ w["unembed.W_U"] + w["unembed.b_U"]
golden |= {"logits": logits[..., ::401], "log_sum": logits.logsumexp(-1)}
save_file(
    {name: value.contiguous() for name, value in golden.items()},
    Path(__file__).with_name("tiny-gpt2.safetensors"), metadata={"torch": torch.__version__},
)
