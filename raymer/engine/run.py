"""Running an experiment: what is missing is run, on Ray or in this process, and what exists is left alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from raymer.engine.fit import Plan, Unit, units
from raymer.engine.queue import Progress, WorkQueue
from raymer.engine.train import run_gang
from raymer.engine.work import one_thread, run_unit
from raymer.errors import RaymerError
from raymer.results.store import ResultStore, StoreError


@dataclass(frozen=True)
class RunSummary:
    """What a run did: fits planned, found done, run and failed (ids), and its wall seconds."""

    planned: int
    reused: int
    ran: int
    failed: tuple[str, ...]
    seconds: float


def run_plan(
    plan: Plan,
    store: ResultStore,
    *,
    address: str = "local",
    workers: int | None = None,
    serial: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> RunSummary:
    """Run every fit of `plan` that `store` lacks.

    Parameters
    ----------
    plan : Plan
    store : ResultStore
        Already claimed for the plan's corpus.
    address, workers
        As in `connected`; ignored when nothing is missing, since Ray is not started then.
    serial : bool
        Run in this process, without Ray; the same bits.
    on_progress : callable
        Told how far the missing fits are.

    Raises
    ------
    RaymerError
        When the store cannot be written or the gang cannot be run. Failed fits do not raise: they are in the summary.
    """
    start = time.monotonic()
    done = store.done()
    missing = [fit for fit in plan.fits if fit.id not in done]
    for split_id in {fit.split for fit in missing}:
        split = plan.splits[split_id]
        record = {
            "repeat": split.repeat,
            "fold": split.fold,
            "train": split.train.tolist(),
            "test": split.test.tolist(),
        }
        store.put_split(split_id, record)
    work = units(missing)
    if not work:
        progress = Progress(0)
    elif serial:
        progress = _run_serial(plan, work, store, on_progress)
    else:
        progress = run_gang(plan, work, store, on_progress, address=address, workers=workers)
    if progress.stopped is not None:
        raise RaymerError(progress.stopped)
    done = store.done() if missing else done
    lost = [fit for fit in missing if fit.id not in done and fit.id not in progress.failed]
    if lost:
        raise RaymerError(
            f"{len(lost)} of {len(missing)} fits have no result in {store.location}: run the command again; "
            "if they are missing still, the workers do not see that folder"
        )
    reused = len(plan.fits) - len(missing)
    return RunSummary(len(plan.fits), reused, progress.done, progress.failed, time.monotonic() - start)


def _run_serial(plan: Plan, work: list[Unit], store: ResultStore, on_progress: Callable[[Progress], None]) -> Progress:
    queue = WorkQueue(work)
    with one_thread():
        while (unit := queue.take(rank=0)) is not None:
            on_progress(queue.progress())
            try:
                queue.finish(0, unit[0].id, run_unit(unit, plan.samples, plan.splits[unit[0].split], store))
            except StoreError as error:
                queue.stop(str(error))
    on_progress(queue.progress())
    return queue.progress()
