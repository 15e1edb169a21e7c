"""The corrected resampled t-test: the test that decides in raymer."""

import math

import numpy as np
from scipy import stats

from raymer.stats.naive import identical
from raymer.stats.outcome import Interval, TTest, check_share
from raymer.stats.pairs import Pairs

FLOOR_NOTE = (
    "the difference is the same on every split; its spread is taken as the rounding of a score counted in "
    "steps of 1/n_test"
)


def correction(pairs: Pairs) -> float:
    """Return 1/J + n_test/n_train, the factor from the variance of a difference to that of their mean.

    1/J alone would hold for independent splits. The second term stands for the covariance of splits that
    share songs; it does not shrink with more splits. Nadeau and Bengio (2003), Machine Learning 52,
    239-281, the corrected resampled t-test; with n_test/n_train = 1/(k-1) it is the test for repeated
    k-fold of Bouckaert and Frank (2004), PAKDD.
    """
    return 1 / pairs.count + pairs.ratio


def split_variance(pairs: Pairs) -> float:
    """Return the sample variance (ddof=1) of the differences over splits, in squared units of the metric.

    A variance of zero is not believed. Counted scores such as accuracy move in steps h = 1/n_test, and a
    few equal differences are then likely by chance; the two scores' rounding has variance h**2/12 each
    (Sheppard), so their difference is given h**2/6. The same floor serves other metrics, where equal
    differences hardly occur.
    """
    if pairs.constant:
        step = 1 / float(np.mean(pairs.n_test))
        return step**2 / 6
    return float(np.var(pairs.differences, ddof=1))


def corrected_variance(pairs: Pairs) -> float:
    """Return the variance of the mean difference: `split_variance` times `correction`."""
    return split_variance(pairs) * correction(pairs)


def nadeau_bengio(pairs: Pairs, confidence: float = 0.95) -> TTest:
    """Corrected resampled t-test of Nadeau and Bengio on the paired differences of overlapping splits.

    t = mean(d) / sqrt(var(d, ddof=1) * (1/J + n_test/n_train)), two-sided, with J - 1 degrees of freedom;
    n_test/n_train is the mean of the actual ratios. Scores identical on every split give t = 0, p = 1 and
    the interval (0, 0); a difference that is constant and not zero gives a finite t, because its variance
    is held at the floor of :func:`split_variance`.

    Parameters
    ----------
    pairs : Pairs
        Scores of two methods on J splits.
    confidence : float
        Level of the interval.

    Raises
    ------
    ValueError
        when `confidence` is not strictly between 0 and 1.
    """
    check_share("confidence", confidence)
    df = pairs.count - 1
    if pairs.identical:
        return identical("nadeau_bengio", df, confidence, valid=True)
    error = math.sqrt(corrected_variance(pairs))
    t = pairs.difference / error
    p = float(2 * stats.t.sf(abs(t), df))
    interval = t_interval(pairs.difference, error, df, confidence)
    note = FLOOR_NOTE if pairs.constant else ""
    return TTest("nadeau_bengio", t, df, p, pairs.difference, interval, confidence, True, note)


def t_interval(centre: float, error: float, df: float, confidence: float) -> Interval:
    """Return centre -/+ the t quantile times the standard error."""
    half = float(stats.t.isf((1 - confidence) / 2, df)) * error
    return (centre - half, centre + half)
