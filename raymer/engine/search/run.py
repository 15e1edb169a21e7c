"""Searching: the trials that are missing are run, on Ray Tune or in this process, and the study says what was found."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from raymer.engine.cluster import connected
from raymer.engine.gang.room import Room, check_wanted
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import RaymerError
from raymer.learners.threads import one_thread
from raymer.results.store import ResultStore
from raymer.studies.search.journal import SearchOutcome, found, open_study
from raymer.studies.search.place import journal_of
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.task import FoldReport, Params, SearchTask
from raymer.studies.search.trials import OnProgress, SearchProgress, SearchRun, run_serial

Execute = Callable[[SearchRun], None]
Score = Callable[[SearchTask, Params, ResultStore], FoldReport]


def _silent(progress: SearchProgress) -> None:
    """Show nothing."""


def run_search(
    planned: PlannedSearch,
    store: ResultStore,
    *,
    machine: Machine = LOCAL,
    journal: str | None = None,
    on_progress: OnProgress = _silent,
) -> SearchOutcome:
    """Run the trials of a search that are missing and return what it has found.

    Parameters
    ----------
    planned : PlannedSearch
    store : ResultStore
        Already claimed for the corpus.
    machine : Machine
        Ray is not started when no trial is missing; in this process a search is as on one worker.
    journal : str, optional
        Folder of this machine for the journal; by default STORE/searches.
    on_progress : callable
        Told after every fold.

    Raises
    ------
    RaymerError
        When the store cannot be written, Ray cannot be had, or the search is being run by another process. Failed
        trials do not raise: the outcome names them.
    """
    with executor(machine) as execute:
        return run_trials(planned, store, execute, journal=journal, on_progress=on_progress)


class Executor:
    """Runs the missing trials of searches, and what they found once more on clips that they have not seen.

    Ray is connected when first needed, once for all.
    """

    def __init__(self, machine: Machine, stack: contextlib.ExitStack) -> None:
        self._machine, self._stack = machine, stack
        self._room = Room.of(machine.gpus_per_fit)
        self._workers: int | None = None

    def __call__(self, run: SearchRun) -> None:
        """Run the missing trials."""
        if self._machine.serial:
            run_serial(run)
            return
        check_wanted(self._machine.gpus_per_fit, run.task.system.wants_gpu)
        workers = self._connect()
        from raymer.engine.search.tune import run_on_tune  # here, since it imports Ray Tune

        run_on_tune(run, workers, self._room)

    def score(self, task: SearchTask, params: Params, store: ResultStore) -> FoldReport:
        """Run a configuration on the first split of `task`: in this process, or where a share of a GPU is."""
        if not self._room.gpus:
            return score_here(task, params, store)
        self._connect()
        from raymer.engine.search.tune import run_one_fold

        return run_one_fold(task, params, store, self._room)

    def _connect(self) -> int:
        """Return how many workers there may be."""
        if self._workers is None:
            workers = self._stack.enter_context(connected(self._machine.address, self._machine.workers))
            self._workers = min(workers, self._room.capacity()) if self._room.gpus else workers
        if self._workers < 1:
            share = self._machine.gpus_per_fit
            raise RaymerError(f"no GPU for gpus_per_fit={share:g}: the Ray at {self._machine.address!r} has no room")
        return self._workers


@contextlib.contextmanager
def executor(machine: Machine = LOCAL) -> Iterator[Executor]:
    """Yield what runs the missing trials of searches; its connection to Ray ends with this block."""
    with contextlib.ExitStack() as stack:
        yield Executor(machine, stack)


def score_here(task: SearchTask, params: Params, store: ResultStore) -> FoldReport:
    """Run a configuration on the first split of `task` in this process."""
    with one_thread():
        return task.run_fold(params, 0, store)


def run_trials(
    planned: PlannedSearch,
    store: ResultStore,
    execute: Execute,
    *,
    journal: str | None = None,
    label: str = "",
    on_progress: OnProgress = _silent,
) -> SearchOutcome:
    """Run the missing trials of one search by `execute`; see `run_search`."""
    start = time.monotonic()
    for split in planned.task.splits:
        store.put_split(split)
    with open_study(planned, journal_of(planned, store.location, journal)) as opened:
        run = SearchRun(planned, opened, store, on_progress, label)
        run.show()
        if run.remaining:
            execute(run)
        if run.broken:
            raise RaymerError(run.broken)
        return replace(
            found(run.study, planned.space),
            fits_run=len(run.ran),
            fits_reused=len(run.reused),
            fits_stopped=run.spared,
            seconds=time.monotonic() - start,
            fit_seconds=run.seconds,
        )
