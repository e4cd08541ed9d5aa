"""Takes NIST's linear sets over into nist.json and univariate ones into univariate.json, as strings.

NIST Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd/, public domain. The values
are copied, not calculated: certified estimates, standard deviations, residual standard deviation and
R-squared to 15 digits, and the data as printed.

    python extract.py FOLDER_WITH_DAT_FILES
"""

import json
import re
import sys
from pathlib import Path

SETS = {
    "Norris": 2,
    "NoInt1": 1,
    "NoInt2": 1,
    "Longley": 7,
    "Filip": 11,
    "Wampler1": 6,
    "Wampler2": 6,
    "Wampler3": 6,
    "Wampler5": 6,
}
UNIVARIATE = ["Mavro", "Lew", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3"]


def read(path, parameters):
    lines = path.read_text().splitlines()
    certified = [line.split() for line in lines if re.match(r"\s*B\d+\s+\S", line)][:parameters]
    text = "\n".join(lines)
    start = max(i for i, line in enumerate(lines) if re.match(r"\s*Data:\s+y", line)) + 1
    return {
        "estimates": [row[1] for row in certified],
        "se": [row[2] for row in certified],
        "residualSd": re.search(r"Standard Deviation\s+(\S+)\s*\n\s*\n?\s*R-Squared", text).group(1),
        "r2": re.search(r"R-Squared\s+(\S+)", text).group(1),
        "rows": [line.split() for line in lines[start:] if line.strip()],
    }


def read_univariate(path):
    text = path.read_text()
    certified = re.findall(r"(?m)^(?:Sample|1-)[^:]*:\s+(-?[\d.E+]+)|r\(1\):?\s+(-?[\d.E+-]+)", text)
    values = [first or second for first, second in certified]
    lines = text[text.rindex("Data:") :].splitlines()[2:]
    return {
        "mean": values[0],
        "sd": values[1],
        "autocorrelation": values[-1],
        "values": [line.strip() for line in lines if line.strip()],
    }


folder = Path(sys.argv[1])
here = Path(__file__).parent
univariate = {name: read_univariate(folder / f"{name}.dat") for name in UNIVARIATE}
(here / "univariate.json").write_text(json.dumps(univariate) + "\n")
result = {name: read(folder / f"{name}.dat", parameters) for name, parameters in SETS.items()}
lines = []
for name, entry in result.items():
    rows = ",\n      ".join(json.dumps(row) for row in entry.pop("rows"))
    head = ",\n    ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items())
    lines.append(f'  "{name}": {{\n    {head},\n    "rows": [\n      {rows}\n    ]\n  }}')
(here / "nist.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
