"""What a comparison that claims nothing could have shown, by the power of its own test and by its protocol."""

import numpy as np
import pytest

from raymer.reports.comparison import record, sentences, welch_sentence
from raymer.stats import compare_pairs, pairs_from_arrays, power_plan
from raymer.stats.shortfall import shortfall
from raymer.stats.verdict import NO_CLAIM


def pairs(shift):
    noise = np.random.default_rng(0).normal(0, 0.05, size=10)
    return pairs_from_arrays(0.5 + shift + noise, np.full(10, 0.5), n_train=900, n_test=100)


def test_it_is_the_power_of_the_corrected_test():
    made = pairs(0.02)
    one = compare_pairs(made)
    assert one.verdict == NO_CLAIM
    short, plan = shortfall(one), power_plan(made, abs(one.difference))
    assert (short.detectable, short.clips) == (pytest.approx(plan.detectable), plan.songs)
    assert record(one, None)["power"] == short.to_record()
    assert f"would show a difference of {short.detectable:.3f} in 80% of cases" in "\n".join(sentences(one, None))


def test_the_difference_to_be_shown_is_no_smaller_than_what_counts():
    one = compare_pairs(pairs(-np.random.default_rng(0).normal(0, 0.05, size=10).mean() + 0.001))
    assert shortfall(one).difference == 0.01


def test_a_claim_lacks_nothing():
    one = compare_pairs(pairs(0.5))
    assert shortfall(one) is None
    assert record(one, None)["power"] is None


def test_what_is_said_of_welch_goes_by_the_protocol():
    one = [compare_pairs(pairs(0.02))]
    assert "5.9 %" in welch_sentence(one, repeats=1)
    assert "56.5 %" in welch_sentence(one, repeats=100)
