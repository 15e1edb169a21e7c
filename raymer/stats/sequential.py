"""Stopping early without fooling oneself: looks fixed beforehand, each with its share of the level."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from scipy import stats

from raymer.stats.bayes import check_rope
from raymer.stats.boundaries import information, levels
from raymer.stats.corrected import nadeau_bengio
from raymer.stats.outcome import TTest, check_share
from raymer.stats.pairs import Pairs

Spending = Literal["even", "pocock", "obrien-fleming"]


@dataclass(frozen=True)
class Look:
    """One planned look: after how many splits, and the level it may spend."""

    splits: int
    alpha: float


@dataclass(frozen=True)
class SequentialDecision:
    """What the plan allows now.

    `stop` says whether to stop; `reason` in plain words why; `test` is the corrected test at the last look
    reached, with the interval at that look's own level, None before the first look; `next_look` is the number
    of splits to wait for, None when there is nothing to wait for.
    """

    stop: bool
    reason: str
    test: TTest | None
    next_look: int | None


def plan_looks(
    splits: int,
    looks: int = 4,
    *,
    alpha: float = 0.05,
    spending: Spending = "obrien-fleming",
    ratio: float | None = None,
) -> tuple[Look, ...]:
    """Plan equally spaced looks at the scores and share the level `alpha` out between them.

    The level spent by the share t of the experiment is, with z the upper alpha/4 quantile of the normal,

    - even:            alpha * t
    - pocock:          alpha * log(1 + (e - 1) t)
    - obrien-fleming:  4 (1 - Phi(z / sqrt(t)))

    (the last two, two-sided, after Lan and DeMets 1983, Biometrika 70, 659-663).

    Without `ratio`, t is the share of the splits and each look is tested at what is newly spent. No account is taken
    of how the looks hang together: by Bonferroni's inequality the chance of a false claim at any look stays below
    alpha however they do. That is safe and costs power: in benchmarks/calibration.py about an eighth of it.

    With `ratio` = n_test/n_train, t is the share of the information and the levels follow from the covariance of the
    splits that the corrected test assumes anyway (:func:`raymer.stats.boundaries.levels`); next to no power is lost.
    Meant for random splits, where every two splits are alike.

    Parameters
    ----------
    splits : int
        Splits of the whole experiment.
    looks : int
        How many times the scores are looked at, the last time at the end.
    alpha : float
        Level of the whole plan.
    spending : {"even", "pocock", "obrien-fleming"}
        How the level is shared out; "obrien-fleming" keeps most of it for the end.
    ratio : float or None
        n_test / n_train, or None to assume nothing of the dependence between looks.

    Raises
    ------
    ValueError
        for no look, fewer than two new splits a look, alpha outside (0, 1), an unknown spending, or a ratio that is
        not above 0.
    """
    check_share("alpha", alpha)
    if looks < 1 or splits < 2 * looks:
        raise ValueError(f"{looks} look(s) at {splits} splits: each look needs at least two new splits")
    if spending not in get_args(Spending):
        raise ValueError(f"unknown spending {spending!r} (known: {', '.join(get_args(Spending))})")
    counts = [splits * step // looks for step in range(1, looks + 1)]
    if ratio is None:
        spent = [0.0] + [_spent(count / splits, alpha, spending) for count in counts]
        shares = [later - sooner for sooner, later in pairwise(spent)]
    else:
        shares = _modelled(counts, ratio, alpha, spending)
    return tuple(Look(count, share) for count, share in zip(counts, shares, strict=True))


def decide(pairs: Pairs, plan: tuple[Look, ...], *, rope: float = 0.0) -> SequentialDecision:
    """Say whether the planned looks allow to stop with the splits there are.

    Only planned looks are taken, each on the first splits in the order of (repeat, fold): scores between two looks
    are not tested. Stops when the corrected test is below the look's level, when the interval at the look's
    level lies inside the region of practical equivalence, or at the last look. The chance of a false claim of a
    difference at any look is alpha; stopping for equivalence only lowers it. Let the splits be
    finished in their order before a look; a look at whichever came back first is not the planned one.

    Parameters
    ----------
    pairs : Pairs
        Scores of two methods on the splits done so far.
    plan : tuple of Look
        Looks from :func:`plan_looks`, made before the first score was seen.
    rope : float
        Half-width of the region of practical equivalence, in units of the metric; 0 never stops for it.

    Raises
    ------
    ValueError
        for an empty plan, more splits than were planned, or a negative rope.
    """
    check_rope(rope)
    if not plan:
        raise ValueError("the plan has no looks")
    if pairs.count > plan[-1].splits:
        raise ValueError(f"{pairs.count} splits are scored, but only {plan[-1].splits} were planned")
    test: TTest | None = None
    for look in plan:
        if pairs.count < look.splits:
            return SequentialDecision(False, f"wait for {look.splits} splits", test, look.splits)
        seen = pairs.first(look.splits)
        test = nadeau_bengio(seen, 1 - look.alpha)
        reason = _reason(test, look, rope, seen.identical)
        if reason:
            return SequentialDecision(True, reason, test, None)
    return SequentialDecision(True, "the last planned look is done; no difference can be claimed", test, None)


def _reason(test: TTest, look: Look, rope: float, identical: bool) -> str:
    if test.p < look.alpha:
        return f"a difference at {look.splits} splits (p {test.p:.2g} < {look.alpha:.2g})"
    # Scores that are identical so far have no spread from which an interval could be had.
    if not identical and -rope < test.interval[0] and test.interval[1] < rope:
        return f"practically equal at {look.splits} splits (within {rope:g})"
    return ""


def _modelled(counts: list[int], ratio: float, alpha: float, spending: Spending) -> list[float]:
    if not (math.isfinite(ratio) and ratio > 0):
        raise ValueError(f"ratio must be above 0, not {ratio}")
    held = information(counts, ratio)
    return levels(held, [_spent(share, alpha, spending) for share in held])


def _spent(share: float, alpha: float, spending: Spending) -> float:
    if spending == "even":
        return alpha * share
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * share)
    return float(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(share)))
