"""Scores that were made once, kept beside the results: a file a metric, which may be deleted at any time."""

import io
from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.identity import array_hash, content_hash
from raymer.protocols.metrics import Metric
from raymer.records import UNREADABLE
from raymer.results.store import ResultStore

FORMAT = b"3"
COLUMNS = {
    "part": str,
    "mark": str,
    "target": str,
    "epoch": "int64",
    "value": "float64",
    "fits": "int64",
    "n_train": "int64",
    "n_test": "int64",
    "reducer_seconds": "float64",
    "predictor_seconds": "float64",
    "spent_seconds": "float64",
}
"""Of a row: one score of one part, the mark of the files it was made of, and what its fits say of themselves."""


def read_cache(store: ResultStore, metric: Metric) -> pd.DataFrame:
    """Return the scores that are kept of a metric: none of another revision, or from a file that was changed."""
    data = store.get_scores(metric.name)
    if data is not None:
        try:
            table = pq.read_table(pa.BufferReader(data))
            if (table.schema.metadata or {}).items() >= _mark(metric).items():
                rows: pd.DataFrame = table.select(list(COLUMNS)).to_pandas().astype(COLUMNS)
                if table.schema.metadata.get(b"content") == _content(rows):
                    return rows
        except UNREADABLE:
            pass
    return as_rows(())


def write_cache(store: ResultStore, metric: Metric, rows: pd.DataFrame) -> None:
    """Keep scores in place of those that are kept; two that write at once cost each other work, never a number."""
    table = pa.Table.from_pandas(rows[list(COLUMNS)], preserve_index=False)
    sink = io.BytesIO()
    about = {**_mark(metric), b"content": _content(rows)}
    pq.write_table(table.replace_schema_metadata(about), sink, compression="zstd")
    store.put_scores(metric.name, sink.getvalue())


def as_rows(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    """Return rows as a frame of COLUMNS; a score that is undefined is NaN there."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(COLUMNS)


def _mark(metric: Metric) -> dict[bytes, bytes]:
    return {b"format": FORMAT, b"metric": metric.name.encode(), b"revision": metric.revision.encode()}


def _content(rows: pd.DataFrame) -> bytes:
    """Return the hash of kept scores: what somebody wrote into the file is not taken for a score."""
    texts = [rows[name].tolist() for name, kind in COLUMNS.items() if kind is str]
    numbers = [rows[name].to_numpy(dtype=kind) for name, kind in COLUMNS.items() if kind is not str]
    return content_hash([*texts, array_hash(*numbers)]).encode()
