"""What a run says of itself while it goes on, kept in the store: `runs/ID.json`, and a line a fit in `runs/ID/`.

Both are written by the driver every few seconds, each in one put, so anyone who can read the store can see how far a
run is. They are for people: no result hangs on them.
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from raymer.files import Files

SILENT_SECONDS = 60.0
"""A running run that has said nothing for so long is taken for dead."""


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
        Who runs what: {"node", "pid", "fit", "method", "fits", "seconds"}.
    """

    id: str
    name: str
    state: str
    started: float
    updated: float
    planned: int
    reused: int
    done: int = 0
    failed: int = 0
    running: int = 0
    reason: str = ""
    workers: tuple[Mapping[str, Any], ...] = ()

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
        return {**asdict(self), "workers": [dict(worker) for worker in self.workers]}


def put_run(files: Files, record: RunRecord) -> None:
    """Write the record of a run over the one before."""
    files.write(f"runs/{record.id}.json", json.dumps(record.to_record()).encode())


def read_runs(files: Files, last: int = 1) -> list[RunRecord]:
    """Return the `last` runs of a store, the latest first."""
    names = [name for name in files.sizes("runs") if name.endswith(".json") and name.count("/") == 1]
    texts = [files.read(name) for name in sorted(names, reverse=True)[:last]]
    records = [json.loads(text) for text in texts if text is not None]
    return [RunRecord(**{**record, "workers": tuple(record["workers"])}) for record in records]


def put_fit_lines(files: Files, run: str, part: int, records: Iterable[Mapping[str, Any]]) -> None:
    """Write a part of a run's log: one JSON line a fit."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    files.write(f"runs/{run}/fits-{part:06}.jsonl", lines.encode())


def read_fit_lines(files: Files, run: str) -> list[dict[str, Any]]:
    """Return the log of a run, a record a fit, in the order they ended."""
    parts = [files.read(name) for name in sorted(files.sizes(f"runs/{run}"))]
    return [json.loads(line) for part in parts if part for line in part.decode().splitlines()]
