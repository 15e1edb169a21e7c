"""The work list: whoever has a worker free takes units from it and says what became of them."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from raymer.engine.carriers.pace import Pace
from raymer.studies.fit import Fit, Unit

PATIENCE = 3
CALL_SECONDS = 0.1
"""Work that a worker takes at once, where units are so short that several make it up: a call takes milliseconds."""
MOST_UNITS = 32
SHARE = 4
"""No worker is lent more than this part of its fair share of what waits, so that the end is even."""


@dataclass(frozen=True)
class Worker:
    """Who takes units: the gang it belongs to, the node and process it is, and whether it takes units for a GPU.

    One that is not `for_returned` is lent nothing that came back from a worker that died, since it may be what kills.
    """

    gang: str
    node: str
    pid: int
    for_gpu: bool = True
    for_returned: bool = True


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
        what = (fit.id, fit.system.name, fit.targets, fit.split, seconds, outcome, message or "")
        return cls(*what, worker.gang, worker.node, worker.pid)

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {**asdict(self), "targets": list(self.targets)}


def note_fit(records: list[FitRecord], worker: Worker, fit: Fit, seconds: float, message: str | None) -> None:
    """Add to `records` what became of a fit: bound to its first two arguments it is what `run_unit` tells."""
    records.append(FitRecord.of(fit, worker, seconds, message))


@dataclass(frozen=True)
class Holding:
    """What a worker holds: its first fit's id and method, the number of fits, and since how many seconds."""

    worker: Worker
    fit: str
    method: str
    fits: int
    seconds: float


