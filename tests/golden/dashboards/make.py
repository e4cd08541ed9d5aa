"""A small dashboard as SAEDashboard's own classes write it, and its conversion by SAEDashboard's own exporter
to Neuronpedia's layout. The numbers are made here: a run of the tool needs a model.

    git clone https://github.com/jbloomAus/SAEDashboard && cd SAEDashboard && git checkout db4839a (0.8.0)
    pip install numpy orjson
    python tests/golden/dashboards/make.py SAEDashboard

Only two modules are loaded, by path: the others need torch and a model.
"""

import gzip
import importlib.util
import json
import os
import random
import shutil
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))


def load(root: str, name: str):
    path = f"{root}/sae_dashboard/neuronpedia/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


dashboard = load(sys.argv[1], "neuronpedia_dashboard")
exporter = load(sys.argv[1], "neuronpedia_export")
random.seed(11)
WORDS = ["<|endoftext|>", " the", " cat", "sat", " on", " mat", ".", " a", " dog", "\u00e9", "\u4e2d", '"', "\\", "\n"]
PROMPTS = [[random.choice(WORDS) for _ in range(12)] for _ in range(9)]


def example(group, value, prompt, at):
    low, high, contains = group
    values = [0.0] * 12
    values[at] = value
    values[(at + 3) % 12] = round(value / 4, 5)
    return dashboard.NeuronpediaDashboardActivation(
        bin_min=low, bin_max=high, bin_contains=contains, tokens=PROMPTS[prompt], values=values, qualifying_token_index=at
    )


def feature(index):
    largest = 2.0 + index
    bars = [round((i + 0.5) * largest / 10, 5) for i in range(10)]
    heights = [40 - 4 * i + index for i in range(10)]
    made = dashboard.NeuronpediaDashboardFeature(
        feature_index=index,
        neg_str=[" no", " not", " none"],
        neg_values=[-1.5, -1.25, -10000],
        pos_str=[" yes", " sure"],
        pos_values=[2.5, 1.25],
        frac_nonzero=round(sum(heights) / 4096, 5),
        freq_hist_data_bar_values=bars,
        freq_hist_data_bar_heights=heights,
        n_prompts_total=256,
        n_tokens_in_prompt=16,
        dataset="golden/text",
        decoder_weights_dist=[0.5, 0.5],
        vector=[0.6, 0.8],
    )
    top = (-1, round(largest, 3), -1)
    made.activations = [example(top, round(largest * (1 - 0.02 * i), 5), i, i + 2) for i in range(3)]
    for band in range(4, -1, -1):
        low, high = largest * band / 5, largest * (band + 1) / 5
        share = 0.98 if band == 0 else 0.01
        made.activations.append(example((round(low, 3), round(high, 3), share), round((low + high) / 2, 5), band + 3, 5))
    return made


def main():
    shutil.rmtree(f"{here}/saedashboard", ignore_errors=True)
    shutil.rmtree(f"{here}/neuronpedia", ignore_errors=True)
    os.makedirs(f"{here}/saedashboard")
    for number, (layer, indices) in enumerate([(6, [0, 1]), ("6", [3, 4])]):
        batch = dashboard.NeuronpediaDashboardBatch(model_id="gpt2-small", layer=layer, sae_set="res-golden")
        batch.features = [feature(index) for index in indices]
        with open(f"{here}/saedashboard/batch-{number}.json", "w") as file:
            json.dump(batch.to_dict(), file)
    with open(f"{here}/saedashboard/skipped_indexes.json", "w") as file:
        skipped = {"model_id": "gpt2-small", "layer": "6", "sae_set": "res-golden", "log_sparsity": -5, "skipped_indexes": [2, 6]}
        json.dump(skipped, file)
    out = tempfile.mkdtemp()
    source = exporter.export_neuronpedia_dashboards(
        exporter.NeuronpediaExportConfig(
            saedashboard_output_dir=f"{here}/saedashboard",
            exports_dir=out,
            creator_name="Golden",
            creator_id="golden",
            release_id="golden",
            release_title="Golden",
            url="https://example.org",
            model_name="gpt2-small",
            neuronpedia_source_set_id="res-golden",
            neuronpedia_source_set_description="Golden",
            hf_weights_repo_id="golden/golden",
            hf_weights_path="a/b",
            hook_point="hook_resid_pre",
            layer_num=6,
            prompts_huggingface_dataset_path="golden/text",
            n_prompts_total=256,
            n_tokens_in_prompt=16,
        )
    )
    shutil.copytree(source, f"{here}/neuronpedia")
    # The exporter writes none: as db_models/explanation.py of neuronpedia-utils has them.
    os.makedirs(f"{here}/neuronpedia/explanations")
    rows = [
        {"id": "a", "modelId": "gpt2-small", "layer": "6-res-golden", "index": "3", "description": "cats\u0000", "authorId": "me", "typeName": "oai_token-act-pair", "explanationModelName": "gpt-4o-mini", "createdAt": "2024-05-01T10:00:00.000Z"},
        {"id": "b", "modelId": "gpt2-small", "layer": "6-res-golden", "index": "3", "description": "cats and mats", "authorId": "me", "createdAt": "2024-06-01T10:00:00.000Z"},
    ]
    with gzip.open(f"{here}/neuronpedia/explanations/batch-0.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


main()
