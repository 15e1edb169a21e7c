"""The correlated Bayesian t-test with a region of practical equivalence, by baycomp."""

import math
from typing import TYPE_CHECKING

from raymer.stats.corrected import FLOOR_NOTE, corrected_variance, t_interval
from raymer.stats.outcome import BayesTest, check_share
from raymer.stats.pairs import Pairs

if TYPE_CHECKING:
    from baycomp.single import Posterior


def baycomp_runs(pairs: Pairs) -> float:
    """Return the `runs` that makes baycomp assume the correlation these splits have.

    baycomp knows only repeated k-fold. From J scores and `runs` it takes k = J / runs folds and gives the
    mean the variance var(d) * (1/J + 1/(k - 1)), in its source "Nadeau-Bengio's correction"; the correlation
    between splits is then rho = 1/k. The heuristic of Nadeau and Bengio is rho = n_test / (n_train + n_test),
    hence

        runs = J * rho = J * r / (1 + r),    r = n_test / n_train.

    r being 1/(k - 1), this is the true number of repeats for repeated k-fold; for 100 random 9:1 splits,
    r = 1/9, it is 10. The default, runs=1, would read them as one 100-fold cross-validation: variance
    factor 1/100 + 1/99 = 0.0201 instead of 1/100 + 1/9 = 0.1211, six times too small.
    """
    return pairs.count * pairs.ratio / (1 + pairs.ratio)


def correlated_bayes(pairs: Pairs, *, rope: float, confidence: float = 0.95) -> BayesTest:
    """Correlated Bayesian t-test: how probable it is that A is better, B is better, or neither matters.

    The posterior of the mean difference is a Student t with J - 1 degrees of freedom, centre mean(d) and
    squared scale var(d, ddof=1) * (1/J + rho/(1 - rho)), rho as in :func:`baycomp_runs`: Corani and Benavoli
    (2015), Machine Learning 100, 285-304; Benavoli et al. (2017), JMLR 18(77), the Bayesian correlated
    t-test. baycomp's shortcut demands a whole number of runs that divides J, which for instance 50 splits of
    13:2 have not; its statistics and its posterior are therefore called one after the other.

    Scores identical on every split are practically equal with probability 1, also for rope = 0 (where
    baycomp alone would say one half each). A difference that is constant and not zero is given the variance
    of :func:`raymer.stats.corrected.split_variance`.

    Parameters
    ----------
    pairs : Pairs
        Scores of two methods on J splits.
    rope : float
        Half-width of the region of practical equivalence, in units of the metric, 0 or more.
    confidence : float
        Level of the interval.

    Raises
    ------
    ValueError
        when `rope` is negative or not finite, or `confidence` not strictly between 0 and 1.
    """
    check_share("confidence", confidence)
    check_rope(rope)
    df = pairs.count - 1
    name = "correlated_bayes"
    if pairs.identical:
        note = "identical scores on every split"
        return BayesTest(name, 0.0, df, 0.0, 1.0, 0.0, rope, 0.0, (0.0, 0.0), confidence, True, note)
    from baycomp.single import CorrelatedTTest, Posterior  # here: it loads half of scipy, and few commands test

    # baycomp subtracts its first argument from its second, so the mean is that of B minus A.
    mean, variance, df = CorrelatedTTest.compute_statistics(pairs.scores_a, pairs.scores_b, baycomp_runs(pairs))
    if pairs.constant:
        variance = corrected_variance(pairs)
    left, equal, right = _probabilities(Posterior(mean, variance, df, rope))
    error = math.sqrt(variance)
    interval = t_interval(pairs.difference, error, df, confidence)
    note = FLOOR_NOTE if pairs.constant else ""
    statistic = pairs.difference / error
    return BayesTest(name, statistic, df, left, equal, right, rope, pairs.difference, interval, confidence, True, note)


def check_rope(rope: float) -> None:
    """Refuse a region of practical equivalence that is negative or not finite.

    Raises
    ------
    ValueError
        names the half-width that was given.
    """
    if not (math.isfinite(rope) and rope >= 0):
        raise ValueError(f"rope must be 0 or more, in units of the metric, not {rope}")


def _probabilities(posterior: "Posterior") -> tuple[float, float, float]:
    found = posterior.probs()
    left, right = float(found[0]), float(found[-1])
    # Taking two tails from one can leave a rounding error below zero.
    return left, max(0.0, 1 - left - right), right
