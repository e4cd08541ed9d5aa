"""Loads what Assay exports in the tools themselves, and compares activations with those of the tools
whose files Assay had imported (expected/). Run it in an environment with the tool, from the repository:

    python tests/golden/dictionaries/check_exports.py saelens               (sae-lens 6.54.12)
    python tests/golden/dictionaries/check_exports.py dictionary_learning   (dictionary-learning 0.1.0)

It needs Node 24 on the PATH. Exits with 1 where a difference exceeds 1e-5 of the largest number.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def assay(*words):
    command = ["node", str(ROOT / "main/headless/index.ts"), *map(str, words), "--json"]
    answer = subprocess.run(command, capture_output=True, text=True)
    return json.loads(answer.stdout)


def saelens(folder, x):
    from sae_lens import SAE

    sae = SAE.load_from_disk(folder)
    features = sae.encode(x)
    return features, sae(x)


def dictionary_learning(folder, x):
    from dictionary_learning.utils import load_dictionary

    ae, _ = load_dictionary(folder, "cpu")
    features = ae.encode(x)
    return features, ae.decode(features)


def main(tool):
    load = {"saelens": saelens, "dictionary_learning": dictionary_learning}[tool]
    worst, loaded, refused = 0.0, 0, []
    with tempfile.TemporaryDirectory() as project:
        for expected in sorted((HERE / "expected").glob("*.safetensors")):
            golden = load_file(expected)
            for found in assay("import", HERE / expected.stem, "--project", project)["dictionaries"]:
                out = f"{project}/{found['id']}"
                answer = assay("export", found["id"], "--project", project, "--format", tool, "--out", out)
                if "error" in answer:
                    refused.append(f"{found['name']} ({found['architecture']})")
                    continue
                name = found["name"]
                with torch.no_grad():
                    results = load(out, golden[f"{name}/x"])
                for kind, result in zip(["features", "reconstruction"], results):
                    wanted = golden[f"{name}/{kind}"]
                    difference = ((result - wanted).abs().max() / max(1, wanted.abs().max())).item()
                    worst = max(worst, difference)
                    if difference > 1e-5:
                        print(f"{name}: its {kind} differ by {difference:.2e}; {answer['warnings']}")
                loaded += 1
    print(f"{tool}: {loaded} exports loaded, largest difference {worst:.2e}")
    print(f"not representable there: {', '.join(refused)}")
    return 0 if worst <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
