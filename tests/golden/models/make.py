"""Small random models of every family with what Hugging Face transformers computes on them.

    python tests/golden/models/make.py

Writes a folder per model beside this script: the model as save_pretrained leaves it (some in half
precision, one in shards) and golden.safetensors with
  input_ids [rows, length], logits [rows, length, V] and the values at hook points under their
    TransformerLens names, from a forward pass in float32 (of the rounded weights);
  prompt [p] and generated [p + n]: greedy generation with the model's own cache;
  W_enc, b_enc, W_dec, b_dec and spliced [p + n]: the same with x = relu(x W_enc + b_enc) W_dec + b_dec
    in place of the residual stream before block 1.
Compared at an absolute 1e-4; generated tokens must be equal, so seeds are tried until none of them is
chosen by less than 0.001, and until the generations do not just repeat themselves.
"""

import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

vocabulary, context = 61, 48
common = dict(vocab_size=vocabulary, bos_token_id=0, eos_token_id=None, pad_token_id=None)


def gpt2():
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(n_embd=16, n_layer=2, n_head=4, n_positions=context, n_inner=40, **common)
    )


def gpt_neo():
    return transformers.GPTNeoForCausalLM(
        transformers.GPTNeoConfig(
            hidden_size=16, num_layers=2, num_heads=2, attention_types=[[["global", "local"], 1]],
            window_size=5, max_position_embeddings=context, intermediate_size=None, **common,
        )
    )


def gpt_neox(parallel=True, **options):
    return transformers.GPTNeoXForCausalLM(
        transformers.GPTNeoXConfig(
            hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32,
            max_position_embeddings=context, use_parallel_residual=parallel, **options, **common,
        )
    )


def llama(**options):
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=36,
            max_position_embeddings=context, **options, **common,
        )
    )


def gemma2():
    return transformers.Gemma2ForCausalLM(
        transformers.Gemma2Config(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            head_dim=6, intermediate_size=36, sliding_window=6, query_pre_attn_scalar=9,
            attn_logit_softcapping=2.0, final_logit_softcapping=3.0,
            max_position_embeddings=context, attn_implementation="eager", **common,
        )
    )


llama3_rope = dict(
    rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=16,
)
models = {
    "gpt2": (gpt2, torch.float32),
    "gpt-neo": (gpt_neo, torch.float32),
    "gpt-neox": (lambda: gpt_neox(), torch.float16),
    "gpt-neox-sequential": (
        lambda: gpt_neox(
            parallel=False, tie_word_embeddings=True, attention_bias=False, hidden_act="gelu_new",
            rope_parameters=dict(rope_type="linear", rope_theta=1000.0, factor=2.0, partial_rotary_factor=1.0),
        ),
        torch.float32,
    ),
    "llama": (lambda: llama(num_key_value_heads=2), torch.bfloat16),
    "llama-scaled": (
        lambda: llama(
            num_key_value_heads=1, head_dim=6, attention_bias=True, mlp_bias=True,
            tie_word_embeddings=True, rope_parameters=llama3_rope,
        ),
        torch.float32,
    ),
    "gemma2": (gemma2, torch.float32),
}


def parts(model):
    """Blocks, and in a block: attention output, input of the second norm, MLP output."""
    name = model.config.model_type
    if name in ("gpt2", "gpt_neo"):
        return model.transformer.h, lambda b: (b.attn, b.ln_2, b.mlp)
    if name == "gpt_neox":
        return model.gpt_neox.layers, lambda b: (b.attention, b.post_attention_layernorm, b.mlp)
    if name == "llama":
        return model.model.layers, lambda b: (b.self_attn, b.post_attention_layernorm, b.mlp)
    return model.model.layers, lambda b: (
        b.post_attention_layernorm, b.pre_feedforward_layernorm, b.post_feedforward_layernorm,
    )


def first(value):
    return value[0] if isinstance(value, tuple) else value


