"""Trials on Ray Tune: one actor a worker, kept warm from trial to trial; one step of it is one fold."""

import asyncio
import contextlib
import gc
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch
from ray.tune.stopper import Stopper

from raymer.engine.gang.room import Room
from raymer.engine.guests import guests_for_workers
from raymer.errors import RaymerError
from raymer.learners.threads import one_thread
from raymer.results.store import ResultStore
from raymer.scratch import scratch
from raymer.studies.search.journal import retry_trial
from raymer.studies.search.task import FoldReport, Params, SearchTask
from raymer.studies.search.trials import SearchRun

QUIET = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # an interrupt is ours to tell
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # the study is told by us, not from Tune's results
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "60",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}
CPU_ONLY = Room()
REPORT = "report"
NUMBER = "number"
DEATHS = "deaths"
GATE_SECONDS = 30
"""How long a worker waits for the others; a cluster may have fewer free CPUs than it says."""

MOST_DEATHS = 3
"""How often a configuration is tried again after its worker died; then it counts as failed."""


class _Gate:
    """Holds the first workers until all have started.

    Tune gives a waiting trial to the first warm actor that is free, and then drops the one that is still starting for
    it: with trials shorter than a start the first worker would do them all.
    """

    def __init__(self, workers: int) -> None:
        self._missing = workers
        self._open = asyncio.Event()

    async def pass_through(self) -> None:
        """Return when as many as there are workers have come."""
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()
        await self._open.wait()


class FoldByFold(tune.Trainable):  # type: ignore[misc]
    """Runs trial after trial; each step is one fold."""

    def setup(self, config: dict[str, Any], task: SearchTask | None = None, store: str = "", gate: Any = None) -> None:
        """Take the work, which comes once from Ray's object store, and the first configuration."""
        assert task is not None
        task.guests.let_in()
        self._task, self._store = task, ResultStore(store, has_answered=True)
        self._pinned = contextlib.ExitStack()
        self._pinned.enter_context(one_thread())  # for as long as this process lives
        with contextlib.suppress(ray.exceptions.GetTimeoutError, ray.exceptions.RayActorError):
            ray.get(gate.pass_through.remote(), timeout=GATE_SECONDS)
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next configuration into this warm process."""
        self._params = {name: value for name, value in new_config.items() if name != NUMBER}
        self._fold = 0
        return True

    def step(self) -> dict[str, Any]:
        """Run the next fold."""
        report = self._task.run_fold(self._params, self._fold, self._store)
        self._fold += 1
        return {REPORT: asdict(report)}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Keep nothing: results are in the store."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Begin anew: folds that are done are found in the store."""


class _Searcher(OptunaSearch):  # type: ignore[misc]
    """OptunaSearch on our study, told what a trial is worth by the run and not by its last result."""

    def __init__(self, run: SearchRun) -> None:
        self._run = run
        self._trials: dict[str, Any] = {}
        several = len(run.task.objectives) > 1
        names = [f"value_{name}" for name in run.task.objectives]
        mode = "max" if run.task.sign > 0 else "min"
        super().__init__(
            self._define,
            metric=names if several else names[0],
            mode=[mode] * len(names) if several else mode,
            sampler=run.study.sampler,
            study_name=run.study.study_name,
            storage=run.storage,
        )
        self._names = names

    def _define(self, trial: Any) -> dict[str, Any]:
        self._run.begin(trial)
        self._latest = trial.ot_trial
        return {NUMBER: trial.number}

    def suggest(self, trial_id: str) -> Any:
        """Return the next configuration, None when those in flight may be the last, FINISHED when all are over."""
        if self._run.remaining == 0:
            return Searcher.FINISHED
        if self._run.remaining <= self._run.in_flight:
            return None
        params = super().suggest(trial_id)
        self._trials[trial_id] = self._latest
        return params

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Pass over: the scores of the folds are written at the end."""

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell the study; a trial whose worker died is tried again, since Tune's own retries miss some deaths."""
        if self._run.broken:
            return  # interrupted, and tried again when the store can be written
        trial = self._trials.pop(trial_id)
        if error and trial.user_attrs.get(DEATHS, 0) < MOST_DEATHS:
            self._run.interrupt(trial)
            super().on_trial_complete(trial_id, None, error=True)
            retry_trial(self._run.study, trial, {DEATHS: trial.user_attrs.get(DEATHS, 0) + 1})
            return
        values = self._run.end(trial, f"its worker died {MOST_DEATHS + 1} times" if error else "")
        told = dict(zip(self._names, values, strict=True)) if values else None
        super().on_trial_complete(trial_id, told, error=values is None)

    def save(self, checkpoint_path: str) -> None:
        """Keep nothing: the journal is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Never: nothing of Tune's own state is read again."""
        raise RaymerError("a search goes on from its journal")


