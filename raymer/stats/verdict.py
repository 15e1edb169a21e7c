"""What may be claimed about two methods: the verdict, and the comparison that leads to it."""

import math

import pandas as pd

from raymer.stats.bayes import check_rope, correlated_bayes
from raymer.stats.comparison import Comparison, Spread
from raymer.stats.corrected import nadeau_bengio, split_variance
from raymer.stats.effect import standardised_effect
from raymer.stats.frame import check_columns, check_known, only_metric
from raymer.stats.naive import paired_t, welch
from raymer.stats.outcome import TTest, check_share
from raymer.stats.pairing import pair
from raymer.stats.pairs import Pairs

# One hundredth of the metric's range, the region that Benavoli et al. (2017) use for accuracy.
ROPE = 0.01

IDENTICAL = "identical"
EQUAL = "practically equal"
NO_CLAIM = "no difference can be claimed"


def compare(
    scores: pd.DataFrame,
    a: str,
    b: str,
    *,
    target: str | None = None,
    metric: str | None = None,
    epoch: int = 0,
    rope: float = ROPE,
    alpha: float = 0.05,
    higher_is_better: bool = True,
) -> tuple[Comparison, ...]:
    """Compare methods `a` and `b` on each target, and say in plain words what may be claimed.

    Exchanging `a` and `b` flips the sign of every difference and leaves every p and verdict as it is.

    Parameters
    ----------
    scores : DataFrame, one row a fit score; columns as in :func:`raymer.stats.pair`
    a, b : str
        Names of the methods.
    target : str or None
        One target; None for each that either method was scored on, in alphabetical order.
    metric : str or None
        The metric; None when the scores hold only one.
    epoch : int
        Which epoch of iterative methods.
    rope : float
        Half-width of the region of practical equivalence, in units of the metric.
    alpha : float
        Level of the tests; their intervals are at 1 - alpha, hence 95 % unless told otherwise.
    higher_is_better : bool
        False for an error such as RMSE; concerns who is called better, and no number.

    Returns
    -------
    tuple of Comparison
        one for each target

    Raises
    ------
    ValueError
        as :func:`raymer.stats.pair`, for several metrics when none is named, for a negative rope, or for alpha
        outside (0, 1).
    """
    check_columns(scores)
    check_rope(rope)
    metric = only_metric(scores, metric)
    for method in (a, b):
        check_known("method", method, scores["method"].unique())
    scores = scores[(scores["metric"] == metric) & scores["method"].isin([a, b])]
    targets = [target] if target is not None else targets_of(scores)
    return tuple(
        compare_pairs(
            pair(scores, a, b, target=name, metric=metric, epoch=epoch),
            rope=rope,
            alpha=alpha,
            higher_is_better=higher_is_better,
        )
        for name in targets
    )


def compare_pairs(
    pairs: Pairs, *, rope: float = ROPE, alpha: float = 0.05, higher_is_better: bool = True
) -> Comparison:
    """Run every test on paired scores and give the verdict; parameters and errors as in :func:`compare`."""
    check_share("alpha", alpha)
    confidence = 1 - alpha
    decisive = nadeau_bengio(pairs, confidence)
    return Comparison(
        target=pairs.target,
        metric=pairs.metric,
        epoch=pairs.epoch,
        a=pairs.method_a,
        b=pairs.method_b,
        welch=welch(pairs, confidence),
        paired_t=paired_t(pairs, confidence),
        nadeau_bengio=decisive,
        correlated_bayes=correlated_bayes(pairs, rope=rope, confidence=confidence),
        effect=standardised_effect(pairs, confidence),
        difference=pairs.difference,
        splits=pairs.count,
        verdict=verdict(
            pairs.method_a, pairs.method_b, decisive, rope=rope, alpha=alpha, higher_is_better=higher_is_better
        ),
        higher_is_better=higher_is_better,
        spread=Spread(math.sqrt(split_variance(pairs)), pairs.ratio, pairs.songs),
    )


def verdict(
    a: str,
    b: str,
    test: TTest,
    *,
    rope: float,
    alpha: float,
    p: float | None = None,
    higher_is_better: bool = True,
) -> str:
    """Put a corrected test into words.

    ===============================  =======================  ==============================================
    p below alpha                    interval                 verdict
    ===============================  =======================  ==============================================
    (identical scores)               (0, 0)                   identical
    either                           inside the ROPE          practically equal
    yes                              beyond the ROPE          A is better than B
    yes                              reaches into the ROPE    A is better than B, perhaps by less than the ROPE
    no                               not inside the ROPE      no difference can be claimed
    ===============================  =======================  ==============================================

    An interval at 1 - alpha inside the ROPE is the test of equivalence by two one-sided tests (Schuirmann 1987) at
    half of alpha.

    Parameters
    ----------
    a, b : str
        Names of the methods.
    test : TTest
        The corrected test, its interval at 1 - alpha.
    rope : float
        Half-width of the region of practical equivalence, in units of the metric.
    alpha : float
        Level below which p makes a difference.
    p : float or None
        Adjusted p to decide by in place of the test's own.
    higher_is_better : bool
        False for an error such as RMSE.
    """
    if test.difference == 0 and test.interval == (0.0, 0.0):
        return IDENTICAL
    low, high = test.interval
    if -rope < low and high < rope:
        return EQUAL
    if not (test.p if p is None else p) < alpha:
        return NO_CLAIM
    better, worse = (a, b) if (test.difference > 0) == higher_is_better else (b, a)
    claim = f"{better} is better than {worse}"
    least = min(abs(low), abs(high))
    return claim if least > rope else f"{claim}, perhaps by less than {rope:g}"


def targets_of(scores: pd.DataFrame) -> list[str]:
    """Return the names of the targets in the scores, in alphabetical order."""
    return sorted(set(map(str, scores["target"].unique())))
