"""Which systems of an experiment a report sets against each other, and what the tests say of them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import pandas as pd

from raymer.reports.on_target import OnTarget, on_targets
from raymer.reports.table import PlannedSystem
from raymer.results.frame import Metrics
from raymer.stats import Comparison, Scored, compare_some

MOST_PAIRS = 66
"""All pairs of twelve rows: of more, those with the best are shown, since nobody reads a thousand intervals."""


def contrasts(
    systems: Sequence[PlannedSystem],
    labels: Sequence[str],
    scores: pd.DataFrame,
    metrics: Metrics,
) -> dict[str, list[Comparison]]:
    """Return comparisons by title: for each protocol and target those of the pairs that belong beside each other.

    A system that learns its representation from the target stands against those that do not, with the same predictor,
    at its own width or on all features; without such a pair, all pairs. Pairs are taken only if both systems have
    all their scores, none of them undefined, on the same splits. Of more than MOST_PAIRS those with the best row are
    returned. p is Holm's over all pairs, those that are not returned too. With more than two targets that are scored
    alike the mean over all is compared; each target by the metric that decides.

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
    for one in on_targets(systems, dict(enumerate(labels)), scores, metrics):
        named = [
            (system, label) for system, label in zip(systems, labels, strict=True) if system.protocol == one.protocol
        ]
        pairs, own = _pairs_of(named, one)
        shown, about = pairs, one.about
        if len(pairs) > MOST_PAIRS:
            best = _best({name for both in pairs for name in both}, own, one.higher_is_better)
            shown = [both for both in pairs if best in both]
            about = f"{one.about}, {best} against each (of {len(pairs):,} pairs)"
        others = [both for both in pairs if both not in shown] if shown is not pairs else []
        made = compare_some(
            [(own[a], own[b]) for a, b in shown],
            [(own[a], own[b]) for a, b in others],
            higher_is_better=one.higher_is_better,
        )
        if made:
            found[about] = made
    return found


def _pairs_of(
    named: Sequence[tuple[PlannedSystem, str]], one: OnTarget
) -> tuple[list[tuple[str, str]], dict[str, Scored]]:
    """Return the pairs whose splits are the same and complete, with the scores of their rows."""
    splits = {label: frozenset(fit.split for fit in system.fits) for system, label in named}
    own = one.complete(splits)
    whole = [(system, label) for system, label in named if label in own]
    return [(a, b) for a, b in _pairs(whole) if splits[a] == splits[b] and len(splits[a]) > 1], own


def _best(names: Collection[str], own: Mapping[str, Scored], higher_is_better: bool) -> str:
    sign = 1 if higher_is_better else -1
    return max((name for name in own if name in names), key=lambda name: sign * float(own[name].values.mean()))


def _pairs(named: Sequence[tuple[PlannedSystem, str]]) -> list[tuple[str, str]]:
    learnt = [(system, label) for system, label in named if _is_learnt(system)]
    others = [(system, label) for system, label in named if not _is_learnt(system)]
    if not learnt or not others:
        return list(combinations([label for _, label in named], 2))
    alike = [(a, b) for first, a in learnt for second, b in others if _are_alike(first, second)]
    return alike or list(combinations([label for _, label in named], 2))


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
