"""Which systems of an experiment a report sets against each other, and what the tests say of them."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from raymer.protocols.scoring import find_metric
from raymer.reports.table import PlannedSystem, one_metric
from raymer.results.frame import AVERAGE, Metrics, at_epoch, average_over_targets, last_epoch
from raymer.stats import Comparison, adjust, compare_pairs, pair


def contrasts(
    systems: Sequence[PlannedSystem],
    labels: Sequence[str],
    scores: pd.DataFrame,
    metrics: Metrics,
) -> dict[str, list[Comparison]]:
    """Return comparisons by title: for each protocol and target those of the pairs that belong beside each other.

    A system that learns its representation from the target stands against those that do not, with the same predictor,
    at its own width or on all features; without such a system, all pairs. Pairs are taken only if both systems have
    all their scores, none of them undefined, on the same splits. p is Holm's over the pairs of a title. With more than
    two targets that are scored alike the mean over all is compared; each target by the metric that decides.

    Parameters
    ----------
    systems : sequence
        Study.systems.
    labels : sequence of str
        A name a system, unique within a protocol.
    scores : DataFrame
        Study.scores, a score a fold.
    metrics : mapping of target to names of metrics
        Study.metrics.
    """
    found = {}
    as_average = len(metrics) > 2 and one_metric(metrics)
    protocols = list(dict.fromkeys(system.protocol for system in systems))
    for protocol in protocols:
        rows = [k for k, system in enumerate(systems) if system.protocol == protocol]
        named = [(systems[k], labels[k]) for k in rows]
        for target in [AVERAGE] if as_average else metrics:
            metric = next(iter(metrics.values()))[0] if as_average else metrics[target][0]
            mine = scores[scores["row"].isin(rows) & (scores["metric"] == metric)]
            mine = mine.assign(method=mine["row"].map(dict(enumerate(labels))))
            mine = at_epoch(mine, last_epoch(mine, metric))
            if as_average:
                mine = average_over_targets(mine, len(metrics))
            made = _compared(named, mine[mine["target"] == target], metric)
            if made:
                found[f"{target}, {protocol}" if len(protocols) > 1 else target] = made
    return found


def _compared(named: Sequence[tuple[PlannedSystem, str]], scores: pd.DataFrame, metric: str) -> list[Comparison]:
    """Compare the pairs whose splits are the same and complete; `scores` are of one target and epoch."""
    splits = {label: {fit.split for fit in system.fits} for system, label in named}
    done = scores.groupby("method")["value"].count()  # what is undefined is not counted
    whole = [(system, label) for system, label in named if done.get(label, 0) == len(splits[label])]
    pairs = [(a, b) for a, b in _pairs(whole) if splits[a] == splits[b] and len(splits[a]) > 1]
    if not pairs:
        return []
    one = scores.iloc[0]
    asked = {"target": one["target"], "metric": metric, "epoch": int(one["epoch"])}
    better = find_metric(metric).higher_is_better
    rows = dict(iter(scores.groupby("method", sort=False)))  # a pair is looked for among its own rows alone
    made = [
        compare_pairs(pair(pd.concat([rows[a], rows[b]]), a, b, **asked), higher_is_better=better) for a, b in pairs
    ]
    return adjust(made, higher_is_better=better)


def _pairs(named: Sequence[tuple[PlannedSystem, str]]) -> list[tuple[str, str]]:
    learnt = [(system, label) for system, label in named if _is_learnt(system)]
    others = [(system, label) for system, label in named if not _is_learnt(system)]
    if not learnt or not others:
        return list(combinations([label for _, label in named], 2))
    return [(a, b) for first, a in learnt for second, b in others if _are_alike(first, second)]


def _is_learnt(system: PlannedSystem) -> bool:
    """Whether its representation is learnt from the targets; of networks, whether by a similarity."""
    learnt = system.system
    if learnt.network is not None:
        return bool(learnt.objective != "direct")
    return bool(learnt.is_supervised)


def _are_alike(first: PlannedSystem, second: PlannedSystem) -> bool:
    if first.system.network is not None or second.system.network is not None:
        return True
    same_width = second.system.width in (None, first.system.width)
    return same_width and first.system.predictor == second.system.predictor
