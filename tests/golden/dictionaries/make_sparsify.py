"""Goldens of EleutherAI sparsify, eai-sparsify 1.3.3 (torch 2.15.0), saved and loaded by itself.

    SPARSIFY_DISABLE_TRITON=1 python make_sparsify.py
"""

import torch
from sparsify import SparseCoder, SparseCoderConfig

from support import expect, folder, inputs, randomise

D = 8


def coder(seed, **settings):
    sae = SparseCoder(D, SparseCoderConfig(**{"expansion_factor": 3, "k": 4, **settings}))
    randomise(sae.parameters(), seed)
    return sae


def result(path, seed):
    sae = SparseCoder.load_from_disk(path)
    x = inputs(D, seed)
    with torch.no_grad():
        acts, indices, _ = sae.encode(x)
        features = torch.zeros(len(x), sae.num_latents).scatter_(1, indices, acts)
        return x, features, sae(x).sae_out


def single(case, seed, **settings):
    path = folder(case) / "layers.10"
    coder(seed, **settings).save_to_disk(path)
    expect(case, {f"{case}/layers.10": result(path, seed)})


single("sparsify-topk", 1)
single("sparsify-groupmax", 2, activation="groupmax")
single("sparsify-transcoder", 3, transcode=True, skip_connection=True)
single("sparsify-square", 4, expansion_factor=1, k=3)

# A root with many hook points and seeds.
root = folder("sparsify-root")
(root / "config.json").write_text("{}")
results = {}
for hook in ["layers.2", "h.0.attn"]:
    for seed in [0, 1]:
        path = root / hook / f"seed{seed}"
        coder(10 + seed + len(hook)).save_to_disk(path)
        results[f"sparsify-root/{hook}/seed{seed}"] = result(path, seed)
expect("sparsify-root", results)
