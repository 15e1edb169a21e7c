"""One answer over several corpora: whether the methods differ on corpora like these.

baycomp's hierarchical test (Corani et al. 2017, Machine Learning 106, 1817-1837) asks this too, but compiles a Stan
model: it needs pystan and a C++ compiler, which an install of raymer does not bring, and raises ImportError without
them. Here the corrected differences of the corpora are combined in closed form instead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from raymer.stats.corrected import corrected_variance, t_interval
from raymer.stats.naive import identical
from raymer.stats.outcome import TTest, check_share
from raymer.stats.pairs import FloatArray, Pairs

UNEQUAL = "its level holds for corpora of about one size; up to 12 % in simulation when one is eight times the rest"


@dataclass(frozen=True)
class CorporaTest:
    """Answer over several corpora.

    `test` decides: every corpus counts the same. `random_effects` weighs the corpora by their precision; more
    powerful, not always at its level. `tau` is the estimated standard deviation of the true difference between
    corpora (units of the metric); `differences` and `weights` (those of `random_effects`, summing to 1) are by corpus.
    """

    test: TTest
    random_effects: TTest
    tau: float
    differences: dict[str, float]
    weights: dict[str, float]


def hierarchical(corpora: Mapping[str, Pairs], confidence: float = 0.95) -> CorporaTest:
    """Combine the differences of A and B over K independent corpora.

    Corpus i gives one number, y_i = mean(d), so that the overlap of splits within a corpus does no harm.

    `test` is the one-sample t-test on the y_i with K - 1 degrees of freedom. It stays at or below its level however
    unequally precise the y_i are, for levels up to 8 %: Ibragimov and Mueller (2010), Journal of Business & Economic
    Statistics 28, 453-468.

    `random_effects` uses the corrected variances v_i of Nadeau and Bengio too. With w_i = 1/v_i, y_w the mean so
    weighted and Q = sum w_i (y_i - y_w)**2, the variance between corpora is
    tau**2 = max(0, (Q - (K-1)) / (sum w_i - sum w_i**2 / sum w_i)): DerSimonian and Laird (1986), Controlled Clinical
    Trials 7, 177-188. The mean is weighted by u_i = 1/(v_i + tau**2), its squared error is
    sum u_i (y_i - mean)**2 / ((K-1) sum u_i), t with K - 1 degrees of freedom: Hartung and Knapp (2001), Statistics in
    Medicine 20, 3875-3889.

    If all y_i are equal and not zero, the mean of the v_i stands for the spread that cannot be seen.

    Parameters
    ----------
    corpora : mapping of str to Pairs
        By the name of each corpus, the scores of the same two methods by the same metric. They must be independent
        samples: emoMusic lies inside DEAM, so that those two are one.
    confidence : float
        Level of the intervals.

    Raises
    ------
    ValueError
        for fewer than two corpora, corpora that name different methods or metrics, or a `confidence` not strictly
        between 0 and 1.
    """
    check_share("confidence", confidence)
    _check_corpora(corpora)
    names = list(corpora)
    y = np.array([corpora[name].difference for name in names])
    v = np.array([corrected_variance(corpora[name]) for name in names])
    tau2 = _between(y, v)
    weights = 1 / (v + tau2)
    same = all(corpus.identical for corpus in corpora.values())
    return CorporaTest(
        _identical("corpora", y, confidence)
        if same
        else _test("corpora", y, np.full(len(y), 1 / v.mean()), confidence),
        _identical("random_effects", y, confidence) if same else _test("random_effects", y, weights, confidence),
        math.sqrt(tau2),
        dict(zip(names, y.tolist(), strict=True)),
        dict(zip(names, (weights / weights.sum()).tolist(), strict=True)),
    )


def _between(y: FloatArray, v: FloatArray) -> float:
    w = 1 / v
    q = float(np.sum(w * (y - np.sum(w * y) / np.sum(w)) ** 2))
    spare = float(np.sum(w) - np.sum(w**2) / np.sum(w))
    return max(0.0, (q - (len(y) - 1)) / spare)


def _test(name: str, y: FloatArray, weights: FloatArray, confidence: float) -> TTest:
    df = len(y) - 1
    mean = float(np.sum(weights * y) / np.sum(weights))
    spread = float(np.sum(weights * (y - mean) ** 2)) / df if np.ptp(y) > 0 else 1.0
    error = math.sqrt(spread / float(np.sum(weights)))
    t = mean / error
    p = float(2 * stats.t.sf(abs(t), df))
    interval = t_interval(mean, error, df, confidence)
    decides = name == "corpora"
    note = f"{len(y)} corpora" if decides else f"{len(y)} corpora; {UNEQUAL}"
    return TTest(name, t, df, p, mean, interval, confidence, decides, note)


def _identical(name: str, y: FloatArray, confidence: float) -> TTest:
    return identical(name, len(y) - 1, confidence, valid=name == "corpora")


def _check_corpora(corpora: Mapping[str, Pairs]) -> None:
    if len(corpora) < 2:
        raise ValueError(f"a test over corpora needs at least two, not {len(corpora)}")
    asked = {(pairs.method_a, pairs.method_b, pairs.metric) for pairs in corpora.values()}
    if len(asked) > 1:
        raise ValueError(f"corpora must compare the same methods by the same metric, not {sorted(asked)}")
