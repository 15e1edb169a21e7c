"""The log of a run: what the driver writes into the store while fits are run, and the summary at the end."""

import heapq
import time
from collections.abc import Callable
from dataclasses import replace

from raymer.engine.carriers.queue import FitRecord, Holding, Progress, Worker
from raymer.files import Files
from raymer.results.runs import RunRecord, State, Working, put_fit_lines, put_run

BEAT_SECONDS = 5.0
CHANGE_SECONDS = 1.0
"""A worker that came or went is told of sooner."""
SLOWEST = 5


class RunLog:
    """Takes every Progress of a run, passes it on, and writes heartbeats and lines every five seconds.

    When workers come or go it writes sooner.

    Parameters
    ----------
    location : str
        Of the store.
    name : str
        What the run is of, for people.
    planned, reused : int
        Fits in all, and how many were found done.
    on_progress : callable
    """

    def __init__(
        self, location: str, name: str, planned: int, reused: int, on_progress: Callable[[Progress], None]
    ) -> None:
        self._files = Files(location)
        self._on_progress = on_progress
        self._lines: list[FitRecord] = []
        self._parts = 0
        self._written: set[Worker] = set()
        self._slowest: list[tuple[float, str, FitRecord]] = []
        self.ran = 0
        """Fits that this run did, without those that another run was at and has done."""
        self.record = RunRecord.begin(name, planned, reused)
        put_run(self._files, self.record)

    def note(self, progress: Progress) -> None:
        """Take note of how far the run is."""
        self._lines.extend(progress.records)
        self.ran += sum(record.outcome == "done" for record in progress.records)
        for record in progress.records:
            heapq.heappush(self._slowest, (record.seconds, record.id, record))
            if len(self._slowest) > SLOWEST:
                heapq.heappop(self._slowest)
        self.record = replace(
            self.record,
            done=progress.done,
            failed=len(progress.failed),
            running=progress.running,
            workers=tuple(_seen(holding) for holding in progress.holdings),
        )
        workers = {holding.worker for holding in progress.holdings}
        if time.time() - self.record.updated > (BEAT_SECONDS if workers == self._written else CHANGE_SECONDS):
            self._written = workers
            self._write()
        self._on_progress(progress)

    def close(self, state: State, reason: str = "") -> None:
        """Write how the run ended: "finished", "failed" (some fits did) or "stopped"."""
        self.record = replace(self.record, state=state, reason=reason, running=0, workers=())
        self._write()

    @property
    def slowest(self) -> tuple[FitRecord, ...]:
        """The five fits that took longest, the longest first."""
        return tuple(record for *_, record in sorted(self._slowest, reverse=True))

    def _write(self) -> None:
        self.record = replace(self.record, updated=time.time())
        if self._lines:
            self._parts += 1
            put_fit_lines(self._files, self.record.id, self._parts, [line.to_record() for line in self._lines])
            self._lines = []
        put_run(self._files, self.record)


def _seen(holding: Holding) -> Working:
    worker = holding.worker
    return {
        "node": worker.node,
        "pid": worker.pid,
        "fit": holding.fit,
        "method": holding.method,
        "fits": holding.fits,
        "seconds": round(holding.seconds, 1),
    }
