"""The standardised effect and its interval."""

import math

import numpy as np
import pytest
from scipy import stats

from raymer.stats import nadeau_bengio, pairs_from_arrays, standardised_effect


def test_value_and_bounds(make_pairs):
    pairs = make_pairs(20)
    effect = standardised_effect(pairs)
    assert effect.value == pytest.approx(np.mean(pairs.differences) / np.std(pairs.differences, ddof=1))
    t, root = nadeau_bengio(pairs).statistic, math.sqrt(1 / 20 + 1 / 9)
    assert stats.nct.sf(t, 19, effect.interval[0] / root) == pytest.approx(0.025, abs=1e-5)
    assert stats.nct.cdf(t, 19, effect.interval[1] / root) == pytest.approx(0.025, abs=1e-5)


def test_leaves_out_zero_just_when_the_test_finds_a_difference(make_pairs):
    found = set()
    for seed in range(60):
        pairs = make_pairs(10, shift=0.02, seed=seed)
        low, high = standardised_effect(pairs).interval
        found.add(nadeau_bengio(pairs).p < 0.05)
        assert (low > 0 or high < 0) == (nadeau_bengio(pairs).p < 0.05)
    assert found == {True, False}


def test_mirrors(make_pairs):
    pairs = make_pairs(15)
    mirrored = standardised_effect(pairs_from_arrays(pairs.scores_b, pairs.scores_a, n_train=90, n_test=10))
    effect = standardised_effect(pairs)
    assert (effect.value, *effect.interval) == (-mirrored.value, -mirrored.interval[1], -mirrored.interval[0])


def test_identical_scores():
    effect = standardised_effect(pairs_from_arrays([0.1, 0.2], [0.1, 0.2], n_train=9, n_test=1))
    assert (effect.value, effect.interval) == (0.0, (0.0, 0.0))


def test_confidence_is_a_share(make_pairs):
    with pytest.raises(ValueError, match="confidence"):
        standardised_effect(make_pairs(), 1.0)
