"""Running units that a list has lent, the same for every carrier."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from raymer.engine.carriers.queue import FitRecord, Worker, WorkQueue, note_fit, units_next
from raymer.protocols.splits import Split
from raymer.results.store import ResultStore, StoreError
from raymer.studies.fit import Unit
from raymer.studies.samples import Samples
from raymer.studies.unit import run_unit

WAIT_SECONDS = 0.2


def run_units(
    units: Sequence[Unit],
    inputs: Mapping[str, Samples],
    splits: Mapping[str, Split],
    store: ResultStore,
    worker: Worker,
) -> list[FitRecord]:
    """Run units one after the other in this process, and return what became of their fits.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    records: list[FitRecord] = []
    for unit in units:
        run_unit(unit, inputs[unit[0].samples], splits[unit[0].split], store, partial(note_fit, records, worker))
    return records


def drain(work: WorkQueue, worker: Worker, run: Callable[[Sequence[Unit]], Sequence[FitRecord]]) -> None:
    """Take units for `worker` and have them run by `run`, until the list has none for it.

    A store that cannot be written stops the list.
    """
    units = work.take(worker)
    while units is not None:
        if not units:
            work.wait(WAIT_SECONDS)
            units = work.take(worker)
            continue
        start = time.monotonic()
        try:
            records = run(units)
        except StoreError as error:
            work.stop(str(error))
            return
        most = units_next(len(units), time.monotonic() - start)
        units = work.finish_and_take(worker, [unit[0].id for unit in units], records, most)
