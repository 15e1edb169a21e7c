"""ResultStore: the identity of a fit leads to its file, and what exists is never run again.

Layout of a store: `store.json` (whose results it holds), `splits/ID.json`, `fits/AB/ID.parquet` (one a fit, put in
place whole), `failed/ID.json` (the last failure of a fit that has no result) and `scores/METRIC.parquet` (what was
made of the results, to be read quickly: it may be deleted).
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Any

from raymer.errors import UsageError
from raymer.files import Files
from raymer.files import StoreError as StoreError
from raymer.results.checkpoint import Checkpoint, open_checkpoint
from raymer.results.result import FORMAT, UNREADABLE, Header, Result, pack, read_header, unpack


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
        self._check_format(theirs)
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

    def marks(self) -> dict[str, str]:
        """Return the ids of all fits that have a result, each with a mark that is another once its file is written."""
        return {
            PurePosixPath(path).stem: mark
            for path, mark in self._files.marks("fits").items()
            if path.endswith(".parquet")
        }

    def has(self, fit_id: str) -> bool:
        """Say whether a fit has a result."""
        return self._files.has(_fit_path(fit_id))

    def put(self, fit_id: str, result: Result) -> None:
        """Write the result of a fit in one piece, and forget its failure if it had one."""
        self._files.write(_fit_path(fit_id), pack(result))
        self._files.delete(f"failed/{fit_id}.json")

    def get(self, fit_id: str) -> Result:
        """Read a result whole.

        Raises
        ------
        UsageError
            When the fit has none, or one of another format.
        StoreError
            When its file is damaged.
        """
        data = self._files.read(_fit_path(fit_id))
        if data is None:
            raise UsageError(f"store {self.location} has no result of fit {fit_id}")
        try:
            return unpack(data)
        except UNREADABLE as error:
            raise self._damaged(fit_id) from error

    def header(self, fit_id: str) -> Header:
        """Read what a result says of itself, without its predictions; raises as `get` does."""
        try:
            header = self._files.use(_fit_path(fit_id), read_header)
        except UNREADABLE as error:
            raise self._damaged(fit_id) from error
        if header is None:
            raise UsageError(f"store {self.location} has no result of fit {fit_id}")
        return header

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

    def put_scores(self, metric: str, data: bytes) -> None:
        """Keep the scores of a metric, in place of those before; a store that cannot be written keeps none."""
        with contextlib.suppress(StoreError):
            self._files.write(_scores_path(metric), data)

    def get_scores(self, metric: str) -> bytes | None:
        """Return what `put_scores` kept, or None."""
        return self._files.read(_scores_path(metric))

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
        """Raise UsageError when the location holds no store, or one of another format."""
        record = self._record("store.json")
        if record is None:
            raise UsageError(f"{self.location} holds no store (store.json is missing)")
        self._check_format(record)

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

    def _check_format(self, record: Mapping[str, Any]) -> None:
        if record["format"] != FORMAT:
            raise UsageError(
                f"store {self.location} has format {record['format']}, this raymer reads {FORMAT}: run into a new store"
            )

    def _damaged(self, fit_id: str) -> StoreError:
        return StoreError(f"store {self.location}: {_fit_path(fit_id)} is damaged; delete it and run again")


def _scores_path(metric: str) -> str:
    return f"scores/{metric.replace(':', '.')}.parquet"


def _fit_path(fit_id: str) -> str:
    return f"fits/{fit_id[:2]}/{fit_id}.parquet"
