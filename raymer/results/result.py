"""What a fit leaves behind, and the one Parquet file that holds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.errors import UsageError

FORMAT = 3
METADATA_KEY = b"raymer"
UNREADABLE = (pa.ArrowException, OSError, KeyError, TypeError, ValueError)
"""What reading a damaged file raises."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a fit left behind.

    Attributes
    ----------
    fit : mapping
        Fit.to_dict() of the fit.
    clip_ids, targets : ndarray of shape (n_predictions,), str
    epochs : ndarray of shape (n_predictions,), int32
    true, predicted : ndarray of shape (n_predictions,)
        float64 in the target's own unit, or the names of classes. A prediction a test clip, target and scored epoch.
    n_train, n_test : int
        Clips.
    seconds : mapping
        "reducer" (training of the scaler and reducer, shared or not), "predictor", and "shared": whether another fit
        of the same unit has paid for the reducer.
    versions : mapping
        Of Python and the libraries that took part.
    tuned : mapping of target to mapping
        The values chosen inside the fit, {"step.parameter": value}; empty where nothing is tuned.
    classes : tuple of str
        The class of each column of `probabilities`: those that the train part had, sorted. Empty where there are none.
    probabilities : ndarray of shape (n_predictions, n_classes), float64, or None
        Beside `predicted`, where the predictor has them; a result of classes has one target.
    """

    fit: Mapping[str, Any]
    clip_ids: np.ndarray
    targets: np.ndarray
    epochs: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    n_train: int
    n_test: int
    seconds: Mapping[str, Any]
    versions: Mapping[str, str]
    tuned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    probabilities: np.ndarray | None = None


@dataclass(frozen=True)
class Header:
    """A result without its predictions: what it says of itself."""

    fit: Mapping[str, Any]
    n_train: int
    n_test: int
    seconds: Mapping[str, Any]
    versions: Mapping[str, str]
    tuned: Mapping[str, Mapping[str, Any]]


def pack(result: Result) -> bytes:
    """Return the file of a result."""
    meta = {
        "format": FORMAT,
        "fit": dict(result.fit),
        "n_train": result.n_train,
        "n_test": result.n_test,
        "seconds": dict(result.seconds),
        "versions": dict(result.versions),
        "tuned": dict(result.tuned),
        "classes": list(result.classes),
    }
    columns = {
        "clip_id": pa.array(result.clip_ids.tolist()),
        "target": pa.array(result.targets.tolist()),
        "epoch": result.epochs,
        "true": pa.array(result.true.tolist()),
        "predicted": pa.array(result.predicted.tolist()),
    }
    if result.probabilities is not None:
        flat = pa.array(result.probabilities.astype(np.float64).ravel())
        columns["probabilities"] = pa.FixedSizeListArray.from_arrays(flat, len(result.classes))
    table = pa.table(columns).replace_schema_metadata({METADATA_KEY: json.dumps(meta)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=["clip_id", "target"], write_statistics=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def unpack(data: bytes) -> Result:
    """Return the result that `pack` wrote.

    Raises
    ------
    UNREADABLE
        Where the file is damaged.
    UsageError
        For a file of another format.
    """
    table = pq.read_table(pa.BufferReader(data))
    meta = _meta(table.schema)
    return Result(
        fit=meta["fit"],
        clip_ids=_column(table, "clip_id"),
        targets=_column(table, "target"),
        epochs=_column(table, "epoch"),
        true=_column(table, "true"),
        predicted=_column(table, "predicted"),
        n_train=meta["n_train"],
        n_test=meta["n_test"],
        seconds=meta["seconds"],
        versions=meta["versions"],
        tuned=meta["tuned"],
        classes=tuple(meta["classes"]),
        probabilities=_probabilities(table, len(meta["classes"])),
    )


def read_header(file: pa.NativeFile) -> Header:
    """Return the header of a result in an open file; raises as `unpack` does."""
    meta = _meta(pq.read_schema(file))
    return Header(meta["fit"], meta["n_train"], meta["n_test"], meta["seconds"], meta["versions"], meta["tuned"])


def _meta(schema: pa.Schema) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(schema.metadata[METADATA_KEY])
    if meta["format"] != FORMAT:
        raise UsageError(f"the result has format {meta['format']}, this raymer reads {FORMAT}: run into a new store")
    return meta


def _column(table: pa.Table, name: str) -> np.ndarray:
    values: np.ndarray = table[name].to_numpy()
    return values.astype(str) if values.dtype == object else values


def _probabilities(table: pa.Table, n_classes: int) -> np.ndarray | None:
    if "probabilities" not in table.column_names:
        return None
    flat: np.ndarray = table["probabilities"].combine_chunks().flatten().to_numpy()
    return flat.reshape(len(table), n_classes)
