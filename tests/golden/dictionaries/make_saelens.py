"""Goldens of SAELens: made and evaluated by sae-lens 6.54.12 (torch 2.15.0).

Layouts of before version 6, and the copies of Gemma Scope and Llama Scope, which no present tool
writes, are FAITHFUL WRITERS of the documented layout; their expected values are sae-lens' own forward
pass over the same weights. Agreement is expected within 1e-5.

    python make_saelens.py
"""

import json

import numpy as np
import torch
from safetensors.torch import save_file
from sae_lens import (
    SAE,
    GatedSAE,
    GatedSAEConfig,
    JumpReLUSAE,
    JumpReLUSAEConfig,
    JumpReLUSkipTranscoder,
    JumpReLUSkipTranscoderConfig,
    JumpReLUTranscoder,
    JumpReLUTranscoderConfig,
    SkipTranscoder,
    SkipTranscoderConfig,
    StandardSAE,
    StandardSAEConfig,
    TopKSAE,
    TopKSAEConfig,
    Transcoder,
    TranscoderConfig,
)
from sae_lens.saes.abstopk_sae import AbsTopKSAE, AbsTopKSAEConfig
from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes.sae import SAEMetadata

from support import expect, folder, inputs, randomise

D, N = 8, 24
META = {"model_name": "gpt2", "hook_name": "blocks.6.hook_resid_pre"}


def result(sae, x):
    with torch.no_grad():
        features = sae.encode(x)
        out = sae(x) if hasattr(sae, "forward_with_activations") else sae.decode(features)
        return x, features, out


def make(case, kind, config, seed, width=D, threshold=True, **settings):
    sae = kind(config(d_in=width, dtype="float32", device="cpu", metadata=SAEMetadata(**META), **settings))
    randomise(sae.parameters(), seed)
    if hasattr(sae, "threshold") and threshold:
        sae.threshold.data = sae.threshold.data.abs()
    path = folder(case)
    sae.save_model(str(path))
    expect(case, {case: result(SAE.load_from_disk(str(path)), inputs(width, seed))})
    return sae, path


make("saelens-standard", StandardSAE, StandardSAEConfig, 1, d_sae=N)
make("saelens-uncentred", StandardSAE, StandardSAEConfig, 2, d_sae=N, apply_b_dec_to_input=False)
make("saelens-gated", GatedSAE, GatedSAEConfig, 3, d_sae=N)
make("saelens-jumprelu", JumpReLUSAE, JumpReLUSAEConfig, 4, d_sae=N)
make("saelens-jumprelu-negative", JumpReLUSAE, JumpReLUSAEConfig, 5, d_sae=N, threshold=False)
make("saelens-topk", TopKSAE, TopKSAEConfig, 6, d_sae=N, k=5)
make("saelens-topk-rescaled", TopKSAE, TopKSAEConfig, 7, d_sae=N, k=5, rescale_acts_by_decoder_norm=True)
make("saelens-abstopk", AbsTopKSAE, AbsTopKSAEConfig, 8, d_sae=N, k=5)
make("saelens-layer-norm", StandardSAE, StandardSAEConfig, 9, d_sae=N, normalize_activations="layer_norm")
make("saelens-constant-norm", TopKSAE, TopKSAEConfig, 10, d_sae=N, k=4, normalize_activations="constant_norm_rescale")
make("saelens-square", StandardSAE, StandardSAEConfig, 11, d_sae=D)
out = {"d_sae": N, "d_out": 6, "apply_b_dec_to_input": False}
make("saelens-transcoder", Transcoder, TranscoderConfig, 12, **out)
make("saelens-skip-transcoder", SkipTranscoder, SkipTranscoderConfig, 13, **out)
make("saelens-jumprelu-transcoder", JumpReLUTranscoder, JumpReLUTranscoderConfig, 14, **out)
make("saelens-jumprelu-skip", JumpReLUSkipTranscoder, JumpReLUSkipTranscoderConfig, 15, **out)

