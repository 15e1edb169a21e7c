"""A gang: one Ray Train run of a fixed size, whose workers drain the list of missing fits.

Starting a Train run costs seconds and a report up to two, so there is one run for many fits, no report, and results
travel through the store. World size and rank decide nothing about a fit.
"""

import os
import threading
import time
import uuid
from dataclasses import dataclass, fields
from typing import Any

from raymer.components.guests import Guests
from raymer.engine.carriers.queue import Worker, units_next
from raymer.engine.carriers.units import run_units
from raymer.engine.gang.metrics import count_fits
from raymer.engine.gang.room import Room
from raymer.engine.gang.sharing import SharedInputs
from raymer.engine.orphan import end_with_parent
from raymer.engine.ray_versions import inside
from raymer.errors import RaymerError
from raymer.learners.threads import one_thread
from raymer.results.store import ResultStore, StoreError
from raymer.scratch import scratch

IDLE_SECONDS = 1.0
"""How long a worker without work waits before it asks again."""
RAISED = "UserExceptionWithTraceback"
"""Ray Train's word for a worker whose function raised; the class itself is not public."""
RESTARTS = {"controller_failure_limit", "max_preemption_failures"}
"""Of Train, besides `max_failures`; not every version of Ray that was tried has all."""


@dataclass(frozen=True)
class Errand:
    """What every worker of a run is given: the list, the data and the store.

    Attributes
    ----------
    queue : actor handle of a WorkQueue
    inputs : SharedInputs
    splits : reference to a mapping of split id to Split
    store : str
        A location.
    metrics : bool
        Whether workers count fits for Ray's Prometheus exporter.
    guests : Guests
        Classes of somebody else's that fits are made of.
    """

    queue: Any
    inputs: SharedInputs
    splits: Any
    store: str
    metrics: bool
    guests: Guests


class Gang(threading.Thread):
    """Workers that run an errand, until no work is left for them or one of them dies.

    `room` is what each asks of its node; `for_gpu` says whether they take units that want a GPU.

    Trainer.fit blocks, so it runs in a thread. Train's own restarts are off: who watches the gang begins a new one of
    the size that there is room for then (docs/scaling.md says why).
    """

    def __init__(self, errand: Errand, size: int, room: Room, for_gpu: bool) -> None:
        super().__init__(daemon=True)
        self.label = f"gang-{uuid.uuid4().hex[:8]}"
        self.size = size
        self.error: Exception | None = None
        self.room = room
        self._errand = errand
        self._for_gpu = for_gpu

    def run(self) -> None:
        """Run the gang to its end; what it raised is kept in `error`."""
        try:
            self._run()
        except Exception as error:
            self.error = error

    def _run(self) -> None:
        from ray.train import RunConfig, ScalingConfig
        from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer  # a DeveloperAPI of Ray's

        with scratch("train") as folder:  # Train wants one; nothing of ours lies in it
            DataParallelTrainer(
                _drain,
                train_loop_config={"errand": self._errand, "gang": self.label, "for_gpu": self._for_gpu},
                scaling_config=ScalingConfig(
                    num_workers=self.size,
                    use_gpu=self.room.gpus > 0,
                    resources_per_worker=self.room.per_worker,
                ),
                run_config=RunConfig(
                    name=f"raymer-{self.label}",
                    storage_path=str(folder),
                    failure_config=_no_restarts(),
                    **_few_words(),
                ),
            ).fit()

    def raise_if_hopeless(self) -> None:
        """Raise RaymerError when a worker did not die but raised: another gang would end the same way."""
        for failure in getattr(self.error, "worker_failures", {}).values():
            if type(failure).__name__ == RAISED:
                reason = str(failure).strip().splitlines()[-1]
                if not reason.startswith("ray.exceptions."):  # the list or the data died, and not of the worker's doing
                    raise RaymerError(f"a worker cannot run fits: {reason}") from self.error


def _no_restarts() -> Any:
    """Return Train's configuration of failures, with every restart off that this version of Ray knows."""
    from ray.train import FailureConfig

    known = {field.name for field in fields(FailureConfig)}
    return FailureConfig(max_failures=0, **dict.fromkeys(RESTARTS & known, 0))


def _few_words() -> dict[str, Any]:
    """Return what keeps Train's own lines off the terminal, where this version of Ray has it."""
    kind = inside("train", "LoggingConfig")
    return {} if kind is None else {"logging_config": kind(log_level="ERROR")}


def _drain(config: dict[str, Any]) -> None:
    """Take units from the list until all are done: what a worker does."""
    import ray

    end_with_parent()
    errand, node = config["errand"], ray.get_runtime_context().get_node_id()
    place = f"{ray.util.get_node_ip_address()} ({node[:6]})"
    worker = Worker(config["gang"], place, os.getpid(), config["for_gpu"])
    queue, store = errand.queue, ResultStore(errand.store, has_answered=True)
    errand.guests.let_in()
    inputs, splits = errand.inputs.get(), ray.get(errand.splits)
    units = ray.get(queue.take.remote(worker))
    with one_thread():
        while units is not None:
            if not units:
                time.sleep(IDLE_SECONDS)
                units = ray.get(queue.take.remote(worker))
                continue
            start = time.monotonic()
            try:
                records = run_units(units, inputs, splits, store, worker)
            except StoreError as error:
                ray.get(queue.stop.remote(str(error)))
                return
            if errand.metrics:
                count_fits(records)
            firsts, most = [unit[0].id for unit in units], units_next(len(units), time.monotonic() - start)
            units = ray.get(queue.finish_and_take.remote(worker, firsts, records, most))