def forward(model, ids):
    kept, handles = {}, []
    blocks, inside = parts(model)

    def keep_output(name):
        return lambda module, args, output: kept.__setitem__(name, first(output).detach().clone())

    def keep_input(name):
        return lambda module, args, kwargs: kept.__setitem__(
            name, (args[0] if args else kwargs["hidden_states"]).detach().clone()
        )

    for layer, block in enumerate(blocks):
        at = f"blocks.{layer}.hook_"
        attention, second_norm, mlp = inside(block)
        handles += [
            block.register_forward_pre_hook(keep_input(at + "resid_pre"), with_kwargs=True),
            attention.register_forward_hook(keep_output(at + "attn_out")),
            mlp.register_forward_hook(keep_output(at + "mlp_out")),
            block.register_forward_hook(keep_output(at + "resid_post")),
        ]
        if not getattr(model.config, "use_parallel_residual", False):
            handles.append(
                second_norm.register_forward_pre_hook(keep_input(at + "resid_mid"), with_kwargs=True)
            )
    with torch.no_grad():
        logits = model(ids).logits
    for handle in handles:
        handle.remove()
    return {"logits": logits, **kept}


def generate(model, prompt, count):
    with torch.no_grad():
        result = model.generate(
            prompt[None], attention_mask=torch.ones_like(prompt[None]), max_new_tokens=count,
            do_sample=False, return_dict_in_generate=True, output_logits=True,
        )
    best = torch.cat(result.logits).topk(2).values
    tokens = result.sequences[0]
    clear = bool((best[:, 0] - best[:, 1] > 1e-3).all()) and len(set(tokens[len(prompt):].tolist())) > 5
    return tokens, clear


def spliced(model, prompt, count, dictionary):
    def splice(module, args, kwargs):
        x = args[0] if args else kwargs["hidden_states"]
        codes = torch.relu(x @ dictionary["W_enc"] + dictionary["b_enc"])
        y = codes @ dictionary["W_dec"] + dictionary["b_dec"]
        return ((y, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": y})

    handle = parts(model)[0][1].register_forward_pre_hook(splice, with_kwargs=True)
    try:
        return generate(model, prompt, count)
    finally:
        handle.remove()


def randomise(model, dtype):
    """
    Makes every parameter count, and the blocks count more than the embedding. Parameters are rounded to
    dtype; buffers, such as the frequencies of rotations, are not.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.5 if any(part in name for part in ("wte", "wpe", "embed")) else 1.5
            scale = 0.2 if parameter.ndim == 1 else spread / parameter.shape[-1] ** 0.5
            parameter.add_(torch.randn_like(parameter) * scale)
            parameter.copy_(parameter.to(dtype))


def attempt(build, dtype, seed):
    """A model (in float32, its weights rounded to dtype) with its golden values, or None."""
    torch.manual_seed(seed)
    model = build().eval()
    randomise(model, dtype)
    width = model.config.hidden_size
    ids, prompt = torch.randint(0, vocabulary, (2, 14)), torch.randint(0, vocabulary, (5,))
    dictionary = {
        "W_enc": torch.randn(width, 3 * width) / width**0.5, "b_enc": torch.randn(3 * width) * 0.1,
        "W_dec": torch.nn.functional.normalize(torch.randn(3 * width, width), dim=1),
        "b_dec": torch.randn(width) * 0.1,
    }
    generated, clear = generate(model, prompt, 20)
    with_dictionary, also_clear = spliced(model, prompt, 20, dictionary)
    if not (clear and also_clear):
        return None
    return model, {
        "input_ids": ids, **forward(model, ids), "prompt": prompt, "generated": generated,
        **dictionary, "spliced": with_dictionary,
    }


for name, (build, dtype) in models.items():
    folder = Path(__file__).parent / name
    shutil.rmtree(folder, ignore_errors=True)
    seed, (model, golden) = next(
        (seed, found) for seed in range(1000) if (found := attempt(build, dtype, seed))
    )
    model.to(dtype).save_pretrained(folder, max_shard_size="12KB" if name == "llama" else "10MB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file(
        {key: value.contiguous() for key, value in golden.items()}, folder / "golden.safetensors",
        metadata={"transformers": transformers.__version__, "torch": torch.__version__, "seed": str(seed)},
    )
    print(name, seed, golden["generated"].tolist(), golden["spliced"].tolist())
