"""Makes the sample project: stories, tokenizer, language model, tokens, ground truth and maze table.

    pip install torch transformers tokenizers safetensors numpy
    python make.py            about ten minutes on two cores; writes ../sample

Everything follows from the seeds below; the model's weights also from the machine's arithmetic, so they
come out close but not bit-equal elsewhere. model/training.json records what was used and measured.
"""

import json
import math
import time
from pathlib import Path

import numpy
import safetensors.numpy
import tokenizers
import torch
import transformers
from tokenizers import decoders, models, pre_tokenizers, trainers

import maze
import stories

OUT = Path(__file__).resolve().parent.parent / "sample"
CONTEXT, VOCABULARY = 128, 1024
LAYERS, WIDTH, HEADS = 4, 96, 4
END = "<|endoftext|>"
# Stories are known by their seeds: the model learns from those from 0 on and never sees those from here on.
HELD_OUT_FROM = 1_000_000_000
ROWS_LEARNED, ROWS_TRAIN, ROWS_HELD_OUT = 30_000, 8_000, 1_000
STEPS, BATCH, RATE, WARMUP, SEED = 3_200, 16, 2.5e-3, 150, 0


def train_tokenizer():
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((stories.story(seed)[0] for seed in range(6_000)), trainer)
    return tokenizer


def rows_of(tokenizer, first_seed, rows, with_labels=False):
    """Rows of CONTEXT tokens. A row starts with a new story, and stories follow each other until it is full.

    The label of a token is what holds at its last character: by then the text up to there has been read.
    """
    end = tokenizer.token_to_id(END)
    ids = numpy.zeros((rows, CONTEXT), dtype=numpy.uint16)
    labels = {name: numpy.zeros((rows, CONTEXT), dtype=numpy.uint8) for name in stories.PROPERTIES}
    seed = first_seed
    for row in range(rows):
        at = 0
        while at < CONTEXT:
            text, marks = stories.story(seed)
            seed += 1
            encoding = tokenizer.encode(text)
            assert tokenizer.decode(encoding.ids) == text
            ids[row, at] = end
            at += 1
            for token, (_, stop) in zip(encoding.ids, encoding.offsets):
                if at == CONTEXT:
                    break
                ids[row, at] = token
                if with_labels:
                    for name in marks[stop - 1]:
                        labels[name][row, at] = 1
                at += 1
    return ids, labels, seed


def loss_of(model, ids):
    """Mean next-token loss in nats."""
    with torch.no_grad():
        total = 0.0
        for batch in torch.from_numpy(ids.astype(numpy.int64)).split(50):
            total += model(batch, labels=batch).loss.item() * len(batch)
    return total / len(ids)


def train_model(tokenizer, train, held_out):
    # One thread: sums are then added in one order, and the model is too small for more to help much.
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    end = tokenizer.token_to_id(END)
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, bos_token_id=end, eos_token_id=end,
    )
    model = transformers.GPT2LMHeadModel(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    data = torch.from_numpy(train.astype(numpy.int64))
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(SEED))
    curve, started = [], time.time()
    for step in range(STEPS):
        rate = RATE * min(1, (step + 1) / WARMUP) * (0.05 + 0.95 * (1 + math.cos(math.pi * step / STEPS)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = data[order[torch.arange(step * BATCH, (step + 1) * BATCH) % len(data)]]
        loss = model(batch, labels=batch).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0 or step == STEPS - 1:
            curve.append([step, round(loss.item(), 4)])
            print(f"step {step} loss {loss.item():.3f} {time.time() - started:.0f} s", flush=True)
    model.eval()
    return model, {
        "steps": STEPS, "batch": BATCH, "rate": RATE, "seed": SEED, "rows": len(train),
        "tokens": STEPS * BATCH * CONTEXT, "seconds": round(time.time() - started),
        "training_loss": curve, "held_out_loss": round(loss_of(model, held_out), 4),
        "held_out_loss_unigram": round(unigram_loss(train, held_out), 4),
        "versions": {
            "torch": torch.__version__, "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
        },
    }


def unigram_loss(train, held_out):
    """What a model would lose that knew only how frequent each token is."""
    counts = numpy.bincount(train.ravel(), minlength=VOCABULARY) + 1
    return float(-numpy.log(counts / counts.sum())[held_out[:, 1:].ravel()].mean())


def sentence_overlap(end_of_training):
    """Share of the first held-out stories' sentences that also stand in the training stories."""
    def split(text):
        return text.split(". ")
    seen = {sentence for seed in range(end_of_training) for sentence in split(stories.story(seed)[0])}
    new = [s for seed in range(HELD_OUT_FROM, HELD_OUT_FROM + 300) for s in split(stories.story(seed)[0])]
    return sum(sentence in seen for sentence in new) / len(new)


def main():
    (OUT / "model").mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer()
    held_out, labels, _ = rows_of(tokenizer, HELD_OUT_FROM, ROWS_HELD_OUT, with_labels=True)
    train, _, last = rows_of(tokenizer, 0, ROWS_LEARNED)
    print(f"{len(train)} rows from {last} stories, {tokenizer.get_vocab_size()} tokens", flush=True)
    save = safetensors.numpy.save_file
    save({"input_ids": train[:ROWS_TRAIN]}, OUT / "tokens_train.safetensors")
    save({"input_ids": held_out}, OUT / "tokens_val.safetensors")
    save(labels, OUT / "labels_val.safetensors")
    maze.write(OUT / "maze.csv")
    model, record = train_model(tokenizer, train, held_out)
    record["stories"] = last
    record["held_out_sentences_also_in_training"] = round(sentence_overlap(last), 4)
    record["properties"] = {
        name: {"meaning": meaning, "held_out_share": round(float(labels[name].mean()), 4)}
        for name, meaning in stories.PROPERTIES.items()
    }
    model.save_pretrained(OUT / "model", safe_serialization=True)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, model_max_length=CONTEXT
    ).save_pretrained(OUT / "model")
    (OUT / "model" / "training.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
