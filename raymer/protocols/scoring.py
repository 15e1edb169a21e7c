"""The metrics: raymer's own, those of installed packages, and classes of files that were brought."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from raymer.components.catalogue import Catalogue
from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.protocols.metrics import CATALOGUE, Metric, Needs

KINDS = ("number", "class")
NEEDS = ("labels", "probabilities")
DEFAULT = ("r2", "accuracy")
"""Where nobody names a metric: one a kind of target."""


def _why_not(cls: type[Any]) -> str:
    if getattr(cls, "kind", None) not in KINDS:
        return 'has no kind, "number" or "class"'
    if getattr(cls, "needs", "labels") not in NEEDS:
        return 'needs something else than "labels" or "probabilities"'
    return "" if callable(getattr(cls, "score", None)) else "has no score(true, predicted)"


METRICS = Catalogue(
    "metric", [Component(metric.name, "metric", "", metric.words) for metric in CATALOGUE.values()], _why_not
)
"""The metrics by name. A foreign one is a class with `kind` ("number" or "class") and `score(true, predicted)`, which
returns a number, or None where it is undefined. It may have `higher_is_better` (else True) and `needs`: with
"probabilities" it is asked score(true, probabilities, classes), a column a class."""


def find_metric(name: str) -> Metric:
    """Return the metric called `name`, or that of the class at "module:Class".

    Raises
    ------
    UsageError
        For an unknown name (with the nearest), or a class that is no metric.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    component = METRICS[name]
    known = _FOREIGN.get(name)
    if known is None or known.revision != component.revision:
        known = _FOREIGN[name] = _of_class(name, component.cls, component.what, component.revision)
    return known


def metric_names() -> list[str]:
    """Return the names that need no path."""
    return METRICS.names()


def metrics_for(kind: str) -> list[str]:
    """Return the names, of those that need no path, of the metrics for a kind of target."""
    return [name for name in METRICS.names() if find_metric(name).kind == kind]


def metric_words(name: str) -> str:
    """Return what a metric's values mean, for which targets, which are better, and what they are made from."""
    metric = find_metric(name)
    made = ", from probabilities" if metric.needs == "probabilities" else ""
    return f"{metric.words} ({metric.kind}; {metric.direction}{made})"


def check_metrics(names: Sequence[str]) -> None:
    """Refuse names of no metric, none at all, and one named twice."""
    if not names:
        raise UsageError(f"no metric is named: choose of {', '.join(metric_names())}")
    for name in names:
        find_metric(name)
        if list(names).count(name) > 1:
            raise UsageError(f"metric {name} is named twice")


_FOREIGN: dict[str, Metric] = {}


def _of_class(name: str, cls: type[Any], words: str, revision: str) -> Metric:
    made = cls()

    def compute(*given: Any) -> float | None:
        value = made.score(*given)
        if value is None:
            return None
        if not np.isfinite(value):
            raise ValueError(f"{name} returned {value}: return None where it is undefined")
        return float(value)

    needs: Needs = getattr(cls, "needs", "labels")
    return Metric(name, cls.kind, words or name, compute, bool(getattr(cls, "higher_is_better", True)), needs, revision)
