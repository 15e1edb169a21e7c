"""The metrics of a fit: raymer's own, and those that installed packages bring by an entry point."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from raymer.components.catalogue import Catalogue
from raymer.components.component import Component
from raymer.protocols.metrics import METRICS as OWN

Score = Callable[[np.ndarray, np.ndarray], float | None]

WORDS = {
    "r2": "R2: 1 is perfect, 0 is no better than always saying the labels' mean",
    "pearson": "Pearson's r: 1 is perfect order and proportion, whatever the scale; 0 is none",
    "accuracy": "accuracy: the share of clips whose class is right",
}
"""What a metric's values mean."""


def _why_not(cls: type[Any]) -> str:
    if getattr(cls, "kind", None) not in ("number", "class"):
        return 'has no kind, "number" or "class"'
    return "" if callable(getattr(cls, "score", None)) else "has no score(true, predicted)"


METRICS = Catalogue(
    "metric",
    [
        Component(name, "metric", "", f"{WORDS.get(name, name)} ({kind})")
        for kind, metrics in OWN.items()
        for name in metrics
    ],
    _why_not,
)
"""The metrics by name. A foreign one is a class with `kind` ("number" or "class") and `score(true, predicted)`, which
returns a number, or None where it is undefined."""


@cache
def _of_packages() -> dict[str, dict[str, Score]]:
    found: dict[str, dict[str, Score]] = {"number": {}, "class": {}}
    for name in METRICS.names():
        if name not in METRICS.own:
            made = METRICS[name].cls()
            found[made.kind][name] = made.score
    return found


def metrics_of(kind: str) -> dict[str, Score]:
    """Return the metrics of a kind of target, "number" or "class": those that are stored for every fit."""
    return {**OWN[kind], **_of_packages()[kind]}


def metric_names() -> list[str]:
    """Return the name of every metric."""
    return [*metrics_of("number"), *metrics_of("class")]
