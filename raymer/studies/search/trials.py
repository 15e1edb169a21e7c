"""A search under way: what its trials have scored, which of them go on, and what the study is told at their end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from optuna.trial import Trial, TrialState

from raymer.learners.threads import one_thread
from raymer.results.store import ResultStore
from raymer.studies.search.journal import OpenStudy, draw, finished, state_of
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.race import comparable, is_hopeless
from raymer.studies.search.samplers import ERROR
from raymer.studies.search.task import FoldReport, SearchTask

Scores = list[tuple[float, ...]]
"""A row a fold, a number an objective."""


@dataclass
class RunningTrial:
    """A trial in flight."""

    number: int
    params: dict[str, Any]
    scores: Scores = field(default_factory=list)
    fits: list[str] = field(default_factory=list)
    seconds: float = 0.0
    stopped_by: Scores | None = None
    error: str = ""

    @property
    def mean(self) -> float:
        """Of all scores so far."""
        return float(np.mean(self.scores)) if self.scores else float("nan")


@dataclass(frozen=True)
class TrialLine:
    """A line of the live table: a trial that runs or has just ended; `value` is NaN where there is none."""

    number: int
    state: str
    value: float
    folds: int
    params: dict[str, Any]


@dataclass(frozen=True)
class SearchProgress:
    """How far a search is.

    Attributes
    ----------
    label : str
        What is searched: "outer fold 1 of 5", say; empty for a flat search.
    total, done, stopped : int
        Trials asked for, over, and of these stopped early.
    best_value : float or None
    best_params : dict
    lines : tuple of TrialLine
        Trials in flight, then those that ended last.
    left : float or None
        Seconds, by the pace of this call.
    """

    label: str
    total: int
    done: int
    stopped: int
    best_value: float | None
    best_params: dict[str, Any]
    lines: tuple[TrialLine, ...]
    left: float | None


OnProgress = Callable[[SearchProgress], None]
SHOWN = 8
"""How many trials that are over the live table shows."""


class SearchRun:
    """The driver's side of a search; the same whether trials run on Ray or in this process.

    Parameters
    ----------
    planned : PlannedSearch
    opened : OpenStudy
        The study, and the storage that it is written to.
    store : ResultStore
    on_progress : callable
    label : str
    """

    def __init__(
        self, planned: PlannedSearch, opened: OpenStudy, store: ResultStore, on_progress: OnProgress, label: str = ""
    ) -> None:
        self.planned, self.store, self.label = planned, store, label
        self.study, self.storage = opened
        self.broken = ""
        self.ran: set[str] = set()
        self.reused: set[str] = set()
        self.spared = 0
        self.seconds = 0.0
        self._on_progress = on_progress
        self._running: dict[int, RunningTrial] = {}
        self._started = time.monotonic()
        self._over: list[TrialLine] = []
        self._best: tuple[Scores, dict[str, Any]] | None = None
        self._done = self._stopped = 0
        for trial in finished(self.study):
            scores = [tuple(row) for row in trial.user_attrs["folds"]]
            self._count(state_of(trial))
            if state_of(trial) == "whole":
                self._compete(scores, dict(trial.params))
        self._before = self._done

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing: Tune writes what it holds to its folder, and a search goes on from its journal alone."""
        return {}

    @property
    def task(self) -> SearchTask:
        """The work."""
        return self.planned.task

    @property
    def remaining(self) -> int:
        """How many trials are still to be run."""
        return max(0, self.planned.trials - self._done)

    def begin(self, trial: Trial) -> dict[str, Any]:
        """Draw the configuration of a trial and take note that it runs."""
        params = draw(trial, self.planned.space)
        self._running[trial.number] = RunningTrial(trial.number, params)
        return params

    def hear(self, number: int, report: FoldReport) -> bool:
        """Take in what became of a fold and return whether the trial is over."""
        trial = self._running[number]
        self.ran |= set(report.ran)
        self.reused |= set(report.reused) - self.ran
        self.seconds += report.seconds
        trial.seconds += report.seconds
        trial.fits += [*report.reused, *report.ran]
        self.broken = self.broken or report.broken
        if report.error or report.broken:
            trial.error = report.error
            return True
        trial.scores.append(report.scores)
        over = len(trial.scores) == len(self.task.splits)
        if not over and self._is_hopeless(trial):
            over = True
            assert self._best is not None
            trial.stopped_by = self._best[0]
            left = len(self.task.splits) - len(trial.scores)
            self.spared += left * len(trial.fits) // len(trial.scores)
        self.show()
        return over

    def end(self, trial: Trial, error: str = "") -> list[float] | None:
        """Write down what became of a trial and return its values, None for a failed one; telling is the caller's."""
        running = self._running.pop(trial.number)
        error = running.error or error
        trial.set_user_attr("folds", running.scores)
        trial.set_user_attr("fits", running.fits)
        trial.set_user_attr("seconds", running.seconds)
        trial.set_user_attr("stopped", running.stopped_by is not None)
        values = [float(value) for value in np.mean(running.scores, axis=0)] if running.scores else None
        state = "whole"
        if error:
            trial.set_user_attr(ERROR, error)
            state, values = "failed", None
        elif running.stopped_by is not None:
            state = "stopped"
            values = [comparable(_column(running.scores), _column(running.stopped_by))]
        else:
            self._compete(running.scores, running.params)
        mean = float(np.mean(values)) if values else float("nan")
        self._count(state)
        self._over.append(TrialLine(trial.number, state, mean, len(running.scores), running.params))
        self.show()
        return values

    def interrupt(self, trial: Trial) -> None:
        """Forget a trial whose worker died: marking it failed is the caller's; it is tried again, as another trial."""
        del self._running[trial.number]

    @property
    def in_flight(self) -> int:
        """How many trials run now."""
        return len(self._running)

    def show(self) -> None:
        """Tell how far the search is."""
        now = [
            TrialLine(trial.number, "running", trial.mean, len(trial.scores), trial.params)
            for trial in self._running.values()
        ]
        new = self._done - self._before
        pace = (time.monotonic() - self._started) / new if new else None
        progress = SearchProgress(
            label=self.label,
            total=max(self.planned.trials, self._done),
            done=self._done,
            stopped=self._stopped,
            best_value=float(np.mean(self._best[0])) if self._best else None,
            best_params=self._best[1] if self._best else {},
            lines=(*now, *reversed(self._over[-SHOWN:])),
            left=pace * self.remaining if pace is not None else None,
        )
        self._on_progress(progress)

    def _is_hopeless(self, trial: RunningTrial) -> bool:
        if not self.planned.stopping or self._best is None:
            return False
        sign = self.task.sign
        return is_hopeless(sign * np.array(_column(trial.scores)), sign * np.array(_column(self._best[0])))

    def _compete(self, scores: Scores, params: dict[str, Any]) -> None:
        if self._best is None or self.task.sign * (np.mean(scores) - np.mean(self._best[0])) > 0:
            self._best = (scores, params)

    def _count(self, state: str) -> None:
        self._done += 1
        self._stopped += state == "stopped"


def _column(scores: Scores) -> list[float]:
    return [row[0] for row in scores]


def run_serial(run: SearchRun) -> None:
    """Run the trials that are missing one after the other, in this process."""
    with one_thread():
        while run.remaining and not run.broken:
            _run_trial(run)


def _run_trial(run: SearchRun) -> None:
    trial = run.study.ask()
    params = run.begin(trial)
    for fold in range(len(run.task.splits)):
        if run.hear(trial.number, run.task.run_fold(params, fold, run.store)):
            break
    if run.broken:
        return
    values = run.end(trial)
    if values is None:
        run.study.tell(trial, state=TrialState.FAIL)
    else:
        run.study.tell(trial, values)
