"""Comparing two systems on one split: from their stored predictions of its test clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from raymer.errors import UsageError
from raymer.identity import derive_seed
from raymer.protocols.metrics import Metric
from raymer.protocols.scoring import find_metric
from raymer.results.frame import AVERAGE
from raymer.results.result import Result
from raymer.results.store import ResultStore
from raymer.stats.bootstrap import SplitComparison, compare_on_split
from raymer.studies.comparison import PlannedComparison
from raymer.studies.proof import proven
from raymer.studies.study import PlannedSystem


@dataclass(frozen=True, eq=False)
class _Predicted:
    """What a system said of the test clips for one target, in the split's order."""

    true: np.ndarray
    predicted: np.ndarray
    classes: Sequence[str] | None

    def score(self, metric: Metric, rows: np.ndarray) -> float | None:
        return metric.score(self.true[rows], self.predicted[rows], self.classes)


def compare_one_split(
    planned: PlannedComparison, store: ResultStore, target: str, metric: str, epoch: int, rope: float
) -> SplitComparison:
    """Compare the two systems of a planned comparison with one split on a target, or on the average; its fits are done.

    Raises
    ------
    UsageError
        For a metric of probabilities where a system has none.
    ValueError
        As `raymer.stats.bootstrap.group_bootstrap`.
    """
    study, [split] = planned.study, planned.splits
    a, b = planned.labels
    found, read = find_metric(metric), proven(store, study.plan)
    targets = study.spec.targets if target == AVERAGE else (target,)
    predicted = [
        tuple(_predicted(system, read, name, epoch, split.test, found) for system in study.systems) for name in targets
    ]
    return compare_on_split(
        _difference(predicted, found),
        study.plan.samples.clips.only(split.test).groups,
        target=target,
        metric=metric,
        epoch=epoch,
        a=a,
        b=b,
        rope=rope,
        seed=derive_seed("bootstrap", split.id),
        higher_is_better=found.higher_is_better,
    )


def _difference(predicted: Sequence[tuple[_Predicted, ...]], metric: Metric) -> Callable[[np.ndarray], float | None]:
    def of(rows: np.ndarray) -> float | None:
        values = []
        for both in predicted:
            first, second = (one.score(metric, rows) for one in both)
            if first is None or second is None:
                return None
            values.append(first - second)
        return float(np.mean(values))

    return of


def _predicted(
    system: PlannedSystem,
    read: Callable[[str], Result],
    target: str,
    epoch: int,
    tested: np.ndarray,
    metric: Metric,
) -> _Predicted:
    [fit] = [fit for fit in system.fits if target in fit.targets]
    result = read(fit.id)
    at = (result.targets == target) & (result.epochs == (epoch if system.system.epochs else 0))
    row_of = {clip: row for row, clip in enumerate(result.clip_ids[at].tolist())}
    order = [row_of[clip] for clip in tested.tolist()]
    if metric.needs == "labels":
        return _Predicted(result.true[at][order], result.predicted[at][order], None)
    if result.probabilities is None:
        raise UsageError(f"{system.name} has no probabilities: choose a metric of labels, such as balanced_accuracy")
    return _Predicted(result.true[at][order], result.probabilities[at][order], list(result.classes))
