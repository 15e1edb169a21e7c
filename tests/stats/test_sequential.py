"""Looks, their levels, and stopping."""

import math

import numpy as np
import pytest
from scipy import stats

from raymer.stats import Look, decide, nadeau_bengio, pairs_from_arrays, plan_looks

INDEPENDENT = 1e-9  # so small a ratio makes the splits independent, as the published tables take them


@pytest.mark.parametrize("spending", ["even", "pocock", "obrien-fleming"])
def test_shared_levels_add_up(spending):
    plan = plan_looks(100, 4, alpha=0.05, spending=spending)
    assert [look.splits for look in plan] == [25, 50, 75, 100]
    assert sum(look.alpha for look in plan) == pytest.approx(0.05)
    assert all(look.alpha > 0 for look in plan)


def test_even_shares():
    assert [look.alpha for look in plan_looks(40, 4, spending="even")] == pytest.approx([0.0125] * 4)


@pytest.mark.parametrize(
    ("looks", "spending", "boundaries"),
    [
        (4, "obrien-fleming", [4.333, 2.963, 2.359, 2.014]),
        (5, "pocock", [2.438, 2.427, 2.410, 2.397, 2.386]),
    ],
)
def test_modelled_boundaries_are_the_published_ones(looks, spending, boundaries):
    plan = plan_looks(100, looks, spending=spending, ratio=INDEPENDENT)
    found = [stats.norm.isf(look.alpha / 2) for look in plan]
    assert found == pytest.approx(boundaries, abs=1.5e-3)


def test_one_look_is_the_whole_level():
    assert plan_looks(50, 1)[0].alpha == pytest.approx(0.05)
    assert plan_looks(50, 1, ratio=1 / 9)[0].alpha == pytest.approx(0.05)


def test_overlapping_splits_can_be_looked_at_sooner():
    plan = plan_looks(100, 4, ratio=1 / 9)
    assert plan[0].alpha > 100 * plan_looks(100, 4, ratio=INDEPENDENT)[0].alpha
    assert all(look.alpha < 0.05 for look in plan)


def found_at_any_look(plan, ratio, experiments=20_000):
    """Share of experiments without a difference in which the corrected test finds one at some look."""
    rng = np.random.default_rng(8)
    rho = ratio / (1 + ratio)
    shape = (experiments, plan[-1].splits)
    d = math.sqrt(rho) * rng.standard_normal((experiments, 1)) + math.sqrt(1 - rho) * rng.standard_normal(shape)
    found = np.zeros(experiments, dtype=bool)
    for look in plan:
        seen = d[:, : look.splits]
        t = seen.mean(axis=1) / np.sqrt(seen.var(axis=1, ddof=1) * (1 / look.splits + ratio))
        found |= np.abs(t) > stats.t.isf(look.alpha / 2, look.splits - 1)
    return found.mean()


@pytest.mark.parametrize("spending", ["even", "pocock", "obrien-fleming"])
def test_error_rate_is_kept(spending):
    # Four standard errors of a rate of 5 % in 20,000 are 0.6 %.
    assert found_at_any_look(plan_looks(100, 4, spending=spending), 1 / 9) < 0.05
    modelled = found_at_any_look(plan_looks(100, 4, spending=spending, ratio=1 / 9), 1 / 9)
    assert modelled == pytest.approx(0.05, abs=0.007)


def test_peeking_at_the_full_level_does_not_keep_it():
    assert found_at_any_look(tuple(Look(count, 0.05) for count in (25, 50, 75, 100)), 1 / 9) > 0.07


def test_stops_early_for_a_large_difference(make_pairs):
    pairs = make_pairs(60, shift=0.2)
    decision = decide(pairs, plan_looks(100, 4))
    assert decision.stop
    assert "a difference at 25 splits" in decision.reason
    assert decision.test == nadeau_bengio(pairs.first(25), 1 - plan_looks(100, 4)[0].alpha)
    assert decision.next_look is None


def test_waits_for_the_next_look_and_does_not_peek(make_pairs):
    plan = plan_looks(100, 4)
    assert decide(make_pairs(24), plan).test is None
    decision = decide(make_pairs(49, shift=0.0), plan)
    assert not decision.stop
    assert decision.next_look == 50
    assert decision.test is not None
    assert decision.test.df == 24


def test_scores_between_looks_do_not_matter(make_pairs):
    plan = plan_looks(100, 4)
    pairs = make_pairs(30, shift=0.0)
    swayed = pairs_from_arrays([*pairs.scores_a[:25], *[9.0] * 5], pairs.scores_b, n_train=90, n_test=10)
    assert decide(pairs, plan) == decide(swayed, plan)


def test_ends_at_the_last_look(make_pairs):
    decision = decide(make_pairs(100, shift=0.0), plan_looks(100, 4))
    assert decision.stop
    assert "no difference can be claimed" in decision.reason


def test_stops_for_practical_equality_only_when_asked(make_pairs):
    pairs, plan = make_pairs(30, shift=0.0), plan_looks(100, 4)
    assert "practically equal at 25" in decide(pairs, plan, rope=0.5).reason
    assert not decide(pairs, plan).stop


def test_identical_so_far_is_no_reason_to_stop():
    pairs = pairs_from_arrays([0.1, 0.2] * 15, [0.1, 0.2] * 15, n_train=9, n_test=1)
    assert not decide(pairs, plan_looks(100, 4), rope=0.1).stop


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"splits": 7, "looks": 4}, "at least two new splits"),
        ({"splits": 10, "looks": 0}, "at least two new splits"),
        ({"splits": 10, "alpha": 0.0}, "alpha must lie between"),
        ({"splits": 10, "spending": "haybittle"}, "unknown spending 'haybittle'"),
        ({"splits": 10, "ratio": 0.0}, "ratio must be above 0"),
    ],
)
def test_senseless_plans_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        plan_looks(**call)


def test_senseless_decisions_are_refused(make_pairs):
    with pytest.raises(ValueError, match="only 20 were planned"):
        decide(make_pairs(30), plan_looks(20, 2))
    with pytest.raises(ValueError, match="no looks"):
        decide(make_pairs(30), ())
    with pytest.raises(ValueError, match="rope"):
        decide(make_pairs(10), plan_looks(20, 2), rope=-1.0)


def test_each_look_is_tested_at_its_own_level(make_pairs):
    pairs = make_pairs(10, shift=0.04)
    p = nadeau_bengio(pairs).p
    assert p < 0.05
    assert decide(pairs, (Look(10, p * 1.01), Look(20, 0.01))).stop
    assert not decide(pairs, (Look(10, p * 0.99), Look(20, 0.01))).stop
