"""Running an experiment: what is missing is run, wherever that is quickest, and what exists is left alone."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from raymer.ending import ENDING
from raymer.engine.carriers.driver import drive
from raymer.engine.carriers.queue import FitRecord, Progress
from raymer.engine.carriers.run_log import RunLog
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import RaymerError
from raymer.results.store import ResultStore, StoreError
from raymer.scratch import clear_left
from raymer.studies.fit import Plan, units


@dataclass(frozen=True)
class RunSummary:
    """What a run did: fits planned, found done, run and failed (ids), its wall seconds, and the slowest fits.

    What another run on the same store did meanwhile is found done.
    """

    planned: int
    reused: int
    ran: int
    failed: tuple[str, ...]
    seconds: float
    slowest: tuple[FitRecord, ...] = ()


def run_plan(
    plan: Plan,
    store: ResultStore,
    *,
    machine: Machine = LOCAL,
    name: str = "fits",
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> RunSummary:
    """Run every fit of `plan` that `store` lacks.

    Parameters
    ----------
    plan : Plan
    store : ResultStore
        Already claimed for the plan's corpus.
    machine : Machine
        The same bits on any.
    name : str
        What `raymer status` calls the run.
    on_progress : callable
        Told how far the missing fits are, from a thread of its own.

    Raises
    ------
    RaymerError
        When the file of a fit is not what it is named after, the store cannot be written, or the machine cannot be had.
        Failed fits do not raise: they are in the summary.
    """
    start = time.monotonic()
    clear_left()
    done = _sound(plan, store)
    missing = [fit for fit in plan.fits if fit.id not in done]
    reused = len(plan.fits) - len(missing)
    if not missing:
        return RunSummary(len(plan.fits), reused, 0, (), time.monotonic() - start)
    for split_id in {fit.split for fit in missing}:
        store.put_split(plan.splits[split_id])
    log = RunLog(store.location, name, len(plan.fits), reused, on_progress)
    with _closed_if_stopped(log):
        progress = drive(plan, units(missing), store, log.note, machine)
        if progress.stopped is not None:
            raise RaymerError(progress.stopped)
        done = store.done()
        lost = [fit for fit in missing if fit.id not in done and fit.id not in progress.failed]
        if lost:
            raise RaymerError(
                f"{len(lost)} of {len(missing)} fits have no result in {store.location}: run the command again; "
                "if they are missing still, the workers do not see that folder"
            )
    log.close("failed" if progress.failed else "finished")
    seconds = time.monotonic() - start
    reused += progress.done - log.ran
    return RunSummary(len(plan.fits), reused, log.ran, progress.failed, seconds, log.slowest)


def _sound(plan: Plan, store: ResultStore) -> set[str]:
    """Return the ids that are done; StoreError where the file of a planned fit is damaged or holds another's result."""
    marks = store.marks()
    foreign = store.foreign(marks)
    planned = [foreign[fit.id] for fit in plan.fits if fit.id in foreign]
    if planned:
        more = f" ({len(planned) - 1} more are damaged: raymer verify names them)" if len(planned) > 1 else ""
        raise StoreError(f"{planned[0]}{more}")
    return set(marks)


@contextlib.contextmanager
def _closed_if_stopped(log: RunLog) -> Iterator[None]:
    """Leave word in the store of why a run stopped, if the store can be written."""
    try:
        with ENDING.saying(lambda word: log.close("stopped", word)):
            yield
    except BaseException as error:
        with contextlib.suppress(StoreError):
            log.close("stopped", str(error) or type(error).__name__)
        raise
