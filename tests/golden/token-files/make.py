"""
The same 60 rows of 12 token ids (below 40) in every format, and 50 short texts, as NumPy, pyarrow and
safetensors write them, for tests/unit/formats/token-file.test.ts. Ids must agree exactly.

Made with Python 3.11, numpy 2.4, pyarrow 26.0, safetensors 0.8:  python make.py
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

here = Path(__file__).parent
ids = np.random.default_rng(1).integers(0, 40, (60, 12))

for dtype in ("int32", "int64", "uint16"):
    save_file({"input_ids": ids.astype(dtype)}, here / f"{dtype}.safetensors")
    np.save(here / f"{dtype}.npy", ids.astype(dtype))
save_file({"input_ids": ids[:25].astype("int32")}, here / "shards/0.safetensors")
save_file({"input_ids": ids[25:].astype("uint16")}, here / "shards/1.safetensors")
with open(here / "ids.jsonl", "w") as file:
    for row in ids:
        file.write(json.dumps({"id": 1, "input_ids": row.tolist()}) + "\n")

small = {"snappy": pa.int32(), "zstd": pa.int64(), "gzip": pa.uint16(), "none": pa.int32()}
for codec, kind in small.items():
    table = pa.table({"n": range(60), "input_ids": pa.array(ids.tolist(), pa.list_(kind))})
    pq.write_table(table, here / f"{codec}.parquet", compression=codec, row_group_size=17)
pq.write_table(
    pa.table({"input_ids": pa.array(ids.tolist(), pa.list_(pa.int32()))}),
    here / "pages.parquet",
    data_page_version="2.0",
    data_page_size=128,
)
texts = [f"Text {n}: café 😀\nof two lines." if n % 7 else "" for n in range(50)]
pq.write_table(pa.table({"text": texts}), here / "text.parquet", row_group_size=20)
