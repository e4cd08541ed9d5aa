"""Writes the small evaluation logs beside this script, with Inspect itself and a model that is a table.

pip install inspect_ai==0.3.285 (Python 3.11); then: python make.py
Twelve sums, two of each of six clusters (metadata `family`); the model's answers are fixed below, so
which items are right is known: bare 1-4, scratchpad 1-9, planted as bare.
 bare.eval        zstd, several frames in each member of more than 512 bytes
 scratchpad.eval  deflate, with chain of thought
 planted.eval     zstd; claims `generate` alone, but sample 3 has a block of reasoning, sample 5 a
                  redacted one, sample 7 reasoning tokens only
 scaffold.json    a solver that calls a tool; right 1-11, but sample 2 ends with an error
 unfinished.eval  bare.eval without the members that Inspect writes last
lm-eval/model-a/samples_sums_2025-01-01T00-00-00.jsonl  by hand, in the layout of lm-evaluation-harness
0.4.9 (marked so: the harness itself was not run)
"""

import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import inspect_ai._util.zipfile as inspect_zip
from inspect_ai import Task, eval as run
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageTool,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import match
from inspect_ai.solver import chain_of_thought, generate, solver
from inspect_ai.tool import ToolCall

here = Path(__file__).parent
inspect_zip._MAX_INPUT_PER_FRAME = 512


def samples():
    return MemoryDataset(
        [
            Sample(
                id=f"sum:{i}",
                input=f"What is {i} + {i * 7 % 11}?",
                target=str(i + i * 7 % 11),
                metadata={"family": f"f{(i - 1) // 2}"},
            )
            for i in range(1, 13)
        ],
        name="sums",
    )


def answer(i, right, plant=False):
    text = str(i + i * 7 % 11) if right else "-1"
    content = [ContentText(text=text)]
    usage = ModelUsage(input_tokens=10, output_tokens=2, total_tokens=12)
    if plant and i == 3:
        content.insert(0, ContentReasoning(reasoning="Three and ten make thirteen."))
    if plant and i == 5:
        content.insert(0, ContentReasoning(reasoning="c2VjcmV0", redacted=True))
    if plant and i == 7:
        usage = ModelUsage(input_tokens=10, output_tokens=66, total_tokens=76, reasoning_tokens=64)
    message = ChatMessageAssistant(content=content if len(content) > 1 else text)
    output = ModelOutput.from_message(message)
    output.usage = usage
    return output


def item(messages):
    words = next(m.text for m in messages if m.role == "user").split("What is ")[1]
    return int(words.split(" ")[0])


@solver
def calculator():
    """A scaffold of one call of a tool before the answer."""

    async def solve(state, generate):
        i = item(state.messages)
        if i == 2:
            raise RuntimeError("the tool's server is away")
        call = ToolCall(id="1", function="add", arguments={"a": i, "b": i * 7 % 11})
        state.messages += [
            ChatMessageAssistant(content="", tool_calls=[call], source="generate"),
            ChatMessageTool(content=str(i + i * 7 % 11), tool_call_id="1", function="add"),
        ]
        return await generate(state)

    return solve


def model_of(right, plant=False):
    def outputs(input, offered, choice, config):
        i = item(input)
        return answer(i, i in right, plant)

    return get_model("mockllm/table", custom_outputs=outputs, memoize=False)


def log(name, steps, right, plant=False, **kwargs):
    folder = tempfile.mkdtemp()
    task = Task(dataset=samples(), solver=steps, scorer=match(location="end"), name="sums")
    run(
        task,
        model=model_of(right, plant),
        log_dir=folder,
        display="none",
        fail_on_error=False,
        max_samples=1,
        score=True,
        **kwargs,
    )
    (found,) = Path(folder).glob("*.eval")
    shutil.move(str(found), here / name)


def clean(path):
    """Takes out of the headers what tells of the machine."""
    full = read_eval_log(str(path))
    full.eval.revision = None
    write_eval_log(full, str(path))


def deflated(path):
    with zipfile.ZipFile(path) as old:
        parts = [(info.filename, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, data in parts:
            new.writestr(part, data)


def unfinished(source, target):
    """Byte for byte as it was after the last sample: without what Inspect writes at the end."""
    last = {"header.json", "summaries.json", "reductions.json"}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", 93) as new:
        for info in old.infolist():
            if info.filename not in last:
                new.writestr(info.filename, old.read(info))


def harness():
    folder = here / "lm-eval" / "model-a"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "samples_sums_2025-01-01T00-00-00.jsonl", "w") as out:
        for i in range(6):
            for name in ["strict-match", "flexible-extract"]:
                right = i < 3 if name == "strict-match" else i < 5
                line = {
                    "doc_id": i,
                    "doc": {"question": f"What is {i} + 1?", "family": f"f{i // 2}"},
                    "target": str(i + 1),
                    "arguments": {"gen_args_0": {"arg_0": f"Q: What is {i} + 1?\nA:", "arg_1": {}}},
                    "resps": [[str(i + 1) if right else "?"]],
                    "filtered_resps": [str(i + 1) if right else "?"],
                    "filter": name,
                    "metrics": ["exact_match"],
                    "exact_match": 1.0 if right else 0.0,
                }
                out.write(json.dumps(line) + "\n")


os.environ["INSPECT_LOG_REALTIME"] = "0"
log("bare.eval", generate(), range(1, 5))
log("scratchpad.eval", [chain_of_thought(), generate()], range(1, 10))
log("planted.eval", generate(), range(1, 5), plant=True, tags=["no scratchpad"])
log("scaffold.eval", calculator(), range(1, 12))
for name in ["bare", "scratchpad", "planted", "scaffold"]:
    clean(here / f"{name}.eval")
scaffold = read_eval_log(str(here / "scaffold.eval"))
for sample in scaffold.samples:
    sample.events = []
    if sample.error:
        sample.error.traceback = sample.error.traceback_ansi = ""
    sample.error_retries = None
write_eval_log(scaffold, str(here / "scaffold.json"))
(here / "scaffold.eval").unlink()
deflated(here / "scratchpad.eval")
unfinished(here / "bare.eval", here / "unfinished.eval")
harness()
