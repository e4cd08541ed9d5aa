"""What the makers of the golden dictionaries share: inputs, and what a tool makes of them.

Each maker writes the files of one tool under CASE/, and under expected/CASE.safetensors, for every
dictionary NAME in them, NAME/x [16, d], NAME/features [16, n] and NAME/reconstruction [16, d_out].
"""

import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
ROWS = 16


def folder(case: str) -> Path:
    path = HERE / case
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def inputs(width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(ROWS, width, generator=torch.Generator().manual_seed(seed)) * 1.5


def randomise(parameters, seed: int, scale: float = 0.4) -> None:
    """Gives every parameter values that matter, also those that begin at zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)


def expect(case: str, results: dict[str, tuple]) -> None:
    """results: by name of the dictionary, x, features and reconstruction."""
    tensors = {}
    for name, (x, features, reconstruction) in results.items():
        active = (features != 0).float().mean().item()
        assert 0.02 < active < 0.98, f"{case} {name}: {active} of its codes are active"
        tensors[f"{name}/x"] = x.float().contiguous().clone()
        tensors[f"{name}/features"] = features.detach().float().contiguous().clone()
        tensors[f"{name}/reconstruction"] = reconstruction.detach().float().contiguous().clone()
    path = HERE / "expected"
    path.mkdir(exist_ok=True)
    save_file(tensors, path / f"{case}.safetensors")
