"""Run logs as the real tools write them, small. Needs wandb and tensorboard (pip install wandb
tensorboard) and torch for its SummaryWriter; versions are written into expected.json.

    python tests/golden/run-logs/make.py
"""

import glob
import json
import math
import os
import shutil
import tempfile

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
here = os.path.dirname(os.path.abspath(__file__))


def write_wandb() -> dict:
    import numpy as np
    import wandb

    folder = tempfile.mkdtemp()
    run = wandb.init(
        project="assay-golden",
        name="seed-3_lpcoeff-1.5",
        group="golden",
        dir=folder,
        config={
            "seed": 3,
            "lr": 5e-4,
            "tlens_model_name": "gpt2-small",
            "saes": {"sae_positions": ["blocks.6.hook_resid_pre"]},
            "loss": {"logits_kl": {"coeff": 1.0}, "out_to_in": {"coeff": 0.0}, "in_to_orig": None},
            "train_data": {"n_ctx": 512},
        },
        settings=wandb.Settings(x_disable_stats=True, x_disable_meta=True, console="off"),
    )
    values = []
    for step in range(60):
        row = {"loss": 1 / (step + 1), "lr": 5e-4 * (1 - step / 60)}
        if step % 20 == 0:
            row["performance/eval/difference_ce_loss"] = -0.5 / (step + 1)
            row["sparsity/eval/L_0/blocks.6.hook_resid_pre"] = 80.0 - step
        if step == 30:
            row["grad_norm"] = math.nan
        if step == 40:
            row["sparsity/dict_el_frequency_hist/blocks.6.hook_resid_pre"] = wandb.Histogram(
                np.arange(10.0)
            )
        run.log(row, step=step * 4)
        values.append(row["loss"])
    run.summary["mean_grad_norm"] = 0.75
    # Longer than one block of 32 KiB, so that a record is written in fragments.
    run.summary["alive_indices"] = list(range(9000))
    run.finish()
    (path,) = glob.glob(f"{folder}/wandb/offline-run-*/run-*.wandb")
    shutil.copy(path, f"{here}/offline.wandb")
    return {"version": wandb.__version__, "loss": values}


def write_tensorboard() -> dict:
    import torch
    from torch.utils.tensorboard import SummaryWriter

    folder = tempfile.mkdtemp()
    values = {"train/loss": [], "eval/l0": []}
    with SummaryWriter(folder) as writer:
        for step in range(50):
            loss = 2.0 / (step + 1)
            writer.add_scalar("train/loss", loss, step * 10)
            values["train/loss"].append(loss)
            if step % 10 == 0:
                writer.add_scalar("eval/l0", torch.tensor(60.0 - step), step * 10, new_style=True)
                values["eval/l0"].append(60.0 - step)
        writer.add_histogram("weights", torch.arange(10.0), 0)
        writer.add_text("note", "hello", 0)
        writer.add_scalar("odd", float("nan"), 0)
        writer.add_hparams({"lr": 0.1, "seed": 4}, {"hparam/l0": 20.0}, run_name=".")
    files = sorted(glob.glob(f"{folder}/events.out.tfevents.*"))
    for old in glob.glob(f"{here}/tensorboard/*"):
        os.remove(old)
    os.makedirs(f"{here}/tensorboard", exist_ok=True)
    for number, file in enumerate(files):
        shutil.copy(file, f"{here}/tensorboard/events.out.tfevents.{1700000000 + number}.golden.1.0")
    return {"version": torch.__version__, **values}


if __name__ == "__main__":
    expected = {"wandb": write_wandb(), "tensorboard": write_tensorboard()}
    with open(f"{here}/expected.json", "w") as file:
        json.dump(expected, file, indent=1)
