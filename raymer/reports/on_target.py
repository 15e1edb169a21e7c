"""The scores that are set against each other: those of one protocol on one target, each row at the same epoch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from raymer.protocols.scoring import find_metric
from raymer.reports.table import PlannedSystem, one_metric
from raymer.results.frame import AVERAGE, Metrics, at_epoch, average_over_targets, last_epoch
from raymer.stats import Scored, scored


@dataclass(frozen=True, eq=False)
class OnTarget:
    """Scores of the rows of one protocol on one target, by the metric that decides; `about` names what is meant.

    `scores` is tidy, a row a split, its column "method" the row's name.
    """

    about: str
    protocol: str
    target: str
    metric: str
    epoch: int
    scores: pd.DataFrame

    @property
    def higher_is_better(self) -> bool:
        """The direction of the metric."""
        return find_metric(self.metric).higher_is_better

    def complete(self, splits: Mapping[str, frozenset[str]]) -> dict[str, Scored]:
        """Return the scores by row, of those that have one that is defined on each of their splits."""
        done = self.scores.groupby("method")["value"].count()  # what is undefined is not counted
        whole = [name for name, own in splits.items() if own and done.get(name, 0) == len(own)]
        if not whole:
            return {}
        return scored(self.scores, whole, target=self.target, metric=self.metric, epoch=self.epoch)


def on_targets(
    systems: Sequence[PlannedSystem], names: Mapping[int, str], scores: pd.DataFrame, metrics: Metrics
) -> Iterator[OnTarget]:
    """Yield the scores of each protocol and target; with more than two targets scored alike, of the mean over them.

    Parameters
    ----------
    systems : sequence
        Study.systems.
    names : mapping of a system's place to its name
        Unique within a protocol.
    scores : DataFrame
        Study.scores, a score a fold.
    metrics : mapping of target to names of metrics
        Study.metrics; the first of a target decides.
    """
    as_average = len(metrics) > 2 and one_metric(metrics)
    protocols = list(dict.fromkeys(system.protocol for system in systems))
    for protocol in protocols:
        rows = [k for k, system in enumerate(systems) if system.protocol == protocol]
        for target in [AVERAGE] if as_average else metrics:
            metric = next(iter(metrics.values()))[0] if as_average else metrics[target][0]
            mine = scores[scores["row"].isin(rows) & (scores["metric"] == metric)]
            mine = mine.assign(method=mine["row"].map(dict(names)))
            epoch = last_epoch(mine, metric)
            mine = at_epoch(mine, epoch)
            if as_average:
                mine = average_over_targets(mine, len(metrics))
            about = f"{target}, {protocol}" if len(protocols) > 1 else target
            yield OnTarget(about, protocol, target, metric, epoch, mine[mine["target"] == target])
