"""Performance by epoch: means over folds of methods that are trained by epochs (paper B, figures 1 to 6, table 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from raymer.reports.table import PlannedSystem
from raymer.results.frame import AVERAGE


@dataclass(frozen=True)
class CurvePoint:
    """One method, target and epoch.

    `mean` and `sd` (divided by the number of folds) are over folds, and None while one is missing. The target
    "average" is the mean over all targets, fold by fold. `published` belongs to the published number of epochs and
    stands beside every epoch; None where nothing was published.
    """

    method: str
    target: str
    epoch: int
    metric: str
    mean: float | None
    sd: float | None
    folds: int
    published: float | None
    difference: float | None
    seconds: float
    protocol: str

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data; `emotion` is paper B's word for the target."""
        return {
            "method": self.method,
            "emotion": self.target,
            "epoch": self.epoch,
            "metric": self.metric,
            "mean": self.mean,
            "sd": self.sd,
            "folds": self.folds,
            "published": self.published,
            "difference": self.difference,
            "seconds": self.seconds,
            "protocol": self.protocol,
        }


def make_points(
    systems: Sequence[PlannedSystem], scores: pd.DataFrame, targets: Sequence[str], metric: str
) -> list[CurvePoint]:
    """Return a point a system, target (and their average) and epoch, in that order; `scores` is Study.scores."""
    chosen = scores[scores["metric"] == metric]
    points = []
    for number, system in enumerate(systems):
        mine = chosen[chosen["row"] == number]
        published = {target: system.published[target].mean for target in targets if target in system.published}
        if len(published) == len(targets):
            published[AVERAGE] = float(np.mean(list(published.values())))
        for target in (*targets, *([AVERAGE] if len(targets) > 1 else [])):
            for epoch in sorted(mine["epoch"].unique()):
                points.append(_point(system, mine[mine["epoch"] == epoch], target, int(epoch), metric, published))
    return points


def _point(
    system: PlannedSystem, scores: pd.DataFrame, target: str, epoch: int, metric: str, published: dict[str, float]
) -> CurvePoint:
    mine = scores if target == AVERAGE else scores[scores["target"] == target]
    folds = mine.groupby("fit")
    values = folds["value"].mean().to_numpy()
    is_whole = len(values) == len(system.fits)
    mean = float(values.mean()) if is_whole else None
    known = published.get(target)
    return CurvePoint(
        method=system.name,
        target=target,
        epoch=epoch,
        metric=metric,
        mean=mean,
        sd=float(values.std()) if is_whole else None,
        folds=len(values),
        published=known,
        difference=mean - known if mean is not None and known is not None else None,
        seconds=float(folds["reducer_seconds"].first().mean()),
        protocol=system.protocol,
    )
