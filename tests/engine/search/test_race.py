"""The paired race: stops what cannot win, keeps what may, and never judges by the difficulty of folds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.studies.search.race import CHANCE, LEAST_FOLDS, comparable, is_hopeless

BEST = [0.5, 0.2, 0.6, 0.3, 0.4, 0.5, 0.3, 0.6, 0.2, 0.4]


def shifted(by, k, noise=0.001):
    rng = np.random.default_rng(0)
    return [score + by + noise * rng.normal() for score in BEST[:k]]


def test_a_clear_loser_is_stopped_at_once_and_a_winner_never():
    assert is_hopeless(shifted(-0.1, LEAST_FOLDS), BEST)
    assert not any(is_hopeless(shifted(+0.1, k), BEST) for k in range(11))
    assert not is_hopeless(shifted(-0.1, LEAST_FOLDS - 1), BEST), "two folds show nothing"
    assert not is_hopeless(shifted(-0.1, 10), BEST), "a whole trial is never stopped"
    assert is_hopeless([score - 0.1 for score in BEST[:3]], BEST), "without any spread"
    assert not is_hopeless(BEST[:3], BEST)


def test_a_close_race_goes_on():
    assert not is_hopeless([0.55, 0.15, 0.58], BEST)


@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=9), st.lists(st.floats(-1, 1), min_size=10, max_size=10))
def test_the_difficulty_of_folds_does_not_matter(differences, difficulty):
    plain = is_hopeless(differences, [0.0] * 10)
    k = len(differences)
    moved = is_hopeless(np.add(differences, difficulty[:k]), difficulty)
    if np.std(differences) > 1e-6:
        assert moved == plain


def test_what_a_stopped_trial_is_worth_is_free_of_the_difficulty_of_its_folds():
    assert comparable(shifted(-0.1, 3, noise=0), BEST) == pytest.approx(np.mean(BEST) - 0.1)
    assert comparable(BEST, BEST) == pytest.approx(np.mean(BEST))


def test_a_trial_that_would_win_is_stopped_more_rarely_than_chance_says():
    """Of trials whose differences have a spread of 0.025, and whose mean is a little higher."""
    rng = np.random.default_rng(1)
    winners = lost = 0
    for _ in range(300):
        trial = np.array(BEST) + 0.005 + 0.025 * rng.normal(size=10)
        if trial.mean() > np.mean(BEST):
            winners += 1
            lost += any(is_hopeless(trial[:k], BEST) for k in range(3, 10))
    assert lost / winners < CHANCE
