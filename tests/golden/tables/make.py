"""Writes mixed.parquet and mixed.csv, the same table twice (pyarrow 26, zstd and a dictionary).

    python make.py
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

HERE = Path(__file__).parent
table = pa.table({
    "y": pa.array([1.5, None, 3.25, 0.1, 1e-7], pa.float64()),
    "count": pa.array([1, 2, None, 4, 2**40], pa.int64()),
    "flag": pa.array([True, None, False, True, False]),
    "group": pa.array(["b", "a", None, "a", "b"]).dictionary_encode(),
    "code": pa.array(["7", "x", "9", None, "1"]),
})
with_lists = table.append_column("lists", pa.array([[1], [2], [3], None, [5, 6]]))
pq.write_table(with_lists, HERE / "mixed.parquet", compression="zstd", row_group_size=2)
pc.write_csv(table.set_column(3, "group", table["group"].cast(pa.string())), HERE / "mixed.csv")
