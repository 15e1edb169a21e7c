"""Holm's adjustment."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raymer.stats import holm


def test_by_hand():
    # Sorted 0.01 * 4, 0.02 * 3, 0.03 * 2 (held at 0.06), 0.5.
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx((0.06, 0.5, 0.04, 0.06))


def test_cut_at_one():
    assert holm([0.6, 0.7]) == (1.0, 1.0)


def test_none_and_one():
    assert holm([]) == ()
    assert holm([0.04]) == (0.04,)


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.5))
def test_rejects_as_the_step_down_rule_does(p_values, alpha):
    adjusted = holm(p_values)
    going = True
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        going = going and (len(p_values) - rank) * p_values[index] <= alpha
        assert (adjusted[index] <= alpha) == going
        assert p_values[index] <= adjusted[index] <= 1


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_not_a_probability(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, p])
