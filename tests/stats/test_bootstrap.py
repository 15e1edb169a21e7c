"""The bootstrap over groups: against its formula, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.stats.bootstrap import compare_on_split, group_bootstrap
from raymer.stats.verdict import EQUAL, NO_CLAIM

ASKED = {"target": "joy", "metric": "mae", "epoch": 0, "a": "a", "b": "b"}


def mean_of(values):
    return lambda rows: float(np.mean(values[rows]))


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    rng = np.random.default_rng(0)
    values = rng.normal(0.2, 1, size=400)
    test, undefined = group_bootstrap(mean_of(values), np.arange(400).astype(str))
    error = values.std(ddof=1) / 20
    assert undefined == 0
    assert test.difference == pytest.approx(values.mean())
    assert test.interval == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.15 * error
    )


def test_clips_of_one_group_count_as_one_witness():
    values = np.random.default_rng(1).normal(size=60)
    alone, _ = group_bootstrap(mean_of(values), np.arange(60).astype(str))
    copied, _ = group_bootstrap(mean_of(np.tile(values, 5)), np.tile(np.arange(60).astype(str), 5))
    widths = [test.interval[1] - test.interval[0] for test in (alone, copied)]
    assert widths[1] == pytest.approx(widths[0], rel=1e-9)


@given(st.integers(0, 99))
def test_exchanging_the_methods_mirrors_the_answer(seed):
    values = np.random.default_rng(seed).normal(0.1, 1, size=30)
    groups = np.array([f"g{k % 10}" for k in range(30)])
    one, _ = group_bootstrap(mean_of(values), groups, draws=100)
    other, _ = group_bootstrap(mean_of(-values), groups, draws=100)
    assert other.interval == pytest.approx((-one.interval[1], -one.interval[0]))
    assert other.p == pytest.approx(one.p)


def test_verdicts_are_those_of_every_comparison():
    groups = np.arange(50).astype(str)
    noise = np.random.default_rng(2).normal(size=50)
    better = compare_on_split(mean_of(1 + 0.1 * noise), groups, **ASKED)
    assert (better.verdict, better.groups, better.clips) == ("a is better than b", 50, 50)
    worse = compare_on_split(mean_of(1 + 0.1 * noise), groups, **ASKED, higher_is_better=False)
    assert worse.verdict == "b is better than a"
    assert compare_on_split(mean_of(0.001 * noise), groups, **ASKED).verdict == EQUAL
    assert compare_on_split(mean_of(noise - noise.mean()), groups, **ASKED).verdict == NO_CLAIM


def test_draws_without_a_score_are_counted_and_too_many_refused():
    groups = np.array(["x", "y", "z"])
    _, undefined = group_bootstrap(lambda rows: 1.0 if len(set(rows)) > 1 else None, groups, draws=300)
    assert 10 < undefined < 70  # 1 draw in 9 is of one group alone
    with pytest.raises(ValueError, match="draws have no score"):
        group_bootstrap(lambda rows: 1.0 if len(set(rows)) == 3 else None, groups, draws=300)
    with pytest.raises(ValueError, match="the score of the test part is undefined"):
        group_bootstrap(lambda rows: None, groups)
    with pytest.raises(ValueError, match="at least two groups"):
        group_bootstrap(lambda rows: 1.0, np.array(["x", "x"]))
