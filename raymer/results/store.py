"""ResultStore: the identity of a fit leads to its file, and what exists is never run again.

Layout of a store: `store.json` (whose results it holds), `splits/ID.json`, `fits/AB/ID.parquet` (one a fit, put in
place whole) and `failed/ID.json` (the last failure of a fit that has no result).
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raymer.errors import UsageError
from raymer.files import Files
from raymer.files import StoreError as StoreError
from raymer.results.checkpoint import Checkpoint, open_checkpoint

FORMAT = 2
METADATA_KEY = b"raymer"


@dataclass(frozen=True, eq=False)
class Result:
    """What a fit left behind.

    Attributes
    ----------
    fit : mapping
        Fit.to_dict() of the fit.
    scores : tuple of mappings
        Each {"target", "epoch", "metric", "value"}; epoch 0 where a method has none.
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
    """

    fit: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...]
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


@dataclass(frozen=True)
class Header:
    """A result without its predictions: what tables and progress need."""

    fit: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...]
    n_train: int
    n_test: int
    seconds: Mapping[str, Any]
    tuned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class ResultStore:
    """The results of one corpus, on any file system that pyarrow reaches.

    Parameters
    ----------
    location : str
        A folder, or a URI such as "s3://bucket/path".
    """

    def __init__(self, location: str) -> None:
        self._files = Files(location)
        self.location = self._files.location

    def claim(self, corpus: str, fingerprint: str, inputs: Mapping[str, str]) -> None:
        """Make the store that of a corpus, or check that it is.

        Raises
        ------
        UsageError
            When it holds results of another corpus, or of the same with other labels or features: a table made of
            both would be wrong. Nothing is written then.
        """
        ours = {"format": FORMAT, "corpus": corpus, "fingerprint": fingerprint, "inputs": dict(inputs)}
        theirs = self._record("store.json")
        if theirs is None:
            self._files.write("store.json", json.dumps(ours, indent=2).encode())
            return
        if theirs["format"] != FORMAT:
            raise UsageError(
                f"store {self.location} has format {theirs['format']}, this raymer reads {FORMAT}: run into a new store"
            )
        if (theirs["corpus"], theirs["fingerprint"]) != (corpus, fingerprint):
            raise UsageError(
                f"store {self.location} holds results of corpus {theirs['corpus']} ({theirs['fingerprint']}), "
                f"not of {corpus} ({fingerprint}): give another store"
            )
        for name, mark in inputs.items():
            if theirs["inputs"].get(name, mark) != mark:
                raise UsageError(
                    f"store {self.location} holds results on other features called {name}: give another store"
                )
        merged = {**theirs["inputs"], **inputs}
        if merged != theirs["inputs"]:
            self._files.write("store.json", json.dumps({**ours, "inputs": merged}, indent=2).encode())

    def inputs(self) -> dict[str, str]:
        """Return the names of the inputs that its fits were run on, with the fingerprints of their content."""
        record = self._record("store.json")
        return dict(record["inputs"]) if record else {}

    def done(self) -> set[str]:
        """Return the ids of all fits that have a result."""
        return {PurePosixPath(path).stem for path in self._files.names("fits") if path.endswith(".parquet")}

    def has(self, fit_id: str) -> bool:
        """Say whether a fit has a result."""
        return self._files.has(_fit_path(fit_id))

    def put(self, fit_id: str, result: Result) -> None:
        """Write the result of a fit in one piece, and forget its failure if it had one."""
        meta = {
            "format": FORMAT,
            "fit": dict(result.fit),
            "scores": [dict(score) for score in result.scores],
            "n_train": result.n_train,
            "n_test": result.n_test,
            "seconds": dict(result.seconds),
            "versions": dict(result.versions),
            **({"tuned": dict(result.tuned)} if result.tuned else {}),
        }
        table = pa.table(
            {
                "clip_id": pa.array(result.clip_ids.tolist()),
                "target": pa.array(result.targets.tolist()),
                "epoch": result.epochs,
                "true": pa.array(result.true.tolist()),
                "predicted": pa.array(result.predicted.tolist()),
            }
        ).replace_schema_metadata({METADATA_KEY: json.dumps(meta)})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", use_dictionary=["clip_id", "target"], write_statistics=False)
        self._files.write(_fit_path(fit_id), sink.getvalue().to_pybytes())
        self._files.delete(f"failed/{fit_id}.json")

    def get(self, fit_id: str) -> Result:
        """Read a result whole.

        Raises
        ------
        UsageError
            When the fit has none.
        StoreError
            When its file is damaged.
        """
        data = self._files.read(_fit_path(fit_id))
        if data is None:
            raise UsageError(f"store {self.location} has no result of fit {fit_id}")
        try:
            table = pq.read_table(pa.BufferReader(data))
            meta = json.loads(table.schema.metadata[METADATA_KEY])
        except (pa.ArrowException, OSError, KeyError, TypeError) as error:
            raise self._damaged(fit_id) from error
        return Result(
            fit=meta["fit"],
            scores=tuple(meta["scores"]),
            clip_ids=_column(table, "clip_id"),
            targets=_column(table, "target"),
            epochs=_column(table, "epoch"),
            true=_column(table, "true"),
            predicted=_column(table, "predicted"),
            n_train=meta["n_train"],
            n_test=meta["n_test"],
            seconds=meta["seconds"],
            versions=meta["versions"],
            tuned=meta.get("tuned", {}),
        )

    def header(self, fit_id: str) -> Header:
        """Read what a result says of itself, without its predictions; raises as `get` does."""
        try:
            schema = self._files.use(_fit_path(fit_id), pq.read_schema)
            if schema is None:
                raise UsageError(f"store {self.location} has no result of fit {fit_id}")
            meta = json.loads(schema.metadata[METADATA_KEY])
        except (pa.ArrowException, KeyError, TypeError) as error:
            raise self._damaged(fit_id) from error
        return Header(
            meta["fit"], tuple(meta["scores"]), meta["n_train"], meta["n_test"], meta["seconds"], meta.get("tuned", {})
        )

    def fail(self, fit_id: str, fit: Mapping[str, Any], message: str, traceback: str) -> None:
        """Record that a fit failed, and how."""
        record = {"id": fit_id, "fit": dict(fit), "message": message, "traceback": traceback}
        self._files.write(f"failed/{fit_id}.json", json.dumps(record, indent=2).encode())

    def failures(self, fit_ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the failures on record, of `fit_ids` alone where given, by id."""
        wanted = None if fit_ids is None else set(fit_ids)
        names = sorted(PurePosixPath(path).name for path in self._files.names("failed") if path.endswith(".json"))
        chosen = [name for name in names if wanted is None or name.removesuffix(".json") in wanted]
        return [record for name in chosen if (record := self._record(f"failed/{name}")) is not None]

    def put_split(self, split_id: str, record: Mapping[str, Any]) -> None:
        """Keep the clips of a split, once."""
        if self._files.read(f"splits/{split_id}.json") is None:
            self._files.write(f"splits/{split_id}.json", json.dumps(record).encode())

    def get_split(self, split_id: str) -> dict[str, Any]:
        """Return what `put_split` kept; UsageError when there is none."""
        record = self._record(f"splits/{split_id}.json")
        if record is None:
            raise UsageError(f"store {self.location} has no split {split_id}")
        return record

    def check_exists(self) -> None:
        """Raise UsageError when the location holds no store."""
        if self._files.read("store.json") is None:
            raise UsageError(f"{self.location} holds no store (store.json is missing)")

    def checkpoint(self, training_id: str) -> AbstractContextManager[Checkpoint]:
        """Return what yields the place where a long training keeps its state, so that it goes on after a kill."""
        return open_checkpoint(self._files, f"checkpoints/{training_id}.safetensors")

    def _record(self, name: str) -> dict[str, Any] | None:
        data = self._files.read(name)
        try:
            record: dict[str, Any] | None = None if data is None else json.loads(data)
        except ValueError as error:
            raise StoreError(f"store {self.location}: {name} is damaged; delete it and run again") from error
        return record

    def _damaged(self, fit_id: str) -> StoreError:
        return StoreError(f"store {self.location}: {_fit_path(fit_id)} is damaged; delete it and run again")


def _column(table: pa.Table, name: str) -> np.ndarray:
    values: np.ndarray = table[name].to_numpy()
    return values.astype(str) if values.dtype == object else values


def _fit_path(fit_id: str) -> str:
    return f"fits/{fit_id[:2]}/{fit_id}.parquet"
