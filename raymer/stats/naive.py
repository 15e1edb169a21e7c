"""Tests that take the splits for independent: what papers print, not what decides here."""

import math
import warnings
from typing import Any

import numpy as np
from scipy import stats

from raymer.stats.outcome import TTest, check_share
from raymer.stats.pairs import Pairs

OVERLAP = "the splits share songs, so their scores are not independent and p is far too small"


def welch(pairs: Pairs, confidence: float = 0.95) -> TTest:
    """Welch's t-test over the two lists of scores, as published; never valid for splits of one corpus.

    It neither uses the pairing nor knows that the splits overlap. With 100 random 9:1 splits of 400
    songs and two equally good learners it finds a difference about every other time. Kept so that the
    published verdicts can be shown beside valid ones. Welch (1947), Biometrika 34, 28-35; arithmetic by
    ``scipy.stats.ttest_ind(equal_var=False)``.

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
    note = f"as published; {OVERLAP}"
    if pairs.identical:
        return identical("welch", 2 * pairs.count - 2, confidence, valid=False, note=note)
    if np.ptp(pairs.scores_a) == 0 and np.ptp(pairs.scores_b) == 0:
        return _limit("welch", pairs, 2 * pairs.count - 2, confidence, valid=False, note=note)
    with warnings.catch_warnings():
        # scipy warns when one method scores the same on every split, as a constant predictor does; the
        # other method's spread still carries the test.
        warnings.simplefilter("ignore", RuntimeWarning)
        result = stats.ttest_ind(pairs.scores_a, pairs.scores_b, equal_var=False)
        return _as_made("welch", result, pairs, confidence, valid=False, note=note)


def paired_t(pairs: Pairs, confidence: float = 0.95, *, overlapping: bool = True) -> TTest:
    """Student's t-test on the J paired differences; valid only if no two splits share a song.

    Random splits share songs in train and test parts, folds share most of their train parts; only
    scores from J separate samples are independent. Student (1908); arithmetic by
    ``scipy.stats.ttest_rel``. When the difference is the same on every split the answer is the limit:
    an infinite statistic, p = 0, and an interval without width.

    Parameters
    ----------
    pairs : Pairs
        Scores of two methods on J splits.
    confidence : float
        Level of the interval.
    overlapping : bool
        False only for scores from separate samples; sets `valid`.

    Raises
    ------
    ValueError
        when `confidence` is not strictly between 0 and 1.
    """
    check_share("confidence", confidence)
    note = OVERLAP if overlapping else ""
    if pairs.identical:
        return identical("paired_t", pairs.count - 1, confidence, valid=not overlapping, note=note)
    if pairs.constant:
        return _limit("paired_t", pairs, pairs.count - 1, confidence, valid=not overlapping, note=note)
    result = stats.ttest_rel(pairs.scores_a, pairs.scores_b)
    return _as_made("paired_t", result, pairs, confidence, valid=not overlapping, note=note)


def _as_made(name: str, result: Any, pairs: Pairs, confidence: float, *, valid: bool, note: str) -> TTest:
    """Return scipy's result as ours."""
    bounds = result.confidence_interval(confidence)
    interval = (float(bounds.low), float(bounds.high))
    numbers = (float(result.statistic), float(result.df), float(result.pvalue), pairs.difference)
    return TTest(name, *numbers, interval, confidence, valid, note)


def identical(name: str, df: float, confidence: float, *, valid: bool, note: str = "") -> TTest:
    """Return the defined answer for scores that are the same on every split: t = 0, p = 1, interval (0, 0)."""
    said = "identical scores on every split"
    return TTest(name, 0.0, df, 1.0, 0.0, (0.0, 0.0), confidence, valid, f"{said}; {note}" if note else said)


def _limit(name: str, pairs: Pairs, df: float, confidence: float, *, valid: bool, note: str) -> TTest:
    said = "no spread between splits: the limit of the test, p = 0"
    statistic = math.copysign(math.inf, pairs.difference)
    interval = (pairs.difference, pairs.difference)
    note = f"{said}; {note}" if note else said
    return TTest(name, statistic, df, 0.0, pairs.difference, interval, confidence, valid, note)
