"""Every pair of methods, with Holm's adjustment for having looked at them all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import pandas as pd

from raymer.stats.bayes import check_rope
from raymer.stats.comparison import Comparison
from raymer.stats.corrected import nadeau_bengio
from raymer.stats.frame import check_columns, check_known, only_metric
from raymer.stats.holm import holm
from raymer.stats.pairing import Scored, pair_up, scored
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
    methods : sequence of str or None
        Which methods, in the order in which pairs are named; None for all, in alphabetical order.
    across_targets : bool
        Whether the family spans the targets.
    target, metric, epoch, rope, alpha, higher_is_better : str or None, str or None, int, float, float, bool
        As in :func:`raymer.stats.compare`.

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
        check_known("target", target, scores["target"].unique())
    found = []
    for name in [target] if target is not None else targets_of(scores):
        own = scored(scores, chosen, target=name, metric=metric, epoch=epoch)
        found.append(
            [
                compare_pairs(pair_up(own[a], own[b]), rope=rope, alpha=alpha, higher_is_better=higher_is_better)
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
    known = sorted(set(map(str, scores["method"].unique())))
    chosen = known if methods is None else list(methods)
    for method in chosen:
        check_known("method", method, known)
    if len(chosen) < 2:
        raise ValueError(f"at least two methods are needed, not {len(chosen)}: {', '.join(chosen) or 'none'}")
    twice = sorted({method for method in chosen if chosen.count(method) > 1})
    if twice:
        raise ValueError(f"named more than once: {', '.join(twice)}")
    return chosen


def compare_some(
    shown: Iterable[tuple[Scored, Scored]],
    others: Iterable[tuple[Scored, Scored]] = (),
    *,
    higher_is_better: bool = True,
) -> list[Comparison]:
    """Compare pairs of methods that were chosen from a family; p is Holm's over the whole of it.

    Parameters
    ----------
    shown : iterable of (Scored, Scored)
        Pairs to compare.
    others : iterable of (Scored, Scored)
        The pairs of the family that are not asked for; whoever shows the best against each chose it by these.
    higher_is_better : bool
        As in :func:`raymer.stats.compare`.
    """
    among = [nadeau_bengio(pair_up(a, b)).p for a, b in others]
    made = [compare_pairs(pair_up(a, b), higher_is_better=higher_is_better) for a, b in shown]
    return adjust(made, among=among, higher_is_better=higher_is_better)


def adjust(
    family: Sequence[Comparison],
    *,
    among: Sequence[float] = (),
    rope: float = ROPE,
    alpha: float = 0.05,
    higher_is_better: bool = True,
) -> list[Comparison]:
    """Return the comparisons of a family with Holm's p over all of them, decided by it.

    For families that are not all pairs; `among` holds the p of those that belong to the family and are not asked
    for. Other parameters are as in :func:`compare_all`.
    """
    adjusted = holm([*(one.nadeau_bengio.p for one in family), *among])[: len(family)]
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
