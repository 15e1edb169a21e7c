"""Welch and paired t are scipy's, and say of themselves that they do not hold."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raymer.stats import paired_t, pairs_from_arrays, welch

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(2, 60), st.integers(0, 10**6), st.floats(0.5, 0.999))
def test_both_equal_scipy(make_pairs, count, seed, confidence):
    pairs = make_pairs(count, seed=seed)
    theirs = (
        stats.ttest_ind(pairs.scores_a, pairs.scores_b, equal_var=False),
        stats.ttest_rel(pairs.scores_a, pairs.scores_b),
    )
    for ours, scipys in zip((welch(pairs, confidence), paired_t(pairs, confidence)), theirs, strict=True):
        bounds = scipys.confidence_interval(confidence)
        np.testing.assert_allclose(
            [ours.statistic, ours.df, ours.p, *ours.interval],
            [scipys.statistic, scipys.df, scipys.pvalue, bounds.low, bounds.high],
            **CLOSE,
        )
        assert ours.difference == pytest.approx(np.mean(pairs.scores_a) - np.mean(pairs.scores_b), abs=1e-12)


def test_neither_is_valid_for_overlapping_splits(make_pairs):
    pairs = make_pairs()
    assert not welch(pairs).valid
    assert "as published" in welch(pairs).note
    assert not paired_t(pairs).valid
    assert paired_t(pairs, overlapping=False).valid


@pytest.mark.parametrize("test", [welch, paired_t])
def test_identical_scores(test):
    answer = test(pairs_from_arrays([0.1, 0.4, 0.3], [0.1, 0.4, 0.3], n_train=9, n_test=1))
    assert (answer.statistic, answer.p, answer.difference, answer.interval) == (0.0, 1.0, 0.0, (0.0, 0.0))


def test_constant_difference_is_the_limit():
    pairs = pairs_from_arrays([0.2, 0.5, 0.4], [0.3, 0.6, 0.5], n_train=9, n_test=1)
    answer = paired_t(pairs)
    assert answer.statistic == -math.inf
    assert answer.p == 0.0
    assert answer.interval == (answer.difference, answer.difference)
    assert "limit" in answer.note


def test_two_constant_methods():
    answer = welch(pairs_from_arrays([0.5] * 4, [0.25] * 4, n_train=9, n_test=1))
    assert (answer.statistic, answer.p, answer.interval) == (math.inf, 0.0, (0.25, 0.25))


def test_one_constant_method_does_not_warn():
    pairs = pairs_from_arrays([0.3] * 6, [0.21, 0.34, 0.27, 0.4, 0.12, 0.3], n_train=9, n_test=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isfinite(welch(pairs).statistic)
        assert math.isfinite(paired_t(pairs).statistic)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
@pytest.mark.parametrize("test", [welch, paired_t])
def test_confidence_is_a_share(make_pairs, test, confidence):
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        test(make_pairs(), confidence)
