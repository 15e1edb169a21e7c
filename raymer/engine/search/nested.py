"""Nested search: what a search finds, scored on clips that it has not seen (law 5)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raymer.engine.search.run import Execute, Score, run_trials, score_here
from raymer.errors import RaymerError, UsageError
from raymer.protocols.nested import OuterFold, nested_splits, outer_protocol
from raymer.results.store import ResultStore
from raymer.stats.corrected import t_interval
from raymer.studies.search.journal import SearchOutcome
from raymer.studies.search.place import journal_of
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.trials import OnProgress
from raymer.studies.search.worth import OuterWorth, Worth, write_worth

CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class OuterResult:
    """One outer fold: what the search on its train part chose, what it promised, and what it gave.

    Attributes
    ----------
    fold : int
    best_params : dict
    inner_value : float
        Mean over the inner folds, which chose it.
    value : float
        On the outer test part.
    n_train, n_test : int
        Clips.
    search : SearchOutcome
    """

    fold: int
    best_params: dict[str, Any]
    inner_value: float
    value: float
    n_train: int
    n_test: int
    search: SearchOutcome


@dataclass(frozen=True, eq=False)
class NestedOutcome:
    """A flat search beside the honest estimate of what it found.

    Attributes
    ----------
    flat : SearchOutcome
        On all clips; its best value is that of the folds that chose it.
    outer : tuple of OuterResult
    estimate : float
        Mean of the outer values.
    interval : (float, float)
        At CONFIDENCE, the variance corrected for train parts that overlap (Nadeau and Bengio, 2003).
    optimism : float
        By how much the flat best value is better than the estimate.
    """

    flat: SearchOutcome
    outer: tuple[OuterResult, ...]
    estimate: float
    interval: tuple[float, float]
    optimism: float


def run_nested(
    planned: PlannedSearch,
    folds: int,
    store: ResultStore,
    execute: Execute,
    *,
    journal: str | None = None,
    score: Score = score_here,
    on_progress: OnProgress,
) -> NestedOutcome:
    """Run the flat search and one search in the train part of each outer fold, whose best is scored once.

    What they found is kept beside the flat search's journal, for the report.

    Parameters
    ----------
    planned : PlannedSearch
    folds : int
        Outer folds; grouped where the search's protocol is.
    store, execute, journal, on_progress
        As `run_trials` takes them.
    score : callable
        Runs what was chosen on an outer fold; `Executor.score` does it where the trials ran.

    Raises
    ------
    UsageError
        For two objectives (a front is no one configuration to be scored), less than two folds, or a given split,
        whose test part is held out already.
    RaymerError
        As `run_trials`; when no trial of an outer fold could be scored, or its best failed on the whole train part.
    """
    if planned.held is not None:
        raise UsageError(
            "outer folds go with folds: the given split has a test part, and what is found is scored on it"
        )
    if len(planned.task.objectives) > 1:
        raise UsageError("outer folds go with one objective: the best of two is no one configuration to be scored")
    outer_folds = plan_outer(planned, folds)
    flat = run_trials(planned, store, execute, journal=journal, label="flat", on_progress=on_progress)
    outer = []
    for fold in outer_folds:
        label = f"outer fold {fold.outer.fold + 1} of {folds}"
        inner = inner_search(planned, fold)
        outcome = run_trials(inner, store, execute, journal=journal, label=label, on_progress=on_progress)
        outer.append(_score(planned, fold, outcome, store, score))
    values = np.array([result.value for result in outer])
    overlap = float(np.mean([result.n_test / result.n_train for result in outer]))
    error = float(np.sqrt(values.var(ddof=1) * (1 / folds + overlap)))
    estimate = float(values.mean())
    interval = t_interval(estimate, error, folds - 1, CONFIDENCE)
    best = flat.best_value if flat.best_value is not None else float("nan")
    made = NestedOutcome(flat, tuple(outer), estimate, interval, planned.task.sign * (best - estimate))
    if flat.best_value is not None:
        where = journal_of(planned, store.location, journal)
        where.keep(write_worth(_worth(made, flat.best_value), where.path))
    return made


def _worth(made: NestedOutcome, best: float) -> Worth:
    """Return what the report shows of it."""
    return Worth(
        trials=len(made.flat.trials),
        flat_best=best,
        estimate=made.estimate,
        interval=made.interval,
        optimism=made.optimism,
        outer=tuple(OuterWorth(one.fold, one.best_params, one.inner_value, one.value) for one in made.outer),
    )


def plan_outer(planned: PlannedSearch, folds: int) -> tuple[OuterFold, ...]:
    """Return the outer folds, each with inner splits by the search's own protocol."""
    outer = outer_protocol(planned.protocol, folds)
    return tuple(nested_splits(outer, planned.protocol, planned.task.samples.clips))


def inner_search(planned: PlannedSearch, fold: OuterFold) -> PlannedSearch:
    """Return the search inside an outer train part: the outer test clips are not even among its samples."""
    inside = planned.task.samples.only(fold.outer.train.tolist())
    return planned.on(replace(planned.task, samples=inside, splits=fold.inner))


def score_held(
    planned: PlannedSearch, outcome: SearchOutcome, store: ResultStore, score: Score = score_here
) -> OuterResult | None:
    """Score what a search on a given split found, once, on its test part; None where there is nothing to score.

    It is trained on the train part alone, as the trials were: valid clips have chosen it and no more.

    Raises
    ------
    RaymerError
        When no trial could be scored, or the best failed.
    """
    held = planned.held
    if held is None or len(planned.task.objectives) > 1:
        return None
    whole = planned.on(replace(planned.task, samples=held.samples))
    return _score(whole, OuterFold(held.split, planned.task.splits), outcome, store, score)


def _score(
    planned: PlannedSearch, fold: OuterFold, outcome: SearchOutcome, store: ResultStore, score: Score
) -> OuterResult:
    """Fit the best configuration once on the outer train part and score it once on the outer test part."""
    where = f"outer fold {fold.outer.fold}"
    if outcome.best_value is None:
        raise RaymerError(f"{where}: no trial could be scored: {'; '.join(outcome.failed[:1])}")
    store.put_split(fold.outer)
    task = replace(planned.task, splits=(fold.outer,))
    report = score(task, outcome.best_params, store)
    if report.error or report.broken:
        raise RaymerError(f"{where}: {report.error or report.broken}")
    return OuterResult(
        fold=fold.outer.fold,
        best_params=outcome.best_params,
        inner_value=outcome.best_value,
        value=report.scores[0],
        n_train=len(fold.outer.train),
        n_test=len(fold.outer.test),
        search=outcome,
    )
