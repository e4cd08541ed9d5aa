"""The rival of tests/bench/accelerator/run.ts: e2e_sae's dense steps in PyTorch on a GPU.

Reads one JSON object per line and answers with one. {"ask": "ceilings"} answers the rates of this card:
float32 and TF32 matrix products of the step's own size in FLOP/s, and a copy in bytes/s (read and
written). {"ask": "local", "width", "latents", "batch", "active", "compile", "tf32", "steps"} and
{"ask": "e2e", "layers", "width", "vocabulary", "sequences", "length", "tf32", "steps"} answer
{"seconds": median time of a step}. Steps are those of ../train_step.py and ../e2e_step.py.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
name = torch.cuda.get_device_name(0) if device == "cuda" else "CPU"
print(json.dumps({"rival": f"PyTorch {torch.__version__} on {name}"}), flush=True)


def sync():
    if device == "cuda":
        torch.cuda.synchronize()


def timed(work, repeats):
    for _ in range(3):
        work()
    sync()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        sync()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ceilings(width=768, latents=46080, batch=8192, **_):
    a = torch.randn(batch, width, device=device)
    b = torch.randn(latents, width, device=device)
    rates = {}
    for key, tf32 in (("float32", False), ("tf32", True)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        rates[key] = 2 * batch * width * latents / timed(lambda: a @ b.T, 10)
    big = torch.randn(1 << 28, device=device)
    out = torch.empty_like(big)
    rates["bytes"] = 8 * big.numel() / timed(lambda: out.copy_(big), 10)
    return rates


def dictionary(width, latents):
    encoder = torch.nn.Linear(width, latents, device=device)
    decoder = torch.nn.Linear(latents, width, device=device)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    return encoder, decoder, parameters, torch.optim.Adam(parameters, lr=1e-9)


def local(width, latents, batch, active, compile, tf32, steps, **_):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    encoder, decoder, parameters, adam = dictionary(width, latents)
    x = torch.randn(batch, width, device=device)
    with torch.no_grad():
        part = F.linear(x[:64], encoder.weight).flatten()
        encoder.bias.fill_(-torch.topk(part, active * 64).values[-1])

    def loss_of(x):
        codes = torch.relu(encoder(x))
        output = F.linear(codes, F.normalize(decoder.weight, dim=0), decoder.bias)
        return ((x - output) ** 2).mean() + codes.norm(p=1, dim=-1).mean() / width

    forward = torch.compile(loss_of) if compile else loss_of

    def step():
        adam.zero_grad()
        loss = forward(x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        adam.step()

    return {"seconds": timed(step, steps)}


def e2e(layers, width, vocabulary, sequences, length, tf32, steps, **_):
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.backends.cuda.matmul.allow_tf32 = tf32
    model = GPT2LMHeadModel(GPT2Config(
        n_layer=layers, n_embd=width, n_head=width // 64, vocab_size=vocabulary, n_positions=length,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
    )).eval().to(device).requires_grad_(False)
    encoder, decoder, parameters, adam = dictionary(width, 16 * width)
    tokens = torch.randint(vocabulary, (sequences, length), device=device)
    seen = {}

    def splice(module, args):
        codes = torch.relu(encoder(args[0]))
        seen["codes"] = codes
        return (F.linear(codes, F.normalize(decoder.weight, dim=0), decoder.bias), *args[1:])

    def step():
        with torch.no_grad():
            original = model(tokens, use_cache=False).logits
        handle = model.transformer.h[layers // 2].register_forward_pre_hook(splice)
        spliced = model(tokens, use_cache=False).logits
        handle.remove()
        kl = F.kl_div(
            spliced.log_softmax(-1).flatten(0, 1), original.log_softmax(-1).flatten(0, 1),
            log_target=True, reduction="batchmean",
        )
        loss = kl + seen["codes"].norm(p=1, dim=-1).mean() / width
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        adam.step()

    return {"seconds": timed(step, steps)}


for line in sys.stdin:
    ask = json.loads(line)
    try:
        answer = {"ceilings": ceilings, "local": local, "e2e": e2e}[ask.pop("ask")](**ask)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    if device == "cuda":
        torch.cuda.empty_cache()
    print(json.dumps(answer), flush=True)