@dataclass(frozen=True)
class Progress:
    """How far a run is: numbers of fits, the ids that failed, and the line that stops the run, if any.

    `holdings` says who runs what, `records` what has ended since the last time it was asked, `queued` how many units
    wait: those that do without a GPU, and those that want one.
    """

    total: int
    done: int = 0
    running: int = 0
    failed: tuple[str, ...] = field(default=())
    stopped: str | None = None
    gangs: frozenset[str] = frozenset()
    holdings: tuple[Holding, ...] = ()
    records: tuple[FitRecord, ...] = ()
    queued: tuple[int, int] = (0, 0)

    @property
    def waiting(self) -> int:
        """Fits that nobody holds."""
        return self.total - self.done - self.running - len(self.failed)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to wait for: all fits have ended, or the run is stopped."""
        return self.stopped is not None or self.running + self.waiting == 0

    def __add__(self, other: "Progress") -> "Progress":
        """Return how far two parts of one run are."""
        return Progress(
            self.total + other.total,
            self.done + other.done,
            self.running + other.running,
            self.failed + other.failed,
            self.stopped or other.stopped,
            self.gangs | other.gangs,
            self.holdings + other.holdings,
            self.records + other.records,
            (self.queued[0] + other.queued[0], self.queued[1] + other.queued[1]),
        )


P = ParamSpec("P")
R = TypeVar("R")


def _alone(method: "Callable[Concatenate[WorkQueue, P], R]") -> "Callable[Concatenate[WorkQueue, P], R]":
    """Let no other thread see or change the list meanwhile."""

    @wraps(method)
    def run(self: "WorkQueue", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._changed:
            return method(self, *args, **kwargs)

    return run


class WorkQueue:
    """Units waiting, units lent to workers, and what came back; for many threads of one process.

    The driver has one. A carrier far away may be handed over what waits, and makes a list of its own of it
    (gang/watch.py an actor), which it tells this one of.

    Who watches the gangs says in `poll` which are alive. What the others held is given back, and nothing more is lent
    to them: a unit is lost with no process, and a worker that was taken for dead disturbs nobody. If the list's own
    process dies, it is made anew from the units that have no result; a unit that a worker then finishes is struck off.
    """

    def __init__(self, units: Sequence[Unit], *, done: int = 0) -> None:
        self._waiting: dict[bool, deque[Unit]] = {False: deque(), True: deque()}  # by whether they want a GPU
        for unit in units:
            self._waiting[unit[0].system.wants_gpu].append(unit)
        self._lent: dict[Worker, tuple[tuple[Unit, ...], float]] = {}
        self._returns: Counter[str] = Counter()
        self._known: set[str] = set()
        self._barred: frozenset[str] = frozenset()
        self._joined: set[str] = set()
        self._done = done
        self._failed: list[str] = []
        self._records: list[FitRecord] = []
        self._total = done + sum(map(len, units))
        self._stopped: str | None = None
        self._told = Progress(0)  # of what was handed over
        self._pace = Pace()
        self._changed = threading.Condition(threading.RLock())

    @_alone
    def take(self, worker: Worker, most: int = 1) -> tuple[Unit, ...] | None:
        """Lend the next unit to `worker`, or up to `most` of them while many wait.

        Returns
        -------
        tuple of Unit or None
            Empty when nothing waits but others may still give something back: ask again. None when all is done, the
            run is stopped, or the worker's gang is not to go on. What wants a GPU comes first, to those that have one.
        """
        self._joined.add(worker.gang)
        for unit in reversed(self._lent.pop(worker, ((), 0.0))[0]):
            self._give_back(unit)  # it asks for more without having finished: what it held is nobody's
        if self._stopped is not None or worker.gang in self._barred:
            return None
        kinds = (True, False) if worker.for_gpu else (False,)
        waiting = next((self._waiting[kind] for kind in kinds if self._waiting[kind]), None)
        if waiting is None:
            may_return = any(unit[0].system.wants_gpu in kinds for units, _ in self._lent.values() for unit in units)
            return () if may_return else None
        fair = len(waiting) // (SHARE * (len(self._lent) + 1))
        units = self._lift(waiting, worker, max(1, min(most, fair)))
        if units:
            self._lent[worker] = (units, time.monotonic())
        return units

    def _lift(self, waiting: deque[Unit], worker: Worker, most: int) -> tuple[Unit, ...]:
        """Take the first units that wait and that `worker` may have."""
        units: list[Unit] = []
        passed: list[Unit] = []
        while waiting and len(units) < most:
            unit = waiting.popleft()
            (units if worker.for_returned or not self._returns[unit[0].id] else passed).append(unit)
        waiting.extendleft(reversed(passed))
        return tuple(units)

    @_alone
    def finish(self, worker: Worker, firsts: Sequence[str], records: Sequence[FitRecord]) -> None:
        """Take back the units whose first fits are `firsts`, with what became of their fits.

        A unit that was lent to another since, or given back and waits, is not counted twice: the results are the
        same, whoever wrote them.
        """
        held, since = self._lent.pop(worker, ((), 0.0))
        now = time.monotonic()
        mine = {unit[0].id: unit for unit in held}
        finished = [unit for first in firsts if (unit := mine.pop(first, None) or self._strike_off(first)) is not None]
        if held and not mine:
            self._pace.note(held, now - since)
        if mine:
            self._lent[worker] = (tuple(mine.values()), since)
        ids = {fit.id for unit in finished for fit in unit}
        known = [record for record in records if record.id in ids]
        failed = {record.id for record in known if record.outcome == "failed"}
        self._done += len(ids) - len(failed)
        self._failed.extend(failed)
        self._records.extend(known)
        self._changed.notify_all()

    @_alone
    def finish_and_take(
        self, worker: Worker, firsts: Sequence[str], records: Sequence[FitRecord], most: int = 1
    ) -> tuple[Unit, ...] | None:
        """Do both in one call, since a call costs about a millisecond."""
        self.finish(worker, firsts, records)
        return self.take(worker, most)

    @_alone
    def stop(self, reason: str) -> None:
        """Lend nothing more: the store cannot be written, say."""
        self._stopped = self._stopped or reason
        self._changed.notify_all()

    @_alone
    def lose(self, worker: Worker) -> None:
        """Give back what a worker held that died."""
        for unit in reversed(self._lent.pop(worker, ((), 0.0))[0]):
            self._give_back(unit)
        self._changed.notify_all()

    @_alone
    def hand_over(self) -> list[Unit]:
        """Give away all units that wait; whoever has them tells by `tell` how far they are."""
        units = [unit for waiting in self._waiting.values() for unit in waiting]
        for waiting in self._waiting.values():
            waiting.clear()
        fits = sum(map(len, units))
        self._total -= fits
        self._told = Progress(fits)
        self._changed.notify_all()
        return units

    @_alone
    def tell(self, progress: Progress) -> None:
        """Take note of how far that is which was handed over."""
        self._records.extend(progress.records)
        self._told = replace(progress, records=())
        self._changed.notify_all()

    @_alone
    def wait(self, seconds: float) -> None:
        """Return when something has changed, at the latest after so many seconds."""
        self._changed.wait(seconds)

    @_alone
    def seconds_left(self) -> float:
        """Return how long one worker would need for what waits here, by the pace of what has been run so far."""
        now = time.monotonic()
        waiting = [unit for kind in self._waiting.values() for unit in kind]
        return self._pace.seconds(waiting, [(units, now - since) for units, since in self._lent.values()])

    @_alone
    def poll(self, alive: Collection[str], leaving: Collection[str] = ()) -> Progress:
        """Take note of the gangs that are alive and return how far the run is.

        Gangs `leaving` keep what they hold, and end when it is done. A gang begun since the last call is lent units.
        """
        self._known |= self._joined.union(alive)
        self._barred = frozenset(self._known.difference(alive)) | frozenset(leaving)
        for worker in [worker for worker in self._lent if worker.gang not in alive]:
            self.lose(worker)
        return self.progress()

    @_alone
    def progress(self) -> Progress:
        """Return how far the run is, with the records that have come since the last call."""
        records, self._records = tuple(self._records), []
        return replace(self.state(), records=records)

    @_alone
    def state(self) -> Progress:
        """Return how far the run is, without the records, which stay for `progress`."""
        now = time.monotonic()
        holdings = tuple(
            Holding(worker, units[0][0].id, units[0][0].system.name, sum(map(len, units)), now - since)
            for worker, (units, since) in self._lent.items()
        )
        running = sum(holding.fits for holding in holdings)
        own = Progress(
            self._total,
            self._done,
            running,
            tuple(self._failed),
            self._stopped,
            frozenset(self._joined),
            holdings,
            queued=(len(self._waiting[False]), len(self._waiting[True])),
        )
        return own + self._told

    def _strike_off(self, first: str) -> Unit | None:
        for waiting in self._waiting.values():
            for unit in waiting:
                if unit[0].id == first:
                    waiting.remove(unit)
                    return unit
        return None

    def _give_back(self, unit: Unit) -> None:
        """Put a unit first, so that it is not late; but last once it came back often: it may be what kills."""
        self._returns[unit[0].id] += 1
        waiting = self._waiting[unit[0].system.wants_gpu]
        if self._returns[unit[0].id] < PATIENCE:
            waiting.appendleft(unit)
        else:
            waiting.append(unit)


def units_next(units: int, seconds: float) -> int:
    """Return how many units to ask for after so many took so many seconds: about a tenth of a second's work."""
    return max(1, min(MOST_UNITS, 2 * units, int(units * CALL_SECONDS / max(seconds, 1e-6))))
