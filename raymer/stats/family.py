"""Every pair of methods, with Holm's adjustment for having looked at them all."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pandas as pd

from raymer.stats.bayes import check_rope
from raymer.stats.comparison import Comparison
from raymer.stats.frame import check_columns, check_known, only_metric
from raymer.stats.holm import holm
from raymer.stats.pairing import pair
from raymer.stats.verdict import ROPE, compare_pairs, targets_of, verdict


def compare_all(
    scores: pd.DataFrame,
    methods: Sequence[str] | None = None,
    *,
    target: str | None = None,
    metric: str | None = None,
    epoch: int = 0,
    rope: float = ROPE,
    alpha: float = 0.05,
    higher_is_better: bool = True,
    across_targets: bool = False,
) -> tuple[Comparison, ...]:
    """Compare every pair of methods; decide each by its Holm-adjusted p.

    The family is all pairs on one target; with `across_targets` it is all pairs on all targets, for whoever means
    to claim the best of the whole table. Differences are adjusted in this way; the intervals, and with them the
    verdict "practically equal", hold for each pair by itself.

    Parameters
    ----------
    scores : DataFrame, one row a fit score; columns as in :func:`raymer.stats.pair`
    methods : which methods, in the order in which pairs are named; None for all, in alphabetical order
    across_targets : whether the family spans the targets
    target, metric, epoch, rope, alpha, higher_is_better : as in :func:`raymer.stats.compare`

    Returns
    -------
    tuple of Comparison
        by target, then by pair, each with `p_holm`

    Raises
    ------
    ValueError
        as :func:`raymer.stats.compare`, and for fewer than two methods or one named twice.
    """
    check_columns(scores)
    check_rope(rope)
    metric = only_metric(scores, metric)
    scores = scores[scores["metric"] == metric]
    chosen = _chosen(scores, methods)
    if target is not None:
        check_known("target", target, scores["target"])
    found = []
    for name in [target] if target is not None else targets_of(scores):
        # Cut once for a target: the pairs are many and the frame may be long.
        rows = scores[scores["target"] == name]
        found.append(
            [
                compare_pairs(
                    pair(rows, a, b, target=name, metric=metric, epoch=epoch),
                    rope=rope,
                    alpha=alpha,
                    higher_is_better=higher_is_better,
                )
                for a, b in combinations(chosen, 2)
            ]
        )
    families = [[one for family in found for one in family]] if across_targets else found
    return tuple(
        adjusted
        for family in families
        for adjusted in adjust(family, rope=rope, alpha=alpha, higher_is_better=higher_is_better)
    )


def _chosen(scores: pd.DataFrame, methods: Sequence[str] | None) -> list[str]:
    known = sorted(set(map(str, scores["method"])))
    chosen = known if methods is None else list(methods)
    for method in chosen:
        check_known("method", method, known)
    if len(chosen) < 2:
        raise ValueError(f"at least two methods are needed, not {len(chosen)}: {', '.join(chosen) or 'none'}")
    twice = sorted({method for method in chosen if chosen.count(method) > 1})
    if twice:
        raise ValueError(f"named more than once: {', '.join(twice)}")
    return chosen


def adjust(
    family: Sequence[Comparison], *, rope: float = ROPE, alpha: float = 0.05, higher_is_better: bool = True
) -> list[Comparison]:
    """Return the comparisons of a family with Holm's p over all of them, decided by it.

    For families that are not all pairs; parameters are as in :func:`compare_all`.
    """
    adjusted = holm([one.nadeau_bengio.p for one in family])
    return [
        replace(
            one,
            p_holm=p,
            verdict=verdict(
                one.a, one.b, one.nadeau_bengio, rope=rope, alpha=alpha, p=p, higher_is_better=higher_is_better
            ),
        )
        for one, p in zip(family, adjusted, strict=True)
    ]