# Half precision: what is stored is 16 bits wide, the forward pass that counts is that of float32.
for case, dtype, seed in [("saelens-bf16", "bfloat16", 16), ("saelens-fp16", "float16", 17)]:
    sae = StandardSAE(StandardSAEConfig(d_in=D, d_sae=N, dtype=dtype, device="cpu", metadata=SAEMetadata(**META)))
    randomise(sae.parameters(), seed)
    path = folder(case)
    sae.save_model(str(path))
    expect(case, {case: result(SAE.load_from_disk(str(path), dtype="float32"), inputs(D, seed))})

# BatchTopK is saved for inference as jumprelu.
training = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(d_in=D, d_sae=N, k=4, dtype="float32", device="cpu", metadata=SAEMetadata(**META)))
randomise(training.parameters(), 18)
training.topk_threshold.fill_(0.7)
path = folder("saelens-batchtopk")
training.save_inference_model(str(path))
expect("saelens-batchtopk", {"saelens-batchtopk": result(SAE.load_from_disk(str(path)), inputs(D, 18))})

# With the firing frequencies beside it: 20 of 24 latents fire.
sae, path = make("saelens-sparsity", StandardSAE, StandardSAEConfig, 19, d_sae=N)
sparsity = torch.full((N,), -2.0)
sparsity[:4] = -10.0
save_file({"sparsity": sparsity}, path / "sparsity.safetensors")


# ---- FAITHFUL WRITERS -------------------------------------------------------------------------

def state(seed, rows=N, width=D, threshold=False):
    torch.manual_seed(seed)
    tensors = {
        "W_enc": torch.randn(width, rows) * 0.4,
        "b_enc": torch.randn(rows) * 0.2,
        "W_dec": torch.randn(rows, width) * 0.4,
        "b_dec": torch.randn(width) * 0.2,
    }
    if threshold:
        tensors["threshold"] = torch.rand(rows) * 0.6
    return tensors


def before_six(case, seed, **changes):
    path = folder(case)
    config = {
        "model_name": "gpt2-small", "hook_point": "blocks.2.hook_resid_pre", "hook_point_layer": 2,
        "hook_point_head_index": None, "d_in": D, "d_sae": N, "dtype": "float32", "device": "cpu",
        "activation_fn_str": "relu", "activation_fn_kwargs": {}, "apply_b_dec_to_input": True,
        "normalize_activations": False, "finetuning_scaling_factor": False, "context_size": 128,
        "prepend_bos": True, "dataset_path": "Skylion007/openwebtext", "sae_lens_training_version": None,
        **changes,
    }
    (path / "cfg.json").write_text(json.dumps(config, indent=1))
    save_file(state(seed), path / "sae_weights.safetensors")
    expect(case, {case: result(SAE.load_from_disk(str(path)), inputs(D, seed))})


before_six("saelens-5", 31)
before_six("saelens-5-topk", 32, activation_fn_str="topk", activation_fn_kwargs={"k": 4})
before_six("saelens-5-scaled", 33, normalize_activations=True)


def jump_relu(tensors):
    rows, width = tensors["W_dec"].shape
    sae = JumpReLUSAE(JumpReLUSAEConfig(d_in=width, d_sae=rows, dtype="float32", device="cpu", apply_b_dec_to_input=False))
    sae.load_state_dict(tensors)
    return sae


def npz(case, seed, save, fortran=False, small=False):
    tensors = state(seed, threshold=True)
    path = folder(case) / "layer_3" / "width_16k" / "average_l0_7"
    path.mkdir(parents=True)
    arrays = {("w" + key[1:] if small and key[0] == "W" else key): value.numpy() for key, value in tensors.items()}
    if fortran:
        arrays = {key: np.asfortranarray(value) for key, value in arrays.items()}
    save(path / "params.npz", **arrays)
    expect(case, {"layer_3/width_16k/average_l0_7": result(jump_relu(tensors), inputs(D, seed))})


