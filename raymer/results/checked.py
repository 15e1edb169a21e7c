"""Which results have been seen to be those of the fits that they are named after, so that none is looked at twice."""

import contextlib
import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from raymer.files import Files, StoreError
from raymer.records import UNREADABLE

NAME = "checked.parquet"


def read_checked(files: Files) -> dict[str, str]:
    """Return the ids that were seen with the marks that their files had then; none from a damaged file."""
    data = files.read(NAME)
    if data is None:
        return {}
    try:
        table = pq.read_table(pa.BufferReader(data))
        return dict(zip(table["fit"].to_pylist(), table["mark"].to_pylist(), strict=True))
    except UNREADABLE:
        return {}


def write_checked(files: Files, marks: Mapping[str, str]) -> None:
    """Keep what was seen; a store that cannot be written keeps nothing."""
    table = pa.table({"fit": pa.array(list(marks), pa.string()), "mark": pa.array(list(marks.values()), pa.string())})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    with contextlib.suppress(StoreError):
        files.write(NAME, sink.getvalue())
