"""Goldens of dictionary_learning 0.1.0 (torch 2.15.0): every class, saved and loaded by itself.

    python make_dictionary_learning.py
"""

import json

import torch
from dictionary_learning.dictionary import (
    AutoEncoder,
    AutoEncoderNew,
    GatedAutoEncoder,
    JumpReluAutoEncoder,
)
from dictionary_learning.trainers.batch_top_k import BatchTopKSAE
from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE
from dictionary_learning.trainers.top_k import AutoEncoderTopK
from dictionary_learning.utils import load_dictionary

from support import expect, folder, inputs, randomise

D, N, K = 8, 24, 5


def run(case, ae, seed, k=None, backup=False, strided=False, dtype=None):
    for parameter in ae.parameters():
        if parameter.ndim == 2:
            # In place, so that a transposed view stays one.
            strided = strided or not parameter.is_contiguous()
    randomise(ae.parameters(), seed)
    if hasattr(ae, "threshold") and isinstance(ae.threshold, torch.nn.Parameter):
        ae.threshold.data = ae.threshold.data.abs()
    path = folder(case)
    state = ae.state_dict()
    if dtype is not None:
        state = {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}
    config = {
        "trainer": {
            "dict_class": type(ae).__name__, "trainer_class": "Trainer", "activation_dim": D, "dict_size": N,
            "k": k, "layer": 8, "lm_name": "EleutherAI/pythia-70m-deduped", "submodule_name": "resid_post_layer_8",
        },
        "buffer": {"d_submodule": D, "ctx_len": 128},
    }
    (path / "config.json").write_text(json.dumps(config, indent=1))
    torch.save(state, path / "ae.pt")
    loaded, _ = load_dictionary(str(path), "cpu")
    x = inputs(loaded.activation_dim, seed)
    with torch.no_grad():
        features = loaded.float().encode(x)
        expect(case, {case: (x, features, loaded.decode(features))})
    if backup:
        torch.save({"step": 20, "ae": state, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}]}, "config": config["trainer"], "norm_factor": 2.5}, path / "ae.pt")
    return strided


# AutoEncoder as its trainers leave it, unit norms, and as the April update does.
ae = AutoEncoder(D, N)
run("dl-autoencoder", ae, 1)
strided = [run("dl-autoencoder-new", AutoEncoderNew(D, N), 2)]
strided += [run("dl-gated", GatedAutoEncoder(D, N), 3)]
strided += [run("dl-jumprelu", JumpReluAutoEncoder(D, N), 4)]
strided += [run("dl-topk", AutoEncoderTopK(D, N, K), 5, k=K)]
batch = BatchTopKSAE(D, N, K)
batch.threshold.fill_(0.6)
strided += [run("dl-batchtopk", batch, 6, k=K)]
run("dl-batchtopk-unset", BatchTopKSAE(D, N, K), 7, k=K)
matryoshka = MatryoshkaBatchTopKSAE(D, N, K, [6, 6, 12])
matryoshka.threshold.fill_(0.4)
strided += [run("dl-matryoshka", matryoshka, 8, k=K)]
run("dl-backup", AutoEncoderTopK(D, N, K), 9, k=K, backup=True)
run("dl-square", AutoEncoderTopK(D, D, 3), 10, k=3)
run("dl-bf16", AutoEncoderTopK(D, N, K), 11, k=K, dtype=torch.bfloat16)
run("dl-fp16", JumpReluAutoEncoder(D, N), 12, dtype=torch.float16)
assert sum(strided) >= 3, "some of the files hold transposed views"