npz("gemma-scope", 41, np.savez)
npz("gemma-scope-compressed", 42, np.savez_compressed)
npz("gemma-scope-fortran", 43, np.savez, fortran=True, small=True)

# Gemma Scope 2, and its transcoder with an affine skip connection [d_in, d_out].
tensors = state(44, threshold=True)
path = folder("gemma-scope-2") / "resid_post" / "layer_5_width_16k_l0_medium"
path.mkdir(parents=True)
(path / "config.json").write_text(json.dumps({"architecture": "jump_relu", "model_name": "google/gemma-3-1b-pt", "hf_hook_point_in": "model.layers.5.output"}))
save_file({key.lower(): value for key, value in tensors.items()}, path / "params.safetensors")
expect("gemma-scope-2", {"gemma-scope-2/resid_post/layer_5_width_16k_l0_medium": result(jump_relu(tensors), inputs(D, 44))})

path = folder("gemma-scope-2-affine") / "transcoder" / "layer_5_width_16k_l0_medium_affine"
path.mkdir(parents=True)
sae = JumpReLUSkipTranscoder(JumpReLUSkipTranscoderConfig(d_in=D, d_out=6, d_sae=N, dtype="float32", device="cpu", apply_b_dec_to_input=False))
randomise(sae.parameters(), 45)
sae.threshold.data = sae.threshold.data.abs()
stored = {key.lower(): value.detach().clone() for key, value in sae.state_dict().items() if key != "W_skip"}
stored["affine_skip_connection"] = sae.W_skip.detach().T.contiguous()
(path / "config.json").write_text(json.dumps({"architecture": "jump_relu", "model_name": "google/gemma-3-1b-pt", "affine_connection": True}))
save_file(stored, path / "params.safetensors")
expect("gemma-scope-2-affine", {"gemma-scope-2-affine/transcoder/layer_5_width_16k_l0_medium_affine": result(sae, inputs(D, 45))})

# Llama Scope: sae-lens folds the scale of the inputs and scales the one threshold with it.
tensors = state(51)
average = 3.7
scale = D**0.5 / average
path = folder("llama-scope") / "L7R-8x"
(path / "checkpoints").mkdir(parents=True)
(path / "hyperparams.json").write_text(json.dumps({
    "d_model": D, "d_sae": N, "jump_relu_threshold": 0.3, "hook_point_in": "blocks.7.hook_resid_post",
    "dataset_average_activation_norm": {"in": average, "out": average},
}))
save_file({
    "encoder.weight": tensors["W_enc"].T.contiguous(), "encoder.bias": tensors["b_enc"],
    "decoder.weight": tensors["W_dec"].T.contiguous(), "decoder.bias": tensors["b_dec"],
}, path / "checkpoints" / "final.safetensors")
sae = jump_relu({**tensors, "threshold": torch.full((N,), 0.3 * scale)})
sae.fold_activation_norm_scaling_factor(scale)
expect("llama-scope", {"L7R-8x": result(sae, inputs(D, 51))})

tensors = state(52, threshold=True)
path = folder("llama-scope-r1") / "L7R"
path.mkdir(parents=True)
(path / "config.json").write_text(json.dumps({"d_model": D, "expansion_factor": 3, "hook_point_in": "blocks.7.hook_resid_post"}))
save_file({
    "encoder.weight": tensors["W_enc"].T.contiguous(), "encoder.bias": tensors["b_enc"],
    "decoder.weight": tensors["W_dec"].T.contiguous(), "decoder.bias": tensors["b_dec"],
    "log_jumprelu_threshold": tensors["threshold"].log(),
}, path / "sae_weights.safetensors")
expect("llama-scope-r1", {"L7R": result(jump_relu(tensors), inputs(D, 52))})
