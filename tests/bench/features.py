"""The rival of `assay bench features`: SAEDashboard's feature data generator, on the CPU.

Needs `pip install sae-dashboard` (0.8.0 was measured). Reads one JSON object per line, {"weights",
"model", "hook", "threads"}: a safetensors file with encoder [n, d], bias [n] and tokens [rows, context],
the folder of a GPT-2 and a hook point. Answers {"seconds": time to the data of all n features}, with
its defaults, without loading model and dictionary and without writing anything.
"""

import contextlib
import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
with contextlib.redirect_stdout(sys.stderr):
    import torch
    from safetensors.torch import load_file
    from sae_dashboard.sae_vis_data import SaeVisConfig
    from sae_dashboard.sae_vis_runner import SaeVisRunner
    from sae_lens import HookedSAETransformer, StandardSAE, StandardSAEConfig
    from transformer_lens import HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

version = importlib.metadata.version("sae-dashboard")
print(json.dumps({"rival": f"SAEDashboard {version}, PyTorch {torch.__version__}"}), flush=True)


def load_model(folder):
    hf = GPT2LMHeadModel.from_pretrained(folder)
    c = hf.config
    config = HookedTransformerConfig(
        n_layers=c.n_layer,
        d_model=c.n_embd,
        n_ctx=c.n_positions,
        n_heads=c.n_head,
        d_head=c.n_embd // c.n_head,
        d_mlp=c.n_inner or 4 * c.n_embd,
        d_vocab=c.vocab_size,
        act_fn="gelu_new",
        normalization_type="LN",
        model_name="gpt2",
        device="cpu",
    )
    model = HookedSAETransformer(config)
    model.load_state_dict(convert_gpt2_weights(hf, config), strict=False)
    model.tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"))
    return model


def load_dictionary(tensors, hook):
    latents, width = tensors["encoder"].shape
    config = StandardSAEConfig(d_in=width, d_sae=latents, device="cpu", dtype="float32")
    config.metadata.hook_name = hook
    sae = StandardSAE(config)
    with torch.no_grad():
        sae.W_enc.copy_(tensors["encoder"].T)
        sae.W_dec.copy_(tensors["encoder"])
        sae.b_enc.copy_(tensors["bias"])
        sae.b_dec.zero_()
    return sae


state = {}
for line in sys.stdin:
    ask = json.loads(line)
    torch.set_num_threads(ask["threads"])
    with contextlib.redirect_stdout(sys.stderr):
        tensors = load_file(ask["weights"])
        model = state.setdefault(ask["model"], None) or load_model(ask["model"])
        state[ask["model"]] = model
        sae = load_dictionary(tensors, ask["hook"])
        config = SaeVisConfig(
            hook_point=ask["hook"], features=range(sae.cfg.d_sae), device="cpu", verbose=False
        )
        start = time.perf_counter()
        SaeVisRunner(config).run(encoder=sae, model=model, tokens=tensors["tokens"].long())
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds}), flush=True)
