"""ResultStore: the identity of a fit leads to its file, and what exists is never run again.

Layout of a store: `store.json` (whose results it holds), `splits/ID.json`, `fits/AB/ID.parquet` (one a fit, put in
place whole), `failed/ID.json` (the last failure of a fit that has no result) and `scores/METRIC.parquet` (what was
made of the results, to be read quickly: it may be deleted), `checked.parquet` (which results have been seen to be
those of the fits that they are named after: it may be deleted too), `lock` (empty: by it runs at once know what the
others are at).
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from raymer.errors import RaymerError, UsageError
from raymer.files import Files
from raymer.files import StoreError as StoreError
from raymer.protocols.splits import Split, SplitRecord
from raymer.records import Record, read_record, to_json, whole
from raymer.results.checked import read_checked, write_checked
from raymer.results.checkpoint import Checkpoint, open_checkpoint
from raymer.results.result import FORMAT, REMEDY, Header, Result, pack, read_header, unpack

ENDING = ".parquet"

_CLEAR = "run into a new store"


class _StoreRecord(Record):
    """store.json: whose results these are, and the fingerprints of the inputs that they were made on."""

    format: int
    corpus: str
    fingerprint: str
    inputs: dict[str, str]


class _Failure(Record):
    """failed/ID.json: the last failure of a fit."""

    id: str
    fit: dict[str, Any]
    message: str
    traceback: str


class ResultStore:
    """The results of one corpus, on any file system that pyarrow reaches.

    Parameters
    ----------
    location : str
        A folder, or a URI such as "s3://bucket/path".
    has_answered : bool
        Whether it has answered another process of the run: an outage is waited out then, however this one begins.
    """

    def __init__(self, location: str, *, has_answered: bool = False) -> None:
        self._files = Files(location, has_answered=has_answered)
        self.location = self._files.location

    def claim(self, corpus: str, fingerprint: str, inputs: Mapping[str, str]) -> None:
        """Make the store that of a corpus, or check that it is.

        Raises
        ------
        UsageError
            When it holds results of another corpus, or of the same with other labels or features: a table made of
            both would be wrong. Nothing is written then.
        """
        ours = _StoreRecord(format=FORMAT, corpus=corpus, fingerprint=fingerprint, inputs=dict(inputs))
        theirs = self._about()
        if theirs is None:
            self._claim(ours)
            return
        if (theirs.corpus, theirs.fingerprint) != (corpus, fingerprint):
            raise UsageError(
                f"store {self.location} holds results of corpus {theirs.corpus} ({theirs.fingerprint}), "
                f"not of {corpus} ({fingerprint}): give another store"
            )
        for name, mark in inputs.items():
            if theirs.inputs.get(name, mark) != mark:
                raise UsageError(
                    f"store {self.location} holds results on other features called {name}: give another store"
                )
        merged = {**theirs.inputs, **inputs}
        if merged != theirs.inputs:
            self._claim(ours.model_copy(update={"inputs": merged}))

    def _claim(self, record: _StoreRecord) -> None:
        self._files.write("store.json", to_json(record.model_dump(mode="json"), indent=2).encode())

    def _about(self) -> _StoreRecord | None:
        data = self._files.read("store.json")
        where = f"{self.location}/store.json"
        return None if data is None else read_record(_StoreRecord, data, where, _CLEAR, reads=FORMAT, error=UsageError)

    def owner(self) -> tuple[str, str] | None:
        """Return the corpus whose results these are, and its fingerprint; None where there is no store."""
        record = self._about()
        return None if record is None else (record.corpus, record.fingerprint)

    def inputs(self) -> dict[str, str]:
        """Return the names of the inputs that its fits were run on, with the fingerprints of their content."""
        record = self._about()
        return dict(record.inputs) if record else {}

    def done(self) -> set[str]:
        """Return the ids of all fits that have a result."""
        return set(_ids(self._files.names("fits"), ENDING))

    def marks(self) -> dict[str, str]:
        """Return the ids of all fits that have a result, each with a mark that is another once its file is written."""
        marks = {name: mark for name, mark in self._files.marks("fits").items() if name.endswith(ENDING)}
        return dict(zip(_ids(marks, ENDING), marks.values(), strict=True))

    def foreign(self, marks: Mapping[str, str]) -> dict[str, str]:
        """Return the ids whose file is damaged or holds another fit's result, each with the line that says so.

        Only headers are read, and those of files that were seen before and not written since are not read again.

        Parameters
        ----------
        marks : mapping
            What `marks` returns: where a hundred thousand files lie, looking for them is most of the work.
        """
        seen = read_checked(self._files)
        found = {}
        for fit_id, mark in marks.items():
            if seen.get(fit_id) == mark:
                continue
            try:
                self.header(fit_id)
            except RaymerError as error:
                found[fit_id] = str(error)
        sound = {fit_id: mark for fit_id, mark in marks.items() if fit_id not in found}
        if sound != seen:
            write_checked(self._files, sound)
        return found

    def where(self, fit_id: str) -> str:
        """Return what messages call the file of a fit."""
        return f"store {self.location}: {_fit_path(fit_id)}"

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
        with self._reading(fit_id) as where:
            return unpack(data, fit_id, where)

    def header(self, fit_id: str) -> Header:
        """Read what a result says of itself, without its predictions; raises as `get` does."""
        with self._reading(fit_id) as where:
            header = self._files.use(_fit_path(fit_id), lambda file: read_header(file, fit_id, where))
        if header is None:
            raise UsageError(f"store {self.location} has no result of fit {fit_id}")
        return header

    @contextlib.contextmanager
    def _reading(self, fit_id: str) -> Iterator[str]:
        """Yield what a fit's file is called, and turn what does not fit in it into StoreError."""
        where = self.where(fit_id)
        try:
            with whole(where, REMEDY, StoreError):
                yield where
        except (StoreError, UsageError):
            raise
        except RaymerError as error:
            raise StoreError(str(error)) from error

    def fail(self, fit_id: str, fit: Mapping[str, Any], message: str, traceback: str) -> None:
        """Record that a fit failed, and how."""
        record = _Failure(id=fit_id, fit=dict(fit), message=message, traceback=traceback)
        self._files.write(f"failed/{fit_id}.json", to_json(record.model_dump(mode="json"), indent=2).encode())

    def failures(self, fit_ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the failures on record, of `fit_ids` alone where given, by id; StoreError for one that is damaged."""
        wanted = None if fit_ids is None else set(fit_ids)
        chosen = [name for name in self.failed() if wanted is None or name in wanted]
        return [record.model_dump() for name in chosen if (record := self._failure(name)) is not None]

    def failed(self) -> list[str]:
        """Return the ids of all fits that have a failure on record."""
        return sorted(_ids(self._files.names("failed"), ".json"))

    def _failure(self, fit_id: str) -> _Failure | None:
        data = self._files.read(f"failed/{fit_id}.json")
        if data is None:
            return None
        where = f"store {self.location}: failed/{fit_id}.json"
        record = read_record(_Failure, data, where, REMEDY, error=StoreError)
        if record.id != fit_id:
            raise StoreError(f"{where} is of fit {record.id}, not of the fit it is named after: {REMEDY}")
        return record

    def put_scores(self, metric: str, data: bytes) -> None:
        """Keep the scores of a metric, in place of those before; a store that cannot be written keeps none."""
        with contextlib.suppress(StoreError):
            self._files.write(_scores_path(metric), data)

    def get_scores(self, metric: str) -> bytes | None:
        """Return what `put_scores` kept, or None."""
        return self._files.read(_scores_path(metric))

    def put_split(self, split: Split) -> None:
        """Keep the clips of a split, once."""
        if self._files.read(f"splits/{split.id}.json") is None:
            self._files.write(f"splits/{split.id}.json", to_json(split.to_record()).encode())

    def get_split(self, split_id: str) -> Split:
        """Return what `put_split` kept.

        Raises
        ------
        UsageError
            When there is none.
        StoreError
            When its file is damaged, or holds another split.
        """
        data = self._files.read(f"splits/{split_id}.json")
        if data is None:
            raise UsageError(f"store {self.location} has no split {split_id}")
        where = f"store {self.location}: splits/{split_id}.json"
        split = Split.from_record(read_record(SplitRecord, data, where, REMEDY, error=StoreError).model_dump())
        if split.id != split_id:
            raise StoreError(f"{where} holds another split than it is named after: {REMEDY}")
        return split

    def splits(self) -> list[str]:
        """Return the ids of all splits that are kept."""
        return sorted(_ids(self._files.names("splits"), ".json"))

    def check_exists(self) -> None:
        """Raise UsageError when the location holds no store, or one of another format."""
        if self._about() is None:
            raise UsageError(f"{self.location} holds no store (store.json is missing)")

    def alone(self, training_id: str) -> AbstractContextManager[None]:
        """Return what keeps other processes from a training meanwhile, so that two runs at once do nothing twice."""
        return self._files.alone(f"training {training_id}")

    def checkpoint(self, training_id: str) -> AbstractContextManager[Checkpoint]:
        """Return what yields the place where a long training keeps its state, so that it goes on after a kill."""
        return open_checkpoint(self._files, f"checkpoints/{training_id}.safetensors")


def _scores_path(metric: str) -> str:
    return f"scores/{metric.replace(':', '.')}.parquet"


def _ids(names: Iterable[str], ending: str) -> Iterator[str]:
    """Yield what the files are named after that end so: by hand, since a Path takes twenty times as long."""
    return (name[name.rfind("/") + 1 : -len(ending)] for name in names if name.endswith(ending))


def _fit_path(fit_id: str) -> str:
    return f"fits/{fit_id[:2]}/{fit_id}{ENDING}"
