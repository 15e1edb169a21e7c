"""The corrected resampled t-test, by hand, against scipy, and in simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raymer.stats import correction, nadeau_bengio, paired_t, pairs_from_arrays, split_variance


def test_by_hand():
    """Five splits, 80 train and 20 test songs.

    d        = 0.03, 0.01, 0.02, 0.04, 0.00        mean 0.02
    d - mean = 0.01, -0.01, 0, 0.02, -0.02         squares 1, 1, 0, 4, 4 (times 1e-4), sum 10e-4
    var      = 10e-4 / 4 = 2.5e-4
    factor   = 1/5 + 20/80 = 0.45
    t        = 0.02 / sqrt(2.5e-4 * 0.45) = sqrt(4e-4 / 1.125e-4) = sqrt(32/9) = 4 sqrt(2) / 3 = 1.8856
    p        = 1 - 3/4 u (1 - u**2 / 12) with u = t / sqrt(1 + t**2 / 4) = 4 sqrt(2 / 17), the t distribution with
               4 degrees of freedom in closed form: u = 1.37199, p = 1 - 0.75 * 1.37199 * 0.843137 = 0.13242
    interval = 0.02 -/+ 2.776445 * 0.01060660 = (-0.00944862, 0.04944862)
    """
    b = np.array([0.50, 0.61, 0.47, 0.55, 0.52])
    a = b + np.array([0.03, 0.01, 0.02, 0.04, 0.00])
    answer = nadeau_bengio(pairs_from_arrays(a, b, n_train=80, n_test=20))
    assert answer.statistic == pytest.approx(4 * math.sqrt(2) / 3, rel=1e-12)
    u = 4 * math.sqrt(2 / 17)
    assert answer.p == pytest.approx(1 - 0.75 * u * (1 - u**2 / 12), rel=1e-12)
    assert answer.p == pytest.approx(0.13242, abs=5e-6)
    assert answer.interval == pytest.approx((-0.00944862, 0.04944862), abs=1e-7)
    assert answer.df == 4
    assert answer.difference == pytest.approx(0.02)
    assert answer.valid


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(2, 120), st.integers(0, 10**6), st.integers(1, 90), st.integers(1, 90))
def test_is_the_paired_t_with_a_wider_error(make_pairs, count, seed, n_train, n_test):
    pairs = make_pairs(count, seed=seed, n_train=n_train, n_test=n_test)
    answer = nadeau_bengio(pairs)
    plain = stats.ttest_rel(pairs.scores_a, pairs.scores_b)
    t = plain.statistic / math.sqrt(1 + count * n_test / n_train)
    assert answer.statistic == pytest.approx(t, rel=1e-9)
    assert answer.p == pytest.approx(2 * stats.t.sf(abs(t), count - 1), rel=1e-9)
    assert answer.p >= paired_t(pairs).p


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(2, 40), st.integers(0, 10**6))
def test_exchanging_the_methods_mirrors_everything(make_pairs, count, seed):
    pairs = make_pairs(count, seed=seed)
    mirrored = pairs_from_arrays(pairs.scores_b, pairs.scores_a, n_train=90, n_test=10)
    ours, theirs = nadeau_bengio(pairs), nadeau_bengio(mirrored)
    assert (ours.statistic, ours.difference, ours.p) == (-theirs.statistic, -theirs.difference, theirs.p)
    assert ours.interval == (-theirs.interval[1], -theirs.interval[0])


def test_p_and_interval_agree(make_pairs):
    for seed in range(200):
        answer = nadeau_bengio(make_pairs(10, shift=0.015, seed=seed))
        assert (answer.p < 0.05) == (answer.interval[0] > 0 or answer.interval[1] < 0)


def test_factor_for_repeated_folds_and_random_splits(make_pairs):
    assert correction(make_pairs(100, n_train=360, n_test=40)) == pytest.approx(1 / 100 + 1 / 9)
    assert correction(make_pairs(10, n_train=800, n_test=200)) == pytest.approx(1 / 10 + 1 / 4)


def test_identical_scores():
    scores = [0.1, 0.7, 0.4]
    answer = nadeau_bengio(pairs_from_arrays(scores, scores, n_train=9, n_test=1))
    assert (answer.statistic, answer.p, answer.difference, answer.interval) == (0.0, 1.0, 0.0, (0.0, 0.0))
    assert answer.valid


def test_rounding_is_not_a_difference():
    a = np.array([0.1, 0.7, 0.4])
    answer = nadeau_bengio(pairs_from_arrays(np.nextafter(a, 1), a, n_train=9, n_test=1))
    assert (answer.p, answer.interval) == (1.0, (0.0, 0.0))


def test_constant_difference_gets_the_spread_of_counting():
    few = pairs_from_arrays([0.6, 0.8], [0.5, 0.7], n_train=90, n_test=10)
    assert split_variance(few) == pytest.approx(0.1**2 / 6)
    assert nadeau_bengio(few).p > 0.05
    many = pairs_from_arrays([0.6, 0.8] * 50, [0.5, 0.7] * 50, n_train=360, n_test=40)
    answer = nadeau_bengio(many)
    assert math.isfinite(answer.statistic)
    assert answer.p < 1e-6
    assert answer.interval[0] < 0.1 < answer.interval[1]
    assert "same on every split" in answer.note


def test_keeps_its_level_where_the_paired_t_does_not():
    """Differences with the correlation the test assumes, 1/10 for 9:1 splits, and no true difference."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(1500):
        d = math.sqrt(0.1) * rng.standard_normal() + math.sqrt(0.9) * rng.standard_normal(100)
        pairs = pairs_from_arrays(d, np.zeros(100), n_train=360, n_test=40)
        found.append((nadeau_bengio(pairs).p < 0.05, paired_t(pairs).p < 0.05))
    corrected, naive = np.mean(found, axis=0)
    # Four standard errors of a rate of 5 % in 1500 are 2.3 %.
    assert 0.027 < corrected < 0.073
    assert naive > 0.4
