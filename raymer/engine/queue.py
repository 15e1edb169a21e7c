"""The work list as an actor: ranks take units from it and say what became of them."""

from collections import deque
from dataclasses import dataclass, field

from raymer.engine.fit import Unit


@dataclass(frozen=True)
class Progress:
    """How far a run is: numbers of fits, the ids that failed, and the line that stops the run, if any."""

    total: int
    done: int = 0
    running: int = 0
    failed: tuple[str, ...] = field(default=())
    stopped: str | None = None


class WorkQueue:
    """Units waiting, units lent to a rank, and what came back. Plain Python: engine/train.py makes an actor of it.

    A rank that joins again (its process died, the gang was started anew) gives back what it held, and so do ranks
    that a smaller gang no longer has: a unit is lost with no process. If the list's own process dies, it is made anew
    from all units, and those that are done are found in the store.
    """

    def __init__(self, units: list[Unit]) -> None:
        self._waiting = deque(units)
        self._lent: dict[int, Unit] = {}
        self._done = 0
        self._failed: list[str] = []
        self._total = sum(map(len, units))
        self._stopped: str | None = None

    def join(self, rank: int, world_size: int) -> None:
        """Take note that `rank` of a gang of `world_size` starts with empty hands."""
        for holder in [holder for holder in self._lent if holder == rank or holder >= world_size]:
            self._waiting.appendleft(self._lent.pop(holder))

    def take(self, rank: int) -> Unit | None:
        """Lend the next unit to `rank`, or return None when nothing waits or the run is stopped."""
        if self._stopped is not None or not self._waiting:
            return None
        self._lent[rank] = self._waiting.popleft()
        return self._lent[rank]

    def finish(self, rank: int, first: str, failed: list[str]) -> None:
        """Take back the unit of `rank` whose first fit is `first`: all its fits have a result but `failed`.

        A unit that is not lent to `rank` (this list was made anew since) is left to be found done by whom it goes to.
        """
        if rank not in self._lent or self._lent[rank][0].id != first:
            return
        self._done += len(self._lent.pop(rank)) - len(failed)
        self._failed.extend(failed)

    def finish_and_take(self, rank: int, first: str, failed: list[str]) -> Unit | None:
        """Do both in one call, since a call costs about a millisecond."""
        self.finish(rank, first, failed)
        return self.take(rank)

    def stop(self, reason: str) -> None:
        """Lend nothing more: the store cannot be written, say."""
        self._stopped = self._stopped or reason

    def progress(self) -> Progress:
        """Return how far the run is."""
        running = sum(map(len, self._lent.values()))
        return Progress(self._total, self._done, running, tuple(self._failed), self._stopped)
