"""Goldens of e2e_sae 2.1.1 (torch 2.15.0), its own SAE class; its saving is two lines, repeated here.

The ZIP64 and OpenAI files are FAITHFUL WRITERS: the one is what torch.save writes beyond 4 GB, forced
for a small file and read back by torch.load; of the other no package exists, and its forward pass is
restated from the source. Agreement is expected within 1e-5.

    python make_e2e_sae.py
"""

import importlib.util
import zipfile

import torch
import torch.nn.functional as F

from support import expect, folder, inputs, randomise

# The package itself imports TransformerLens; the class needs none of it.
place = importlib.util.find_spec("e2e_sae").submodule_search_locations[0]
spec = importlib.util.spec_from_file_location("sparsifiers", f"{place}/models/sparsifiers.py")
sparsifiers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sparsifiers)

D, N = 8, 24


def trained(seed, width=D, latents=N):
    sae = sparsifiers.SAE(width, latents)
    randomise(sae.parameters(), seed)
    return sae


def result(sae, x):
    with torch.no_grad():
        reconstruction, features = sae(x)
        return x, features, reconstruction


# A run with three dictionaries in one file, an older checkpoint beside it, and one square.
path = folder("e2e-run")
hooks = {"blocks.2.hook_resid_pre": trained(1), "blocks.6.hook_resid_pre": trained(2), "blocks.10.hook_mlp_out": trained(3, D, D)}
saes = torch.nn.ModuleDict({name.replace(".", "-"): sae for name, sae in hooks.items()})
torch.save(saes.state_dict(), path / "samples_400.pt")
torch.save({key: value * 0 for key, value in saes.state_dict().items()}, path / "samples_80.pt")
(path / "final_config.yaml").write_text(
    "seed: 0\ntlens_model_name: gpt2-small\ntlens_model_path: null\nloss:\n  sparsity:\n    coeff: 1.5\n    p_norm: 1.0\nsaes:\n  dict_size_to_input_ratio: 3.0\n  sae_positions:\n  - hook_resid_pre\n"
)
expect("e2e-run", {f"e2e-run/samples_400 {hook}": result(sae, inputs(D, i)) for i, (hook, sae) in enumerate(hooks.items())})

# A decoder that torch keeps as a transposed view.
path = folder("e2e-strided")
sae = sparsifiers.SAE(D, N)
sae.decoder.weight.data = sae.decoder.weight.data.T.contiguous().T
assert sae.decoder.weight.stride() == (1, D)
with torch.no_grad():
    sae.encoder[0].bias.normal_(generator=torch.Generator().manual_seed(4))
    sae.decoder.weight.mul_(torch.rand(N, generator=torch.Generator().manual_seed(5)) + 0.5)
torch.save(torch.nn.ModuleDict({"blocks-1-hook_resid_post": sae}).state_dict(), path / "samples_20.pt")
expect("e2e-strided", {"e2e-strided/samples_20 blocks.1.hook_resid_post": result(sae, inputs(D, 4))})

# The copies on Hugging Face: no prefix, no .0, normalised.
path = folder("e2e-copy")
sae = trained(6)
copy = {"encoder.weight": sae.encoder[0].weight, "encoder.bias": sae.encoder[0].bias, "decoder.weight": sae.dict_elements, "decoder.bias": sae.decoder.bias}
torch.save({key: value.detach().clone() for key, value in copy.items()}, path / "e2e_similar_ce_layer_6.pt")
(path / "e2e_similar_ce_layer_6.yaml").write_text("tlens_model_name: gpt2-small\nsaes:\n  sae_positions: blocks.6.hook_resid_pre\n")
expect("e2e-copy", {"e2e_similar_ce_layer_6": result(sae, inputs(D, 6))})

# ZIP64: every size and offset in the long fields.
path = folder("e2e-zip64")
sae = trained(7)
torch.save(torch.nn.ModuleDict({"blocks-3-hook_resid_pre": sae}).state_dict(), "/tmp/short.pt")
zipfile.ZIP64_LIMIT = 0
with zipfile.ZipFile("/tmp/short.pt") as short, zipfile.ZipFile(path / "samples_9.pt", "w", zipfile.ZIP_STORED) as long:
    for entry in short.infolist():
        with long.open(zipfile.ZipInfo(entry.filename), "w", force_zip64=True) as out:
            out.write(short.read(entry))
zipfile.ZIP64_LIMIT = (1 << 31) - 1
back = torch.load(path / "samples_9.pt", weights_only=True)
assert torch.equal(back["blocks-3-hook_resid_pre.decoder.bias"], sae.decoder.bias)
expect("e2e-zip64", {"e2e-zip64/samples_9 blocks.3.hook_resid_pre": result(sae, inputs(D, 7))})


# ---- FAITHFUL WRITERS: openai/sparse_autoencoder, model.py -------------------------------------

def openai(case, seed, activation, tied=False, k=4):
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(shape, generator=generator) * 0.4
    state = {"pre_bias": normal(D), "encoder.weight": normal(N, D), "latent_bias": normal(N)}
    if not tied:
        state["decoder.weight"] = normal(D, N)
    saved = dict(state)
    saved["stats_last_nonzero"] = torch.zeros(N, dtype=torch.long)
    saved["latents_activation_frequency"] = torch.ones(N)
    saved["latents_mean_square"] = torch.ones(N)
    saved["activation"] = activation
    saved["activation_state_dict"] = {"k": k, "postact_fn": "ReLU"} if activation == "TopK" else {}
    torch.save(saved, folder(case) / "6.pt")
    x = inputs(D, seed)
    normed, mean, std = x, 0, 1
    if activation == "TopK":
        mean = x.mean(-1, keepdim=True)
        std = (x - mean).std(-1, keepdim=True)
        normed = (x - mean) / (std + 1e-5)
    pre = F.linear(normed - state["pre_bias"], state["encoder.weight"], state["latent_bias"])
    if activation == "TopK":
        values, indices = torch.topk(pre, k)
        features = torch.zeros_like(pre).scatter_(-1, indices, F.relu(values))
    else:
        features = F.relu(pre) if activation == "ReLU" else pre * (torch.arange(N) < N - 2)
    decoder = state["encoder.weight"].T if tied else state["decoder.weight"]
    expect(case, {f"{case}/6": (x, features, (features @ decoder.T + state["pre_bias"]) * std + mean)})


openai("openai-topk", 11, "TopK")
openai("openai-relu", 12, "ReLU")
openai("openai-tied", 13, "ReLU", tied=True)
