"""Scores are made of stored predictions: of one fit, or pooled over the fits of a repeat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raymer.errors import RaymerError, UsageError
from raymer.protocols.metrics import Metric
from raymer.results.result import Result


@dataclass(frozen=True)
class Score:
    """One number, or None where the metric is undefined, of one target at one epoch."""

    target: str
    epoch: int
    value: float | None


def score(metric: Metric, results: Sequence[Result]) -> list[Score]:
    """Return a score for every target and epoch of results, whose predictions are taken as those of one test part.

    Parameters
    ----------
    metric : Metric
    results : sequence of Result
        Of one fit; or, to be pooled, of the fits of one system on the splits of one repeat. Targets of another kind
        than the metric's have no score.

    Raises
    ------
    UsageError
        For a metric of probabilities where there are none.
    RaymerError
        When the metric cannot be computed.
    """
    first = results[0]
    if metric.kind != ("number" if first.true.dtype.kind == "f" else "class"):
        return []
    targets, epochs = np.concatenate([r.targets for r in results]), np.concatenate([r.epochs for r in results])
    true, predicted = np.concatenate([r.true for r in results]), np.concatenate([r.predicted for r in results])
    probabilities, classes = _pooled(results) if metric.needs == "probabilities" else (predicted, None)
    found = []
    for target in dict.fromkeys(targets.tolist()):
        of_target = targets == target
        for epoch in np.unique(epochs[of_target]).tolist():
            at = of_target & (epochs == epoch)
            try:
                value = metric.score(true[at], probabilities[at], classes)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise RaymerError(f"metric {metric.name} of {target} failed: {reason}") from error
            found.append(Score(target, epoch, value))
    return found


def _pooled(results: Sequence[Result]) -> tuple[np.ndarray, list[str]]:
    """Return probabilities of all results below each other, a column a class; nought where a fit did not know it."""
    names = sorted({name for result in results for name in result.classes})
    tables = []
    for result in results:
        if result.probabilities is None:
            raise UsageError("the predictor has no probabilities: choose a metric of labels, such as balanced_accuracy")
        table = np.zeros((len(result.true), len(names)))
        table[:, [names.index(name) for name in result.classes]] = result.probabilities
        tables.append(table)
    return np.concatenate(tables), names