class _Race(FIFOScheduler):  # type: ignore[misc]
    """Ends a trial when the run says so: scored on all folds, hopeless, or failed."""

    def __init__(self, run: SearchRun) -> None:
        super().__init__()
        self._run = run

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        report = {name.removeprefix(f"{REPORT}/"): v for name, v in result.items() if name.startswith(f"{REPORT}/")}
        over = self._run.hear(trial.config[NUMBER], FoldReport(**report))
        return str(TrialScheduler.STOP if over else TrialScheduler.CONTINUE)


class _Halt(Stopper):  # type: ignore[misc]
    """Stops everything when the store cannot be written."""

    def __init__(self, run: SearchRun) -> None:
        self._run = run

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return bool(self._run.broken)


def run_on_tune(run: SearchRun, workers: int, room: Room = CPU_ONLY) -> None:
    """Run the trials that are missing on `workers` warm actors of the Ray that is connected, with `room` for each.

    Raises
    ------
    RaymerError
        When Tune gives up before all trials are over.
    """
    guests_for_workers()  # what the task carries along travels by value
    gate = ray.remote(num_cpus=0)(_Gate).remote(min(workers, run.remaining))
    trainable = tune.with_parameters(FoldByFold, task=run.task, store=run.store.location, gate=gate)
    if room.gpus:
        trainable = tune.with_resources(trainable, room.per_worker)
    with _quiet(), scratch("tune") as folder:  # for its owner alone: mode 0700
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                num_samples=-1,  # until the searcher says that it is finished
                search_alg=_Searcher(run),
                scheduler=_Race(run),
                max_concurrent_trials=workers,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=str(folder),
                stop=_Halt(run),
                verbose=0,
                log_to_file=False,
            ),
        )
        tuner.fit()
        del tuner
        gc.collect()  # Tune's controller stands in a cycle, and keeps the places of its workers until it is collected
    if run.remaining and not run.broken:
        raise RaymerError(f"Ray Tune ended with {run.remaining} trials missing: run the command again")


def run_one_fold(task: SearchTask, params: Params, store: ResultStore, room: Room) -> FoldReport:
    """Run a configuration on the first split of `task` by a worker of the Ray that is connected, with `room` for it.

    Raises
    ------
    RaymerError
        When the worker dies again and again.
    """
    guests_for_workers()
    remote = ray.remote(_one_fold).options(num_cpus=1, num_gpus=room.per_worker.get("GPU", 0.0))
    try:
        report: FoldReport = ray.get(remote.remote(task, params, store.location))
    except ray.exceptions.RayError as error:
        raise RaymerError(f"a fit on Ray ended with its worker: {str(error).splitlines()[0]}") from error
    return report


def _one_fold(task: SearchTask, params: Params, store: str) -> FoldReport:
    task.guests.let_in()
    with one_thread():
        return task.run_fold(params, 0, ResultStore(store, has_answered=True))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in QUIET}
    logger = logging.getLogger("ray.tune")
    level = logger.level
    os.environ.update(QUIET)
    logger.setLevel(logging.CRITICAL)  # what failed is told by us
    try:
        yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
