"""The gang: one Ray Train run an experiment, whose ranks drain the list of missing fits.

Starting a Train run costs seconds and a report up to two, so there is one run, no report, and results travel through
the store. World size and rank decide nothing about a fit.
"""

import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from raymer.engine.cluster import connected
from raymer.engine.fit import Plan, Unit
from raymer.engine.queue import Progress, WorkQueue
from raymer.engine.work import one_thread, run_unit
from raymer.errors import RaymerError
from raymer.results.store import ResultStore, StoreError

POLL_SECONDS = 0.2
RESTARTS = 20
START_TIMEOUT = 180.0


def run_gang(
    plan: Plan,
    work: list[Unit],
    store: ResultStore,
    on_progress: Callable[[Progress], None],
    *,
    address: str = "local",
    workers: int | None = None,
) -> Progress:
    """Run the units of `work` on Ray and return how it ended; `on_progress` is called a few times a second.

    Raises
    ------
    RaymerError
        When Ray cannot be reached, gives no worker in time, or the gang dies more than 20 times.
    """
    with connected(address, workers) as n_workers:
        import ray

        queue = ray.remote(WorkQueue).options(num_cpus=0, max_restarts=-1, max_task_retries=-1).remote(work)
        shared = ray.put((plan.samples, dict(plan.splits)))
        config = {"queue": queue, "shared": shared, "store": store.location}
        thread = _TrainThread(config, min(n_workers, len(work)))
        thread.start()
        started = time.monotonic()
        while thread.is_alive():
            progress: Progress = ray.get(queue.progress.remote())
            on_progress(progress)
            idle = progress.done == 0 and progress.running == 0 and not progress.failed
            if idle and time.monotonic() - started > START_TIMEOUT:
                raise RaymerError(f"no worker started within {START_TIMEOUT:.0f} s: has the cluster free CPUs?")
            thread.join(POLL_SECONDS)
        progress = ray.get(queue.progress.remote())
        on_progress(progress)
        if thread.error is not None and progress.stopped is None:
            raise RaymerError(f"the gang of workers died: {str(thread.error).splitlines()[0]}") from thread.error
        return progress


class _TrainThread(threading.Thread):
    """Trainer.fit blocks, and progress is wanted meanwhile: it runs here."""

    def __init__(self, config: dict[str, Any], n_workers: int) -> None:
        super().__init__(daemon=True)
        self._config = config
        self._n_workers = n_workers
        self.error: Exception | None = None

    def run(self) -> None:
        """Run the gang to its end; what it raised is kept in `error`."""
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

        folder = tempfile.mkdtemp(prefix="raymer-train-")  # Train wants one; nothing of ours lies in it
        try:
            DataParallelTrainer(
                _drain,
                train_loop_config=self._config,
                scaling_config=ScalingConfig(num_workers=self._n_workers, resources_per_worker={"CPU": 1}),
                run_config=RunConfig(
                    name=f"raymer-{uuid.uuid4().hex[:8]}",
                    storage_path=folder,
                    failure_config=FailureConfig(max_failures=RESTARTS),
                ),
            ).fit()
        except Exception as error:
            self.error = error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _drain(config: dict[str, Any]) -> None:
    """Take units from the queue until none waits: what a rank does."""
    import ray
    from ray.train import get_context

    rank, world_size = get_context().get_world_rank(), get_context().get_world_size()
    queue, store = config["queue"], ResultStore(config["store"])
    samples, splits = ray.get(config["shared"])
    ray.get(queue.join.remote(rank, world_size))
    unit: Unit | None = ray.get(queue.take.remote(rank))
    with one_thread():
        while unit is not None:
            try:
                failed = run_unit(unit, samples, splits[unit[0].split], store)
            except StoreError as error:
                ray.get(queue.stop.remote(str(error)))
                return
            unit = ray.get(queue.finish_and_take.remote(rank, unit[0].id, failed))
