"""Small files as torch.save writes them, and what is in them.

    python tests/golden/torch-zip/make.py

Writes the .pt files and expected.json beside this script: for each file the tensors by name, with dtype,
shape and row-major values (integers and booleans as numbers), and the torch version.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch

torch.manual_seed(5)
here = Path(__file__).parent
base = torch.randn(4, 6)
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
files = {
    "dtypes": {
        "f64": torch.randn(2, dtype=torch.float64), "f32": torch.randn(2, 3), "f16": torch.randn(3).half(),
        "bf16": torch.randn(3).bfloat16(), "i64": torch.tensor([-(2**31), 2**31 - 1]),
        "i32": torch.tensor([7], dtype=torch.int32), "i16": torch.tensor([-300], dtype=torch.int16),
        "i8": torch.tensor([-5], dtype=torch.int8), "u8": torch.tensor([200], dtype=torch.uint8),
        "bool": torch.tensor([[True, False]]), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3),
    },
    "views": {
        "base": base, "turned": base.T, "part": base[1:3, 2:5], "steps": base[::2, ::3], "row": base[2],
        "spread": base[:1].expand(4, 6), "permuted": torch.arange(24.0).view(2, 3, 4).permute(2, 0, 1),
    },
    "module": module.state_dict(),
    "nested": {
        "step": 3, "ae": OrderedDict(encoder=torch.nn.Parameter(torch.randn(2, 2))),
        "config": {"name": "x", "lr": 0.5, "k": None, "on": True, "layers": [1, (2, 3)]},
        "list": [torch.ones(1), torch.zeros(2)], 4: torch.full((1,), 4.0), "big": 2**70,
    },
}


def tensors(value, way=""):
    if isinstance(value, torch.Tensor):
        yield way, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from tensors(child, f"{way}.{key}" if way else str(key))
    elif isinstance(value, (list, tuple)):
        for key, child in enumerate(value):
            yield from tensors(child, f"{way}.{key}")


expected = {"torch": torch.__version__}
for name, document in files.items():
    torch.save(document, here / f"{name}.pt")
    expected[name] = {
        way: {
            "dtype": str(tensor.dtype), "shape": list(tensor.shape),
            "values": tensor.detach().reshape(-1).double().tolist(),
        }
        for way, tensor in tensors(document)
    }
torch.save(files["views"], here / "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(module, here / "whole-module.pt")
(here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
