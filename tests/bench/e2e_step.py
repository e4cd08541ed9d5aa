"""The rival of `assay bench e2e-step`: an end-to-end step as e2e_sae takes it, in PyTorch on the CPU.

Reads one JSON object per line, {"layers", "width", "heads", "vocabulary", "sequences", "length",
"layer", "latents", "threads", "steps"}, and answers {"seconds": time of that many steps}. One step runs
a random GPT-2 as it is and again with the dictionary at `layer`, keeps both logits whole, as e2e_sae
does, and takes KL + sparsity back to the dictionary, with clipping and Adam. The model is Hugging Face
transformers' instead of TransformerLens', which is faster on a CPU.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

torch.manual_seed(0)
print(json.dumps({"rival": f"PyTorch {torch.__version__}"}), flush=True)
state = {}


def build(ask):
    model = GPT2LMHeadModel(GPT2Config(
        n_layer=ask["layers"], n_embd=ask["width"], n_head=ask["heads"], vocab_size=ask["vocabulary"],
        n_positions=ask["length"], resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=None, eos_token_id=None,
    )).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    encoder = torch.nn.Linear(ask["width"], ask["latents"])
    decoder = torch.nn.Linear(ask["latents"], ask["width"])
    parameters = [*encoder.parameters(), *decoder.parameters()]
    tokens = torch.randint(ask["vocabulary"], (ask["sequences"], ask["length"]))
    return model, encoder, decoder, tokens, parameters, torch.optim.Adam(parameters, lr=1e-9)


def step(layer, model, encoder, decoder, tokens, parameters, adam):
    seen = {}

    def splice(module, args):
        x = args[0]
        codes = torch.relu(encoder(x))
        columns = F.normalize(decoder.weight, dim=0)
        seen["codes"] = codes
        return (F.linear(codes, columns, decoder.bias), *args[1:])

    with torch.no_grad():
        original = model(tokens, use_cache=False).logits
    handle = model.transformer.h[layer].register_forward_pre_hook(splice)
    spliced = model(tokens, use_cache=False).logits
    handle.remove()
    kl = F.kl_div(
        spliced.log_softmax(-1).flatten(0, 1), original.log_softmax(-1).flatten(0, 1),
        log_target=True, reduction="batchmean",
    )
    loss = kl + seen["codes"].norm(p=1, dim=-1).mean() / encoder.in_features
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 10.0)
    adam.step()


for line in sys.stdin:
    ask = json.loads(line)
    torch.set_num_threads(ask["threads"])
    key = json.dumps({k: v for k, v in ask.items() if k not in ("threads", "steps")})
    if key not in state:
        state.clear()
        state[key] = build(ask)
        step(ask["layer"], *state[key])
    start = time.perf_counter()
    for _ in range(ask["steps"]):
        step(ask["layer"], *state[key])
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
