"""Planning: power, splits and songs."""

import math

import numpy as np
import pytest

from raymer.stats import (
    detectable_difference,
    nadeau_bengio,
    pairs_from_arrays,
    power_at,
    power_plan,
    songs_needed,
    splits_needed,
)

HERE = {"sd": 0.05, "ratio": 1 / 9}


def test_power_is_what_simulation_finds():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(1500):
        d = 1.0 + math.sqrt(0.1) * rng.standard_normal() + math.sqrt(0.9) * rng.standard_normal(20)
        found.append(nadeau_bengio(pairs_from_arrays(d, np.zeros(20), n_train=90, n_test=10)).p < 0.05)
    # The corrected test sees the spread within splits that share their songs: the variance less the covariance.
    assert np.mean(found) == pytest.approx(power_at(1.0, sd=math.sqrt(0.9), splits=20, ratio=1 / 9), abs=0.05)


def test_power_without_an_effect_tends_to_the_level():
    assert power_at(1e-9, splits=50, **HERE) == pytest.approx(0.05, abs=1e-6)


def test_more_splits_help_less_and_less():
    power = [power_at(0.04, splits=splits, **HERE) for splits in (5, 10, 100, 1000, 10**6)]
    assert power == sorted(power)
    assert power[-1] - power[2] < 0.1
    assert power[-1] < 0.8


def test_fewest_splits():
    needed = splits_needed(0.06, **HERE)
    assert needed is not None
    assert power_at(0.06, splits=needed, **HERE) >= 0.8 > power_at(0.06, splits=needed - 1, **HERE)


def test_unreachable_by_splits_but_not_by_songs():
    # Limit of many splits: 2.80 * 0.05 / 3 = 0.0467 is the smallest difference with 80 % power.
    assert splits_needed(0.046, **HERE) is None
    assert splits_needed(0.047, **HERE) is not None
    assert songs_needed(0.023, splits=100, songs=400, **HERE) > 1600


def test_songs_scale_with_the_square():
    now = detectable_difference(splits=100, **HERE)
    assert power_at(now, splits=100, **HERE) == pytest.approx(0.8, abs=1e-9)
    assert songs_needed(now / 2, splits=100, songs=400, **HERE) in (1600, 1601)


def test_plan_from_scores(make_pairs):
    pairs = make_pairs(50)
    plan = power_plan(pairs, 0.01)
    sd = float(np.std(pairs.differences, ddof=1))
    assert plan.now == pytest.approx(power_at(0.01, sd=sd, splits=50, ratio=1 / 9))
    assert plan.splits == splits_needed(0.01, sd=sd, ratio=1 / 9)
    assert plan.songs == songs_needed(0.01, sd=sd, splits=50, ratio=1 / 9, songs=100)
    assert power_at(plan.detectable, sd=sd, splits=50, ratio=1 / 9) == pytest.approx(0.8)


def test_power_below_the_level_needs_nothing():
    assert detectable_difference(splits=10, power=0.04, **HERE) == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"difference": 0.0}, "difference must be above 0"),
        ({"sd": -1.0}, "sd must be above 0"),
        ({"ratio": math.nan}, "ratio must be above 0"),
        ({"splits": 1}, "at least two splits"),
        ({"alpha": 1.0}, "alpha must lie between"),
    ],
)
def test_senseless_plans_are_refused(change, said):
    call = {"difference": 0.1, "sd": 0.05, "splits": 10, "ratio": 0.1} | change
    with pytest.raises(ValueError, match=said):
        power_at(**call)


def test_senseless_songs_and_power_are_refused():
    with pytest.raises(ValueError, match="songs must be above 0"):
        songs_needed(0.1, splits=10, songs=0, **HERE)
    with pytest.raises(ValueError, match="power must lie between"):
        splits_needed(0.1, power=1.0, **HERE)
