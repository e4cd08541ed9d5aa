"""
Rows of tokens as Python makes them, for tests/golden/packing/packing.test.ts.

Writes corpus.jsonl (1,250 short documents, some empty, with characters beyond the basic plane) and
rows.safetensors (uint16 [rows, 32] for each way of packing). `transformer-lens` is
tokenize_and_concatenate of TransformerLens 2 and e2e_sae, which both run it through datasets' `map` with
its default batches; here without worker processes, which would part the documents differently.

Ids must agree exactly. Made with Python 3.11, transformers 5.24.0, tokenizers 0.23.3, datasets 5.2.0,
numpy 2.4, safetensors 0.8:  python make.py
"""

import json
import random
from pathlib import Path

import numpy as np
from datasets import Dataset
from safetensors.numpy import save_file
from transformers import AutoTokenizer

here = Path(__file__).parent
tokenizer = AutoTokenizer.from_pretrained(here / "../../../resources/sample/model")
context = 32

words = (
    "the quick brown fox jumps over a lazy dog once upon a time there was a maze turn left right wall "
    "path exit café naïve 😀 𝔘nicode\n 1984, it's we'll   ..."
).split(" ")
random.seed(3)
documents = [" ".join(random.choices(words, k=random.randint(1, 5))) for _ in range(1250)]
documents[7] = documents[1100] = ""
for at in range(0, 1250, 50):
    documents[at] = " ".join(random.choices(words, k=60))
with open(here / "corpus.jsonl", "w") as file:
    for document in documents:
        file.write(json.dumps({"text": document}, ensure_ascii=False) + "\n")


def ids_of(text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def concatenate(bos):
    stream = [
        i for text in documents if ids_of(text) for i in [*ids_of(text), tokenizer.eos_token_id]
    ]
    body = context - bos
    rows = [stream[at : at + body] for at in range(0, len(stream) - body + 1, body)]
    return [[tokenizer.bos_token_id] * bos + row for row in rows]


def transformer_lens(bos):
    if tokenizer.pad_token is None:
        tokenizer.add_special_tokens({"pad_token": "<PAD>"})
    length = context - bos

    def pack(examples):
        full = tokenizer.eos_token.join(examples["text"])
        piece = (len(full) - 1) // 20 + 1
        pieces = [full[i * piece : (i + 1) * piece] for i in range(20)]
        tokens = tokenizer(pieces, return_tensors="np", padding=True)["input_ids"].flatten()
        tokens = tokens[tokens != tokenizer.pad_token_id]
        rows = len(tokens) // length
        tokens = tokens[: rows * length].reshape(rows, length)
        if bos:
            prefix = np.full((rows, 1), tokenizer.bos_token_id)
            tokens = np.concatenate([prefix, tokens], axis=1)
        return {"tokens": tokens}

    dataset = Dataset.from_dict({"text": documents})
    return list(dataset.map(pack, batched=True, remove_columns=["text"])["tokens"])


def first_tokens(bos):
    rows = [[tokenizer.bos_token_id] * bos + ids_of(text) for text in documents if ids_of(text)]
    return [row[:context] for row in rows if len(row) >= context]


rows = {}
for bos in (0, 1):
    suffix = ".bos" if bos else ""
    rows["concatenate" + suffix] = concatenate(bos)
    rows["documents" + suffix] = first_tokens(bos)
    rows["transformer-lens" + suffix] = transformer_lens(bos)
rows = {name: np.array(value, dtype=np.uint16) for name, value in rows.items()}
save_file(rows, here / "rows.safetensors")
print({name: value.shape for name, value in rows.items()})
