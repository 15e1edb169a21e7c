"""Searching: the trials that are missing are run, on Ray Tune or in this process, and the study says what was found."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from raymer.engine.cluster import connected
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import RaymerError
from raymer.results.store import ResultStore
from raymer.studies.search.journal import SearchOutcome, found, open_study
from raymer.studies.search.place import journal_of
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.trials import OnProgress, SearchProgress, SearchRun, run_serial

Execute = Callable[[SearchRun], None]


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


@contextlib.contextmanager
def executor(machine: Machine = LOCAL) -> Iterator[Execute]:
    """Yield what runs the missing trials of a search; Ray is connected when first needed, once for all searches."""
    with contextlib.ExitStack() as stack:
        found_workers: list[int] = []

        def on_ray(run: SearchRun) -> None:
            if not found_workers:
                found_workers.append(stack.enter_context(connected(machine.address, machine.workers)))
            from raymer.engine.search.tune import run_on_tune  # here, since it imports Ray Tune

            run_on_tune(run, found_workers[0])

        yield run_serial if machine.serial else on_ray


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
