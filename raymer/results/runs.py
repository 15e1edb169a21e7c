"""What a run says of itself while it goes on, kept in the store: `runs/ID.json`, and a line a fit in `runs/ID/`.

Both are written by the driver every few seconds, each in one put, so anyone who can read the store can see how far a
run is. They are for people: no result hangs on them.
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from typing_extensions import TypedDict

from raymer.files import Files, StoreError
from raymer.records import STRICT, read_record

REMEDY = "delete it: no result hangs on it"
State = Literal["running", "finished", "failed", "stopped"]
SILENT_SECONDS = 60.0
"""A running run that has said nothing for so long is taken for dead."""


class Working(TypedDict):
    """What a worker is at: where it runs, the fit and its method, how many fits it has taken, and since when."""

    node: str
    pid: int
    fit: str
    method: str
    fits: int
    seconds: float


@dataclass(frozen=True)
class RunRecord:
    """How far a run was when it last said so.

    Attributes
    ----------
    id, name, state : str
        `state` is "running", "finished", "failed" or "stopped".
    started, updated : float
        Seconds since 1970.
    planned, reused, done, failed, running : int
        Fits: asked for, found done, done by this run, failed in it, and in flight.
    reason : str
        Why it was stopped; else empty.
    workers : tuple of mappings
        Who runs what.
    """

    __pydantic_config__ = STRICT

    id: str
    name: str
    state: State
    started: float
    updated: float
    planned: int
    reused: int
    done: int = 0
    failed: int = 0
    running: int = 0
    reason: str = ""
    workers: tuple[Working, ...] = ()

    @classmethod
    def begin(cls, name: str, planned: int, reused: int) -> "RunRecord":
        """Return the record of a run that starts now; ids sort by time."""
        now = time.time()
        name_of_now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        return cls(f"{name_of_now}-{uuid.uuid4().hex[:6]}", name, "running", now, now, planned, reused)

    @property
    def missing(self) -> int:
        """Fits that have neither a result nor a failure."""
        return self.planned - self.reused - self.done - self.failed

    @property
    def rate(self) -> float:
        """Fits a second since the start."""
        return (self.done + self.failed) / max(self.updated - self.started, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at this rate; None before the first fit."""
        return self.missing / self.rate if self.rate > 0 else None

    def state_at(self, now: float) -> str:
        """Return the state as it looks at time `now`: a run that fell silent is "lost"."""
        return "lost" if self.state == "running" and now - self.updated > SILENT_SECONDS else self.state

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {**asdict(self), "workers": [{**worker} for worker in self.workers]}


def put_run(files: Files, record: RunRecord) -> None:
    """Write the record of a run over the one before."""
    files.write(f"runs/{record.id}.json", json.dumps(record.to_record()).encode())


def read_runs(files: Files, last: int = 1) -> list[RunRecord]:
    """Return the `last` runs of a store, the latest first."""
    names = [name for name in files.sizes("runs") if name.endswith(".json") and name.count("/") == 1]
    return [
        read_record(RunRecord, text, f"store {files.location}: {name}", REMEDY, error=StoreError)
        for name in sorted(names, reverse=True)[:last]
        if (text := files.read(name)) is not None
    ]


def put_fit_lines(files: Files, run: str, part: int, records: Iterable[Mapping[str, Any]]) -> None:
    """Write a part of a run's log: one JSON line a fit."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    files.write(f"runs/{run}/fits-{part:06}.jsonl", lines.encode())


def read_fit_lines(files: Files, run: str) -> list[dict[str, Any]]:
    """Return the log of a run, a record a fit, in the order they ended."""
    found = []
    for name in sorted(files.sizes(f"runs/{run}")):
        where = f"store {files.location}: {name}"
        for number, line in enumerate((files.read(name) or b"").splitlines(), 1):
            found.append(read_record(dict[str, Any], line, f"{where}, line {number}", REMEDY, error=StoreError))
    return found
