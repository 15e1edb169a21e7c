"""The standardised effect: how large a difference is beside its spread over splits."""

import math
from dataclasses import dataclass

from scipy import special

from raymer.stats.corrected import correction, split_variance
from raymer.stats.outcome import Interval, check_share
from raymer.stats.pairs import Pairs


@dataclass(frozen=True)
class Effect:
    """Standardised effect of A over B (no unit), with its interval at the level `confidence`."""

    value: float
    interval: Interval
    confidence: float


def standardised_effect(pairs: Pairs, confidence: float = 0.95) -> Effect:
    """Mean difference over the standard deviation of the differences, with a noncentral-t interval.

    d = mean(d) / sd(d), Cohen's d of paired differences. The corrected statistic
    t = d / sqrt(1/J + n_test/n_train) is referred to the noncentral t with J - 1 degrees of freedom; the
    noncentralities that put t at the upper and the lower (1 - confidence)/2 quantile, times that root,
    bound d: Steiger and Fouladi (1997), with the variance of Nadeau and Bengio (2003). Found numerically
    by ``scipy.special.nctdtrinc``, good to about six digits. Identical scores give 0 and (0, 0).

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
    if pairs.identical:
        return Effect(0.0, (0.0, 0.0), confidence)
    value = pairs.difference / math.sqrt(split_variance(pairs))
    root = math.sqrt(correction(pairs))
    # Solved for |t| and mirrored, so that exchanging A and B mirrors the interval exactly.
    low, high = _noncentralities(abs(value) / root, pairs.count - 1, confidence)
    bounds = (low * root, high * root)
    return Effect(value, bounds if value >= 0 else (-bounds[1], -bounds[0]), confidence)


def _noncentralities(t: float, df: int, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = (float(special.nctdtrinc(df, quantile, t)) for quantile in (1 - tail, tail))
    return low, high
