"""Power: how many splits, or how many songs, a difference of a given size would need.

All of it rests on the corrected variance sd**2 * (1/J + n_test/n_train) of Nadeau and Bengio (2003), taken as
if it were the true one, and on the noncentral t. It is an approximation for planning, not a second test.
"""

import math
from dataclasses import dataclass

from scipy import optimize, stats

from raymer.stats.corrected import split_variance
from raymer.stats.outcome import check_share
from raymer.stats.pairs import Pairs

MOST_SPLITS = 10**6


@dataclass(frozen=True)
class PowerPlan:
    """What it would take to see `difference` (units of the metric) with probability `power`.

    `now` is the power at the splits and songs there are; `detectable` the smallest difference seen with the
    wanted power now; `splits` the splits needed with the songs there are, None when no number is enough;
    `songs` the songs needed with the splits there are.
    """

    difference: float
    power: float
    now: float
    detectable: float
    splits: int | None
    songs: int


def power_plan(pairs: Pairs, difference: float, *, power: float = 0.8, alpha: float = 0.05) -> PowerPlan:
    """Plan from scores in hand what a difference of the given size would need.

    Parameters
    ----------
    pairs : Pairs
        Scores of two methods on J splits, from which the spread, J, the ratio and the songs are taken.
    difference : float
        Size of the true difference to be seen, in units of the metric, above 0.
    power : float
        Wanted probability of seeing it.
    alpha : float
        Level of the two-sided corrected test.

    Raises
    ------
    ValueError
        for a difference that is not above 0, or a level or power outside (0, 1).
    """
    sd, ratio, count = math.sqrt(split_variance(pairs)), pairs.ratio, pairs.count
    return PowerPlan(
        difference,
        power,
        power_at(difference, sd=sd, splits=count, ratio=ratio, alpha=alpha),
        detectable_difference(sd=sd, splits=count, ratio=ratio, power=power, alpha=alpha),
        splits_needed(difference, sd=sd, ratio=ratio, power=power, alpha=alpha),
        songs_needed(difference, sd=sd, splits=count, ratio=ratio, songs=pairs.songs, power=power, alpha=alpha),
    )


def power_at(difference: float, *, sd: float, splits: int, ratio: float, alpha: float = 0.05) -> float:
    """Probability that the corrected test finds a true difference of this size.

    The statistic is taken as noncentral t with J - 1 degrees of freedom and noncentrality
    difference / (sd * sqrt(1/J + n_test/n_train)).

    Parameters
    ----------
    difference : float
        Size of the true difference, in units of the metric, above 0.
    sd : float
        Standard deviation of the paired differences over splits, same units.
    splits : int
        J, at least 2.
    ratio : float
        n_test / n_train.
    alpha : float
        Level of the two-sided test.

    Raises
    ------
    ValueError
        for a difference or sd that is not above 0, fewer than two splits, or alpha outside (0, 1).
    """
    _check(difference, sd, ratio, alpha)
    _check_splits(splits)
    return _power(difference / (sd * math.sqrt(1 / splits + ratio)), splits - 1, alpha)


def detectable_difference(*, sd: float, splits: int, ratio: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest true difference that the corrected test finds with the wanted power.

    Parameters and errors are those of :func:`power_at`; the answer is in the units of `sd`.
    """
    _check(1.0, sd, ratio, alpha, power)
    _check_splits(splits)
    return _noncentrality(splits - 1, power, alpha) * sd * math.sqrt(1 / splits + ratio)


def splits_needed(difference: float, *, sd: float, ratio: float, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """Fewest splits with the wanted power, or None when no number of splits can reach it.

    More splits shrink only the 1/J of the variance; n_test/n_train stays. As J grows the statistic tends to
    a normal with mean difference / (sd * sqrt(n_test/n_train)) and variance 1, and when even that is too
    near to zero only more songs will help. Numbers above a million splits count as unreachable.

    Parameters and errors are those of :func:`power_at`.
    """
    _check(difference, sd, ratio, alpha, power)

    def enough(splits: int) -> bool:
        return power_at(difference, sd=sd, splits=splits, ratio=ratio, alpha=alpha) >= power

    if not enough(MOST_SPLITS):
        return None
    low, high = 1, MOST_SPLITS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def songs_needed(
    difference: float,
    *,
    sd: float,
    splits: int,
    ratio: float,
    songs: float,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Fewest songs with the wanted power at the same number of splits and the same n_test/n_train.

    Takes the variance of a split's difference to fall as 1/songs, as the variance of a mean over test songs
    does, and the difference itself to stay: songs * (noncentrality wanted / noncentrality now)**2.

    Parameters
    ----------
    songs : float
        Songs in the corpus from which `sd` was had; the others as in :func:`power_at`.

    Raises
    ------
    ValueError
        as :func:`power_at`, and for a number of songs that is not above 0.
    """
    _check(difference, sd, ratio, alpha, power)
    _check_splits(splits)
    if not songs > 0:
        raise ValueError(f"songs must be above 0, not {songs}")
    detectable = detectable_difference(sd=sd, splits=splits, ratio=ratio, power=power, alpha=alpha)
    return math.ceil(songs * (detectable / difference) ** 2)


def _power(noncentrality: float, df: int, alpha: float) -> float:
    critical = float(stats.t.isf(alpha / 2, df))
    above = float(stats.nct.sf(critical, df, noncentrality))
    below = float(stats.nct.cdf(-critical, df, noncentrality))
    return min(1.0, above + below)


def _noncentrality(df: int, power: float, alpha: float) -> float:
    if power <= alpha:
        return 0.0
    top = 1.0
    while _power(top, df, alpha) < power:
        top *= 2
    return float(optimize.brentq(lambda value: _power(value, df, alpha) - power, 0.0, top))


def _check(difference: float, sd: float, ratio: float, alpha: float, power: float = 0.5) -> None:
    for name, size in (("difference", difference), ("sd", sd), ("ratio", ratio)):
        if not (math.isfinite(size) and size > 0):
            raise ValueError(f"{name} must be above 0, not {size}")
    check_share("alpha", alpha)
    check_share("power", power)


def _check_splits(splits: int) -> None:
    if splits < 2:
        raise ValueError(f"at least two splits are needed, not {splits}")
