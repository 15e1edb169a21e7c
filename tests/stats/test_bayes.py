"""The correlated Bayesian t-test is baycomp's, called with the right correlation."""

import math

import baycomp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raymer.stats import baycomp_runs, corrected_variance, correlated_bayes, nadeau_bengio, pairs_from_arrays


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(1, 10), st.integers(2, 12), st.integers(0, 10**6), st.sampled_from([0.0, 0.01, 0.05]))
def test_equals_baycomp_for_repeated_folds(make_pairs, repeats, folds, seed, rope):
    pairs = make_pairs(repeats * folds, seed=seed, n_train=10 * (folds - 1), n_test=10)
    assert baycomp_runs(pairs) == pytest.approx(repeats, rel=1e-12)
    ours = correlated_bayes(pairs, rope=rope)
    theirs = baycomp.two_on_single(pairs.scores_a, pairs.scores_b, rope=rope, runs=repeats)
    expected = theirs if rope else (theirs[0], 0.0, theirs[1])
    np.testing.assert_allclose([ours.p_left, ours.p_rope, ours.p_right], expected, atol=1e-12)


def test_hundred_random_splits_want_ten_runs(make_pairs):
    pairs = make_pairs(100, n_train=360, n_test=40)
    assert baycomp_runs(pairs) == pytest.approx(10)
    _, default, _ = baycomp.CorrelatedTTest.compute_statistics(pairs.scores_a, pairs.scores_b)
    assert corrected_variance(pairs) / default == pytest.approx((1 / 100 + 1 / 9) / (1 / 100 + 1 / 99))
    assert corrected_variance(pairs) / default > 6


def test_splits_that_baycomp_cannot_divide(make_pairs):
    """25 splits of 13:2 have 1/rho = 7.5 folds; the posterior is written out instead."""
    pairs = make_pairs(25, n_train=130, n_test=20)
    d = pairs.differences
    scale = math.sqrt(np.var(d, ddof=1) * (1 / 25 + 2 / 13))
    posterior = stats.t(24, d.mean(), scale)
    ours = correlated_bayes(pairs, rope=0.01)
    expected = [posterior.sf(0.01), posterior.cdf(0.01) - posterior.cdf(-0.01), posterior.cdf(-0.01)]
    np.testing.assert_allclose([ours.p_left, ours.p_rope, ours.p_right], expected, atol=1e-12)
    np.testing.assert_allclose(ours.interval, posterior.interval(0.95), rtol=1e-12)


def test_left_is_the_method_named_first(make_pairs):
    answer = correlated_bayes(make_pairs(100, shift=0.1), rope=0.01)
    assert answer.p_left > 0.95
    assert answer.difference > 0


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(2, 60), st.integers(0, 10**6), st.floats(0, 0.1))
def test_exchanging_the_methods_exchanges_the_sides(make_pairs, count, seed, rope):
    pairs = make_pairs(count, seed=seed)
    ours = correlated_bayes(pairs, rope=rope)
    theirs = correlated_bayes(pairs_from_arrays(pairs.scores_b, pairs.scores_a, n_train=90, n_test=10), rope=rope)
    assert (ours.p_left, ours.p_rope) == pytest.approx((theirs.p_right, theirs.p_rope), abs=1e-12)
    assert ours.difference == -theirs.difference
    assert sum(ours.probabilities.values()) == pytest.approx(1)
    assert min(ours.probabilities.values()) >= 0


def test_without_rope_it_is_the_corrected_test(make_pairs):
    pairs = make_pairs(30)
    bayes, corrected = correlated_bayes(pairs, rope=0.0), nadeau_bengio(pairs)
    assert 2 * min(bayes.p_left, bayes.p_right) == pytest.approx(corrected.p, abs=1e-12)
    assert bayes.interval == pytest.approx(corrected.interval, rel=1e-12)


@pytest.mark.parametrize("rope", [0.0, 0.01])
def test_identical_scores_are_practically_equal(rope):
    scores = [0.1, 0.7, 0.4]
    answer = correlated_bayes(pairs_from_arrays(scores, scores, n_train=9, n_test=1), rope=rope)
    assert (answer.p_left, answer.p_rope, answer.p_right) == (0.0, 1.0, 0.0)
    assert answer.interval == (0.0, 0.0)


def test_constant_difference_is_not_certain():
    answer = correlated_bayes(pairs_from_arrays([0.6, 0.8], [0.5, 0.7], n_train=90, n_test=10), rope=0.01)
    assert 0.5 < answer.p_left < 0.99


@pytest.mark.parametrize("rope", [-0.01, math.nan, math.inf])
def test_rope_is_a_half_width(make_pairs, rope):
    with pytest.raises(ValueError, match="rope must be 0 or more"):
        correlated_bayes(make_pairs(), rope=rope)
