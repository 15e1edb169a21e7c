"""Carrying fits in processes of this machine (joblib's loky, which scikit-learn brings)."""

import os
import socket
import threading
from concurrent.futures.process import BrokenProcessPool

from joblib.externals.loky import ProcessPoolExecutor

from raymer.engine.carriers import child, freight
from raymer.engine.carriers.queue import Worker, WorkQueue
from raymer.engine.carriers.units import WAIT_SECONDS, drain
from raymer.errors import RaymerError
from raymer.learners.threads import VARIABLES
from raymer.results.store import ResultStore
from raymer.scratch import scratch
from raymer.studies.fit import Plan

FRUITLESS = 20
"""Processes in a row that die before any fit ends, until the run gives up."""


class Processes:
    """A carrier: `count` other processes of this machine, each of which takes units when it is ready.

    They read inputs from files that they map, so these lie in memory once. One that dies is replaced, and what it held
    goes back to the list; all look twice a second whether this process lives, and end when it does not.
    """

    lingers = False

    def __init__(self, plan: Plan, store: ResultStore, count: int) -> None:
        self._plan, self._store, self._count = plan, store, count

    def carry(self, work: WorkQueue) -> None:
        """Run units until the list has none left; see Carrier."""
        with scratch("fits") as folder:
            freight.put(self._plan, self._store, folder)
            places = [_Place(work, str(folder)) for _ in range(self._count)]
            for place in places:
                place.start()
            while any(place.is_alive() for place in places):
                if work.state().stopped is not None:
                    for place in places:
                        place.end()
                work.wait(WAIT_SECONDS)
            for place in places:
                if place.error is not None:
                    raise place.error


class _Place(threading.Thread):
    """One process at a time, and the thread that has units run there.

    Each has a pool of its own, so that a death costs nobody else's units.
    """

    def __init__(self, work: WorkQueue, folder: str) -> None:
        super().__init__(daemon=True)
        self.error: Exception | None = None
        self._work, self._folder = work, folder
        self._pool: ProcessPoolExecutor | None = None

    def run(self) -> None:
        """Have units run, by one process after the other where they die."""
        deaths, ended = 0, -1
        while True:
            try:
                self._drain_once()
                return
            except Exception as error:
                state = self._work.state()
                if state.stopped is not None:  # the process was ended in the middle of a fit
                    return
                done = state.done + len(state.failed)
                deaths, ended = (deaths + 1 if done == ended else 1), done
                if not isinstance(error, BrokenProcessPool) or deaths > FRUITLESS:
                    self.error = _unable(error)
                    self._work.stop(str(self.error))
                    return
            finally:
                self.end()

    def _drain_once(self) -> None:
        """Start a process and have units run there; BrokenProcessPool when it dies."""
        begun, env = (os.getpid(), self._folder), dict.fromkeys(VARIABLES, "1")
        # Idle for long is no reason to end: a process waits for what the others may give back.
        pool = ProcessPoolExecutor(1, timeout=None, initializer=child.begin, initargs=begun, env=env)
        self._pool = pool
        pid = pool.submit(child.get_ready, self._folder).result()
        worker = Worker("processes", socket.gethostname(), pid)
        try:
            drain(self._work, worker, lambda units: pool.submit(child.run, self._folder, units, worker).result())
        finally:
            self._work.lose(worker)

    def end(self) -> None:
        """End the process, whatever it does."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, kill_workers=True)


def _unable(error: Exception) -> RaymerError:
    if isinstance(error, RaymerError):
        return error
    if isinstance(error, BrokenProcessPool):
        made = RaymerError(f"{FRUITLESS} processes in a row died before any fit ended: is memory short?")
    else:
        made = RaymerError(f"a process cannot run fits: {type(error).__name__}: {error}")
    made.__cause__ = error
    return made
