"""The work list as an actor: workers take units from it and say what became of them."""

import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from raymer.engine.fit import Fit, Unit

PATIENCE = 3
IDLE_SECONDS = 1.0
"""How long a worker without work waits before it asks again."""


@dataclass(frozen=True)
class Worker:
    """Who takes units: the gang it belongs to, and the node and process it is."""

    gang: str
    node: str
    pid: int


@dataclass(frozen=True)
class FitRecord:
    """What became of a fit, as the log of a run has it; `message` is empty unless it failed."""

    id: str
    method: str
    targets: tuple[str, ...]
    split: str
    seconds: float
    outcome: str
    message: str = ""
    gang: str = ""
    node: str = ""
    pid: int = 0

    @classmethod
    def of(cls, fit: Fit, worker: Worker, seconds: float, message: str | None) -> "FitRecord":
        """Return the record of a fit that `worker` ran; `message` is the failure's, or None."""
        outcome = "done" if message is None else "failed"
        what = (fit.id, fit.method.name, fit.targets, fit.split, seconds, outcome, message or "")
        return cls(*what, worker.gang, worker.node, worker.pid)

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {**asdict(self), "targets": list(self.targets)}


def note_fit(records: list[FitRecord], worker: Worker, fit: Fit, seconds: float, message: str | None) -> None:
    """Add to `records` what became of a fit: bound to its first two arguments it is what `run_unit` tells."""
    records.append(FitRecord.of(fit, worker, seconds, message))


@dataclass(frozen=True)
class Holding:
    """A unit that a worker holds: its first fit's id and method, its size, and since how many seconds."""

    worker: Worker
    fit: str
    method: str
    fits: int
    seconds: float


@dataclass(frozen=True)
class Progress:
    """How far a run is: numbers of fits, the ids that failed, and the line that stops the run, if any.

    `holdings` says who runs what, `records` what has ended since the last time it was asked.
    """

    total: int
    done: int = 0
    running: int = 0
    failed: tuple[str, ...] = field(default=())
    stopped: str | None = None
    gangs: frozenset[str] = frozenset()
    holdings: tuple[Holding, ...] = ()
    records: tuple[FitRecord, ...] = ()

    @property
    def waiting(self) -> int:
        """Fits that nobody holds."""
        return self.total - self.done - self.running - len(self.failed)


class WorkQueue:
    """Units waiting, units lent to a worker, and what came back. Plain Python: engine/gangs.py makes an actor of it.

    Who watches the gangs says in `poll` which are alive. What the others held is given back, and nothing more is lent
    to them: a unit is lost with no process, and a worker that was taken for dead disturbs nobody. If the list's own
    process dies, it is made anew from the units that have no result; a unit that a worker then finishes is struck off.
    """

    def __init__(self, units: Sequence[Unit], *, done: int = 0) -> None:
        self._waiting = deque(units)
        self._lent: dict[Worker, tuple[Unit, float]] = {}
        self._returns: Counter[str] = Counter()
        self._alive: frozenset[str] | None = None
        self._joined: set[str] = set()
        self._done = done
        self._failed: list[str] = []
        self._records: list[FitRecord] = []
        self._total = done + sum(map(len, units))
        self._stopped: str | None = None

    def take(self, worker: Worker) -> Unit | None:
        """Lend the next unit to `worker`.

        Returns
        -------
        tuple of Fit or None
            Empty when nothing waits but others may still give something back: ask again. None when all is done, the
            run is stopped, or the worker's gang is not to go on.
        """
        self._joined.add(worker.gang)
        if self._stopped is not None or (self._alive is not None and worker.gang not in self._alive):
            return None
        if not self._waiting:
            return () if self._lent else None
        self._lent[worker] = (self._waiting.popleft(), time.monotonic())
        return self._lent[worker][0]

    def finish(self, worker: Worker, first: str, records: Sequence[FitRecord]) -> None:
        """Take back the unit whose first fit is `first`, with what became of its fits.

        A unit that was lent to another since, or given back and waits, is not counted twice: the results are the
        same, whoever wrote them.
        """
        if worker in self._lent and self._lent[worker][0][0].id == first:
            unit: Unit | None = self._lent.pop(worker)[0]
        else:
            unit = next((one for one in self._waiting if one[0].id == first), None)
            if unit is not None:
                self._waiting.remove(unit)
        if unit is None:
            return
        failed = {record.id for record in records if record.outcome == "failed"}
        self._done += len(unit) - len(failed)
        self._failed.extend(failed)
        self._records.extend(records)

    def finish_and_take(self, worker: Worker, first: str, records: Sequence[FitRecord]) -> Unit | None:
        """Do both in one call, since a call costs about a millisecond."""
        self.finish(worker, first, records)
        return self.take(worker)

    def stop(self, reason: str) -> None:
        """Lend nothing more: the store cannot be written, say."""
        self._stopped = self._stopped or reason

    def poll(self, alive: Collection[str], leaving: Collection[str] = ()) -> Progress:
        """Take note of the gangs that are alive and return how far the run is.

        Gangs `leaving` keep what they hold, and end when it is done.
        """
        self._alive = frozenset(alive) - frozenset(leaving)
        for worker in [worker for worker in self._lent if worker.gang not in alive]:
            self._give_back(self._lent.pop(worker)[0])
        return self.progress()

    def progress(self) -> Progress:
        """Return how far the run is, with the records that have come since the last call."""
        now = time.monotonic()
        holdings = tuple(
            Holding(worker, unit[0].id, unit[0].method.name, len(unit), now - since)
            for worker, (unit, since) in self._lent.items()
        )
        records, self._records = tuple(self._records), []
        running = sum(holding.fits for holding in holdings)
        return Progress(
            self._total,
            self._done,
            running,
            tuple(self._failed),
            self._stopped,
            frozenset(self._joined),
            holdings,
            records,
        )

    def _give_back(self, unit: Unit) -> None:
        """Put a unit first, so that it is not late; but last once it came back often: it may be what kills."""
        self._returns[unit[0].id] += 1
        if self._returns[unit[0].id] < PATIENCE:
            self._waiting.appendleft(unit)
        else:
            self._waiting.append(unit)
