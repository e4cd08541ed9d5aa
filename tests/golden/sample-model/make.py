"""Golden forward pass of the sample model, by Hugging Face transformers in float32.

The first tokens of two held-out rows: logits, the residual stream before every block (`resid_pre.N`) and
the next-token loss of every position but the last.

    python make.py        writes golden.safetensors (about 720 kB)

Tolerances of the test: 1e-4 absolute for logits and residual streams, 1e-5 for the mean loss.
The versions that wrote the file stand in its metadata.
"""

from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[2] / "resources" / "sample"
ROWS, LENGTH = 2, 64

model = transformers.GPT2LMHeadModel.from_pretrained(SAMPLE / "model").eval()
ids = load_file(SAMPLE / "tokens_val.safetensors")["input_ids"][:ROWS, :LENGTH].to(torch.int64)
with torch.no_grad():
    out = model(ids, output_hidden_states=True)
loss = torch.nn.functional.cross_entropy(out.logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
tensors = {"input_ids": ids.to(torch.int32), "logits": out.logits, "ce": loss}
# The last entry is what follows the final norm, which is no residual stream.
for layer, stream in enumerate(out.hidden_states[:-1]):
    tensors[f"resid_pre.{layer}"] = stream
save_file(
    {name: tensor.contiguous() for name, tensor in tensors.items()},
    HERE / "golden.safetensors",
    {"torch": torch.__version__, "transformers": transformers.__version__},
)
