"""Carrying fits in this process, one after the other."""

import os
import socket

from raymer.engine.carriers.queue import Worker, WorkQueue
from raymer.engine.carriers.units import drain, run_units
from raymer.learners.threads import one_thread
from raymer.results.store import ResultStore
from raymer.studies.fit import Plan


class Here:
    """A carrier: this process.

    Parameters
    ----------
    plan : Plan
    store : ResultStore
    for_gpu : bool
        Whether it takes units that want a GPU.
    """

    lingers = False

    def __init__(self, plan: Plan, store: ResultStore, *, for_gpu: bool = True) -> None:
        self._plan, self._store = plan, store
        # What has killed another worker is not run here, where the driver would die of it.
        self._me = Worker("here", socket.gethostname(), os.getpid(), for_gpu, for_returned=False)

    def carry(self, work: WorkQueue) -> None:
        """Run units until the list has none for this process; see Carrier."""
        with one_thread():
            drain(
                work,
                self._me,
                lambda units: run_units(units, self._plan.inputs, self._plan.splits, self._store, self._me),
            )
