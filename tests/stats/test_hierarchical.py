"""One answer over several corpora."""

import math

import numpy as np
import pytest
from scipy import stats

from raymer.stats import corrected_variance, hierarchical, pairs_from_arrays


def corpora_of(make_pairs, shifts):
    return {f"corpus {i}": make_pairs(20, shift=shift, seed=i) for i, shift in enumerate(shifts)}


def test_decides_by_the_t_test_of_one_number_a_corpus(make_pairs):
    corpora = corpora_of(make_pairs, [0.01, 0.05, 0.02, 0.08])
    answer = hierarchical(corpora)
    theirs = stats.ttest_1samp([pairs.difference for pairs in corpora.values()], 0.0)
    bounds = theirs.confidence_interval(0.95)
    assert (answer.test.statistic, answer.test.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-12)
    assert answer.test.interval == pytest.approx((bounds.low, bounds.high), rel=1e-12)
    assert answer.test.df == 3
    assert answer.test.valid
    assert not answer.random_effects.valid


def test_random_effects_by_hand():
    """Two corpora, J = 2 splits each of 5:5, so that the factor is 1/2 + 1 = 3/2.

    y = 0.1 and 0.5; var(d) = 0.02 and 0.02, so v = 0.03 and 0.03; w = 100/3 each, weighted mean 0.3
    Q = 2 * 100/3 * 0.04 = 8/3; sum w - sum w**2 / sum w = 100/3; tau**2 = (8/3 - 1) / (100/3) = 0.05
    u = 1 / 0.08 = 12.5 each; squared error = 2 * 12.5 * 0.04 / (1 * 25) = 0.04; t = 0.3 / 0.2 = 1.5
    """
    corpora = {
        "one": pairs_from_arrays([0.2, 0.0], [0.0, 0.0], n_train=5, n_test=5),
        "two": pairs_from_arrays([0.6, 0.4], [0.0, 0.0], n_train=5, n_test=5),
    }
    answer = hierarchical(corpora)
    assert answer.tau**2 == pytest.approx(0.05)
    assert answer.random_effects.statistic == pytest.approx(1.5)
    assert answer.random_effects.difference == pytest.approx(0.3)
    assert answer.weights == pytest.approx({"one": 0.5, "two": 0.5})
    assert answer.differences == pytest.approx({"one": 0.1, "two": 0.5})


def test_precise_corpora_weigh_more(make_pairs):
    corpora = {"small": make_pairs(20, shift=0.02, n_train=20, n_test=80), "large": make_pairs(20, shift=0.02, seed=1)}
    weights = hierarchical(corpora).weights
    assert weights["large"] > weights["small"]
    assert sum(weights.values()) == pytest.approx(1)


def test_corpora_that_differ_are_less_certain(make_pairs):
    alike, unlike = (hierarchical(corpora_of(make_pairs, shifts)) for shifts in ([0.05] * 3, [0.0, 0.05, 0.1]))
    assert unlike.tau > alike.tau
    assert unlike.test.p > alike.test.p


def test_exchanging_the_methods_mirrors(make_pairs):
    corpora = corpora_of(make_pairs, [0.01, 0.05, 0.02])
    mirrored = hierarchical(
        {
            name: pairs_from_arrays(pairs.scores_b, pairs.scores_a, n_train=90, n_test=10)
            for name, pairs in corpora.items()
        }
    )
    for ours, theirs in (
        (hierarchical(corpora).test, mirrored.test),
        (hierarchical(corpora).random_effects, mirrored.random_effects),
    ):
        assert ours.p == pytest.approx(theirs.p, rel=1e-12)
        assert ours.difference == pytest.approx(-theirs.difference, rel=1e-12)


def test_identical_everywhere():
    same = pairs_from_arrays([0.1, 0.2], [0.1, 0.2], n_train=9, n_test=1)
    answer = hierarchical({"one": same, "two": same})
    assert (answer.test.p, answer.test.interval, answer.tau) == (1.0, (0.0, 0.0), 0.0)
    assert answer.random_effects.p == 1.0


def test_the_same_difference_on_every_corpus(make_pairs):
    pairs = make_pairs(20)
    answer = hierarchical({"one": pairs, "two": pairs})
    error = math.sqrt(corrected_variance(pairs) / 2)
    assert answer.test.statistic == pytest.approx(pairs.difference / error)


def test_keeps_its_level_for_unequal_corpora():
    rng = np.random.default_rng(2)
    sds = np.array([1.0, 1.0, 0.3])
    found = []
    for _ in range(1000):
        noise = sds[:, None] * (math.sqrt(0.1) * rng.standard_normal((3, 1)) + rng.standard_normal((3, 10)))
        corpora = {str(i): pairs_from_arrays(d, np.zeros(10), n_train=90, n_test=10) for i, d in enumerate(noise)}
        found.append(hierarchical(corpora).test.p < 0.05)
    assert np.mean(found) < 0.07


def test_one_corpus_is_refused(make_pairs):
    with pytest.raises(ValueError, match="at least two, not 1"):
        hierarchical({"one": make_pairs()})


def test_other_methods_are_refused(make_pairs):
    other = pairs_from_arrays([0.1, 0.2], [0.3, 0.1], n_train=9, n_test=1, a="svr")
    with pytest.raises(ValueError, match="same methods by the same metric"):
        hierarchical({"one": make_pairs(), "two": other})
