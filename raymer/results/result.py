"""What a fit leaves behind, and the one Parquet file that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from raymer.errors import RaymerError, UsageError
from raymer.identity import array_hash, content_hash, fit_identity
from raymer.records import (
    Fits,
    Record,
    check_columns,
    is_float,
    is_text,
    is_whole_number,
    metadata,
    read_record,
    to_json,
)

FORMAT = 3
METADATA_KEY = b"raymer"
REMEDY = "delete it and run again"
_NEW_STORE = "run into a new store"

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class _Spent(Record):
    reducer: Seconds
    predictor: Seconds
    shared: bool


class _Meta(Record):
    """What stands in the file beside its columns; `content` is the hash of these, `head` that of all else here.

    Both are None in files of before there were.
    """

    format: int
    fit: dict[str, Any]
    n_train: Count
    n_test: Count
    seconds: _Spent
    versions: dict[str, str]
    tuned: dict[str, dict[str, Any]]
    classes: tuple[str, ...]
    content: str | None = None
    head: str | None = None

    def hashed(self) -> str:
        """Return the hash of all fields but `head`."""
        return content_hash(self.model_dump(mode="json", exclude={"head"}))


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
    meta = _Meta(
        format=FORMAT,
        fit=dict(result.fit),
        n_train=result.n_train,
        n_test=result.n_test,
        seconds=_Spent.model_validate(dict(result.seconds)),
        versions=dict(result.versions),
        tuned={target: dict(values) for target, values in result.tuned.items()},
        classes=tuple(result.classes),
        content=content_of(result),
    )
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
    said = {**meta.model_dump(mode="json"), "head": meta.hashed()}
    table = pa.table(columns).replace_schema_metadata({METADATA_KEY: to_json(said)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=["clip_id", "target"], write_statistics=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def content_of(result: Result) -> str:
    """Return the hash of all that is predicted in a result, and of what was true."""
    texts = [result.clip_ids.tolist(), result.targets.tolist(), list(result.classes)]
    values: list[Any] = [result.true.tolist(), result.predicted.tolist()]
    if result.true.dtype.kind == "f":
        values = [array_hash(result.true, result.predicted)]
    table = () if result.probabilities is None else (result.probabilities.astype(np.float64),)
    return content_hash([*texts, *values, array_hash(result.epochs.astype(np.int32), *table)])


def unpack(data: bytes, fit_id: str, where: str) -> Result:
    """Return the result that `pack` wrote, of the fit `fit_id`; `where` is what errors call its file.

    Raises
    ------
    UNREADABLE
        Where the file is no Parquet.
    UsageError
        For a file of another format.
    RaymerError
        Where what it holds does not fit: a column, a field, another fit's result, other predictions than were written.
    """
    # Not pq.read_table: to look for a dataset in one small file costs seven times what reading it does.
    table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
    meta = _meta(table.schema, fit_id, where)
    _check_table(table, meta, where)
    result = Result(
        fit=meta.fit,
        clip_ids=_column(table, "clip_id"),
        targets=_column(table, "target"),
        epochs=_column(table, "epoch"),
        true=_column(table, "true"),
        predicted=_column(table, "predicted"),
        n_train=meta.n_train,
        n_test=meta.n_test,
        seconds=meta.seconds.model_dump(),
        versions=meta.versions,
        tuned=meta.tuned,
        classes=meta.classes,
        probabilities=_probabilities(table, len(meta.classes)),
    )
    if meta.content is not None and content_of(result) != meta.content:
        raise RaymerError(f"{where} was changed after it was written (its content does not fit): {REMEDY}")
    return result


def read_header(file: pa.NativeFile, fit_id: str, where: str) -> Header:
    """Return the header of a result in an open file; raises as `unpack` does."""
    meta = _meta(pq.read_schema(file), fit_id, where)
    seconds = meta.seconds.model_dump()
    return Header(meta.fit, meta.n_train, meta.n_test, seconds, meta.versions, meta.tuned)


def _meta(schema: pa.Schema, fit_id: str, where: str) -> _Meta:
    said = metadata(schema, METADATA_KEY, where, REMEDY)
    meta = read_record(_Meta, said, where, REMEDY)
    if meta.format != FORMAT:
        raise UsageError(f"{where} has format {meta.format}, this raymer reads {FORMAT}: {_NEW_STORE}")
    if (found := fit_identity(meta.fit)) != fit_id:
        raise RaymerError(f"{where} holds the result of fit {found}, not of the fit it is named after: {REMEDY}")
    if meta.head is not None and meta.hashed() != meta.head:
        raise RaymerError(f"{where} was changed after it was written (its header does not fit): {REMEDY}")
    return meta


def _check_table(table: pa.Table, meta: _Meta, where: str) -> None:
    is_class = is_text(table.schema.field("true").type) if "true" in table.column_names else False
    value = is_text if is_class else is_float
    wanted: dict[str, Fits] = {"clip_id": is_text, "target": is_text, "epoch": is_whole_number}
    wanted |= {"true": value, "predicted": value}
    has_table = "probabilities" in table.column_names
    if has_table:
        wanted["probabilities"] = pa.types.is_fixed_size_list
        if getattr(table.schema.field("probabilities").type, "list_size", None) != len(meta.classes):
            raise RaymerError(f"{where}: probabilities of another number of classes than it names: {REMEDY}")
    check_columns(table.schema, wanted, where, REMEDY)
    empty = next((name for name in wanted if table[name].null_count), None)
    if empty is not None:
        raise RaymerError(f"{where}: column {empty} has an empty cell: {REMEDY}")
    if not is_class and not all(np.isfinite(table[name].to_numpy()).all() for name in ("true", "predicted")):
        raise RaymerError(f"{where}: a label or a prediction is no finite number: {REMEDY}")


def _column(table: pa.Table, name: str) -> np.ndarray:
    values: np.ndarray = table[name].to_numpy()
    return values.astype(str) if values.dtype == object else values


def _probabilities(table: pa.Table, n_classes: int) -> np.ndarray | None:
    if "probabilities" not in table.column_names:
        return None
    flat: np.ndarray = table["probabilities"].combine_chunks().flatten().to_numpy()
    return flat.reshape(len(table), n_classes)
