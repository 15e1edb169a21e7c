"""The paired race: a trial is stopped when its first folds show that it will not overtake the best so far.

Folds differ in difficulty far more than configurations differ on one fold, so a trial is never judged by its scores
but by their differences from those of the best whole trial on the same folds.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

Scores = Sequence[float] | np.ndarray

LEAST_FOLDS = 3
"""A spread that is estimated from fewer differences means nothing."""

CHANCE = 0.2
"""A trial whose chance to end above the best is below this is stopped."""


def is_hopeless(scores: Scores, best: Scores) -> bool:
    """Say whether a trial with these first scores has little chance to end above the best trial.

    With d_1..d_k the differences on the k folds that are done of n, the mean over the n - k that are left is
    predicted to be mean(d) with variance var(d) (1/k + 1/(n - k)), Student's t with k - 1 degrees of freedom; the
    trial ends above the best when that mean exceeds -sum(d) / (n - k).

    Parameters
    ----------
    scores : k scores of the trial, in the order of the folds; higher is better (turn the sign of errors)
    best : n scores of the best whole trial

    Returns
    -------
    bool
        False before LEAST_FOLDS folds and when none is left.
    """
    k, n = len(scores), len(best)
    if k < LEAST_FOLDS or k >= n:
        return False
    differences = np.subtract(scores, best[:k])
    left = n - k
    error = float(differences.std(ddof=1)) * np.sqrt(1 / k + 1 / left)
    needed = -float(differences.sum()) / left - float(differences.mean())
    if error == 0:
        return needed > 0
    return bool(stats.t.sf(needed / error, k - 1) < CHANCE)


def comparable(scores: Sequence[float], best: Sequence[float]) -> float:
    """Return what a trial that was stopped after its first k folds is worth beside whole ones, in the metric's unit.

    The best trial's mean over all folds plus the mean difference from it on the k folds: what the difficulty of these
    folds adds is taken away. For a trial that was stopped it is worse than the best trial's mean.
    """
    return float(np.mean(best)) + float(np.mean(np.subtract(scores, best[: len(scores)])))
